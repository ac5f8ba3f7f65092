//! `juju enable-ha`: adds machines to the controller, so that it survives the loss of one.

use std::sync::Arc;

use juju_wire::facade::high_availability::{ControllersSpec, ControllersSpecs, EnableHA};
use policy::{Effect, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Failure, ResolvedTarget, Scope,
    constraints::parse_constraints,
    entity,
    juju::render::{bulk_single, id},
};

/// The tool `juju_enable_ha`.
pub struct EnableHa;

/// How many machines, and which.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// odd, of all controllers
    #[schemars(extend("default" = 3))]
    num_controllers: Option<u16>,
    /// machines of the controller's model
    to: Vec<String>,
    constraints: Option<String>,
}

/// Machines of the controller, by what happens with them.
#[derive(Debug, Serialize)]
pub struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maintained: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    converted: Vec<String>,
}

/// Controllers where no number is given.
const USUAL: u16 = 3;
/// Most controllers.
const MAX_CONTROLLERS: u16 = 7;

impl Command for EnableHa {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "enable-ha";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Adds machines to the controller for high availability.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;

    fn validate(args: &Args) -> Result<(), String> {
        let number = args.num_controllers.unwrap_or(USUAL);
        if number.is_multiple_of(2) || number > MAX_CONTROLLERS {
            return Err(format!("`num_controllers` has to be odd and at most {MAX_CONTROLLERS}, not {number}"));
        }
        let odd = |place: &&String| !entity::is_machine(place) && !place.contains('=');
        if let Some(place) = args.to.iter().find(|place| odd(place) || place.contains('/')) {
            return Err(format!("each of `to` has to be a machine like `3` or like `zone=a`, not: {place}"));
        }
        args.constraints.as_deref().map_or(Ok(()), |text| parse_constraints(text).map(drop))
    }

    fn impact(args: &Args) -> Impact {
        let machines = u64::from(args.num_controllers.unwrap_or(USUAL).saturating_sub(1));
        Impact { machines_added: machines, constraints: args.constraints.clone(), ..Impact::default() }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let constraints = args.constraints.as_deref().map(parse_constraints).transpose();
        let constraints =
            constraints.map_err(|problem| Failure::refused(problem, "write them like `mem=4G cores=2`"))?;
        let placement = |place: &String| if entity::is_machine(place) { format!("#:{place}") } else { place.clone() };
        let spec = ControllersSpec {
            num_controllers: i64::from(args.num_controllers.unwrap_or_default()),
            constraints: constraints.unwrap_or_default(),
            placement: args.to.iter().map(placement).collect(),
        };
        let connection = target.controller_connection().await?;
        let reply = connection.call::<EnableHA>(ControllersSpecs { specs: vec![spec] }).await?;
        let changes = bulk_single(reply.results, |item| item.error.take())?.result;
        let ids = |tags: Vec<String>| tags.iter().map(|tag| id(tag)).collect();
        Ok(Output {
            maintained: ids(changes.maintained),
            removed: ids(changes.removed),
            added: ids(changes.added),
            converted: ids(changes.converted),
        })
    }
}
