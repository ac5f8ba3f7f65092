//! `juju upgrade-machine`: takes a machine to another base, in two steps between which a person upgrades its operating system.

use std::sync::Arc;

use juju_wire::{
    entity::Entity,
    facade::{
        application::deploy::UpdateChannelArg,
        machine_manager::{UpgradeSeriesComplete, UpgradeSeriesPrepare},
    },
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Cost, Facts, Failure, ResolvedTarget, Scope, entity, target};

/// The tool `juju_upgrade_machine`.
pub struct UpgradeMachine;

/// The two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Before the upgrade.
    Prepare,
    /// After it.
    Complete,
}

/// Which machine, and which step.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    machine: String,
    command: Step,
    /// with prepare, `ubuntu@24.04`
    base: Option<String>,
    #[serde(default)]
    force: bool,
}

/// The step that was done.
#[derive(Debug, Serialize)]
pub struct Output {
    machine: String,
    done: Step,
    next: &'static str,
}

impl Command for UpgradeMachine {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "upgrade-machine";
    const TOOLSET: &'static str = "machines";
    const DESCRIPTION: &'static str = "Prepares or completes a machine's upgrade to another base.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const POSITIONAL: &'static [&'static str] = &["machine", "command", "base"];

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_machines(std::slice::from_ref(&args.machine))?;
        match (args.command, args.base.as_deref()) {
            (Step::Prepare, None) => Err("`base` is needed to prepare, like `ubuntu@24.04`".to_owned()),
            (Step::Prepare, Some(base)) => entity::parse_base(base).map(drop),
            (Step::Complete, Some(_)) => Err("`base` is for prepare alone".to_owned()),
            (Step::Complete, None) if args.force => Err("`force` is for prepare alone".to_owned()),
            (Step::Complete, None) => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::machine(&args.machine)]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    fn cost(args: &Args, _: &Facts) -> Cost {
        Cost::of_running_on(vec![args.machine.clone()])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let base = args.base.as_deref().map(entity::parse_base).transpose();
        let base = base.map_err(|problem| Failure::refused(problem, "correct `base`"))?;
        let param = UpdateChannelArg {
            tag: Entity { tag: Tag::new("machine", &args.machine).to_string() },
            force: args.force,
            channel: base.map(|base| channel(&base.channel)).unwrap_or_default(),
        };
        let connection = target.model_connection().await?;
        let reply = match args.command {
            Step::Prepare => connection.call::<UpgradeSeriesPrepare>(param).await?,
            Step::Complete => connection.call::<UpgradeSeriesComplete>(param).await?,
        };
        reply.into_result()?;
        let next = match args.command {
            Step::Prepare => {
                "when juju_show_machine shows it prepared, a person upgrades the operating system; then complete"
            }
            Step::Complete => "juju_status shows when its units are active again",
        };
        Ok(Output { machine: args.machine, done: args.command, next })
    }
}

/// The channel of a base with its risk, `24.04/stable`.
fn channel(channel: &str) -> String {
    if channel.contains('/') { channel.to_owned() } else { format!("{channel}/stable") }
}
