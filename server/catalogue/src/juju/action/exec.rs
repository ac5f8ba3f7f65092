//! `juju exec`: runs a command on machines or units.

use std::sync::Arc;

use juju_wire::facade::action::{Run, RunOnAllMachines, operation::RunParams};
use policy::{Capability, Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Access, Command, Cost, Facts, Failure, ResolvedTarget, Scope, entity, juju::action::finish, target};

/// The tool `juju_exec`.
pub struct Exec;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    command: String,
    #[serde(default)]
    units: Vec<String>,
    /// all their units
    #[serde(default)]
    applications: Vec<String>,
    #[serde(default)]
    machines: Vec<String>,
    /// on all machines
    #[serde(default)]
    all: bool,
    /// although others run
    parallel: Option<bool>,
    /// one after the other in it
    execution_group: Option<String>,
    #[serde(default)]
    background: bool,
    /// seconds
    #[schemars(extend("default" = 60))]
    wait: Option<u64>,
}

/// By unit or machine: `{"id", "results", "status", "timing", "unit"}`, or in the background `{"operation", "tasks"}`.
type Output = Map<String, Value>;

impl Command for Exec {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "exec";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Runs a shell command on units or machines.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const ACCESS: Access = Access::Admin;
    const POSITIONAL: &'static [&'static str] = &["command"];

    fn validate(args: &Args) -> Result<(), String> {
        let no_target = args.units.is_empty() && args.applications.is_empty() && args.machines.is_empty();
        if no_target != args.all {
            return Err("give `units`, `applications` or `machines`, or `all` alone".to_owned());
        }
        entity::check_machines(&args.machines)?;
        entity::check_units_or_leaders(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        if args.all {
            return vec![TargetEntity::All(EntityKind::Application)];
        }
        let named = target::units(&args.units).chain(target::applications(&args.applications));
        named.chain(target::machines(&args.machines)).collect()
    }

    fn impact(_: &Args) -> Impact {
        Impact::default().with_capability(Capability::OpensShell)
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        let of_applications = args.applications.iter().flat_map(|name| facts.units_of(name)).cloned();
        Cost::of_running_on(args.units.iter().chain(&args.machines).cloned().chain(of_applications).collect())
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let seconds = args.wait.unwrap_or(finish::DEFAULT_WAIT_SECONDS);
        let params = RunParams {
            commands: args.command,
            timeout: i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000),
            machines: args.machines,
            applications: args.applications,
            units: args.units,
            parallel: args.parallel,
            execution_group: args.execution_group,
            ..RunParams::default()
        };
        let connection = target.model_connection().await?;
        let begun = if args.all {
            connection.call::<RunOnAllMachines>(params).await?
        } else {
            connection.call::<Run>(params).await?
        };
        finish::finish(&target, &connection, begun, &[], args.background, args.wait).await
    }
}
