//! `juju resolved`: marks failed hooks of units as resolved.

use std::sync::Arc;

use juju_wire::{
    entity::{Entities, Entity},
    facade::application::{ResolveUnitErrors, unit::UnitsResolved},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope, entity, target};

/// The tool `juju_resolved`.
pub struct Resolved;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    #[serde(default)]
    units: Vec<String>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    no_retry: bool,
}

/// The units that go on.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Their names; with `all`, empty.
    resolved: Vec<String>,
}

impl Command for Resolved {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "resolved";
    const TOOLSET: &'static str = "debug";
    const DESCRIPTION: &'static str = "Runs the failed hook of units again, or passes over it.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["units"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.all != args.units.is_empty() {
            return Err("give either `units` or `all`".to_owned());
        }
        entity::check_units(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::or_all_applications(target::units(&args.units))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let entities = args.units.iter().map(|name| Entity { tag: entity::unit(name) }).collect();
        let params = UnitsResolved { tags: Entities { entities }, retry: !args.no_retry, all: args.all };
        let connection = target.model_connection().await?;
        connection.call::<ResolveUnitErrors>(params).await?.into_result()?;
        Ok(Output { resolved: args.units })
    }
}
