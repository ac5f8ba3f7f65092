//! `juju add-machine`: adds machines to a model.

use std::sync::Arc;

use juju_wire::facade::machine_manager::{
    AddMachines,
    add::{AddMachineParams, AddMachinesParams, AddMachinesResult},
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Failure, Precondition, ResolvedTarget, Scope, Substrate, constraints::parse_constraints, entity, target,
};

/// The tool `juju_add_machine`.
pub struct AddMachine;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    #[schemars(extend("default" = 1))]
    num_machines: Option<u32>,
    constraints: Option<String>,
    base: Option<String>,
    /// `lxd`, `lxd:3` or `zone=a`
    placement: Option<String>,
    /// `ebs,2,10G`
    #[serde(default)]
    disks: Vec<String>,
}

/// The machines that were added.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Their numbers.
    machines: Vec<String>,
}

impl Command for AddMachine {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-machine";
    const TOOLSET: &'static str = "machines";
    const DESCRIPTION: &'static str = "Adds machines to a model.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["placement"];

    fn validate(args: &Args) -> Result<(), String> {
        if let Some(place) = args.placement.as_deref().filter(|place| entity::is_machine(place)) {
            return Err(format!(
                "`placement` cannot be a machine, and `{place}` is one: a container is like `lxd:{place}`"
            ));
        }
        entity::check_placements(args.placement.as_slice())
            .map_err(|problem| problem.replace("each of `to`", "`placement`"))?;
        request(args, "").map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::placements(args.placement.as_slice()).collect()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &Args) -> Impact {
        Impact {
            machines_added: u64::from(args.num_machines.unwrap_or(1)),
            constraints: args.constraints.clone(),
            ..Impact::default()
        }
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let substrate = Precondition::Substrate(Substrate::Machines, "a cluster has no machines of a model: add units");
        let place = args.placement.clone().map(|place| Precondition::Placements(None, vec![place]));
        let pools = args.disks.iter().filter_map(|text| entity::storage(text).ok()).map(|storage| storage.pool);
        let pools = (!args.disks.is_empty()).then(|| Precondition::StoragePools(pools.collect()));
        let constraints = args.constraints.clone().map(Precondition::Constraints);
        [Some(substrate), place, pools, constraints].into_iter().flatten().collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let machine = request(&args, target.model_uuid());
        let machine = machine.map_err(Failure::bad_argument)?;
        let count = usize::try_from(args.num_machines.unwrap_or(1)).unwrap_or(1);
        let connection = target.model_connection().await?;
        let reply = connection.call::<AddMachines>(AddMachinesParams { params: vec![machine; count] }).await?;
        added(reply.machines)
    }
}

/// The machines that were added.
///
/// # Errors
/// The error of the controller, where no machine was added; else a refusal that names those that were.
fn added(results: Vec<AddMachinesResult>) -> Result<Output, Failure> {
    let (mut machines, mut first) = (Vec::new(), None);
    for result in results {
        match result.error {
            Some(error) => drop(first.get_or_insert(error)),
            None => machines.push(result.machine),
        }
    }
    match first {
        None => Ok(Output { machines }),
        Some(error) if machines.is_empty() => Err(error.into()),
        Some(error) => Err(Failure::refused(
            format!("only these machines were added: {}; then the controller refused: {error}", machines.join(", ")),
            "add the others in a further call, or remove these",
        )),
    }
}

fn request(args: &Args, model_uuid: &str) -> Result<AddMachineParams, String> {
    let disk = |text: &String| entity::storage(text).map_err(|problem| problem.replace("`storage`", "`disks`"));
    let base = args.base.as_deref().map(entity::parse_full_base).transpose()?;
    Ok(AddMachineParams {
        base,
        constraints: parse_constraints(args.constraints.as_deref().unwrap_or_default())?,
        jobs: vec!["JobHostUnits".to_owned()],
        disks: args.disks.iter().map(disk).collect::<Result<_, _>>()?,
        placement: entity::placements(args.placement.as_slice(), model_uuid).into_iter().flatten().next(),
        ..AddMachineParams::default()
    })
}
