//! `juju debug-hooks`, `juju debug-code` and `juju autoload-credentials`: they need a terminal, which no assistant has.

use std::{marker::PhantomData, sync::Arc};

use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Access, Blocks, Command, Failure, ResolvedTarget, Scope, entity, target};

/// A command that needs a terminal.
pub struct InTerminal<K>(PhantomData<fn() -> K>);

/// What distinguishes these commands.
pub trait TerminalCommand: Send + Sync + 'static {
    /// Its arguments.
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;
    /// The command of the client.
    const COMMAND: &'static str;
    /// Other names of it.
    const ALIASES: &'static [&'static str] = &[];
    /// Its group of tools.
    const TOOLSET: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// What it acts on.
    const SCOPE: Scope;
    /// Arguments that the client takes by position.
    const POSITIONAL: &'static [&'static str];
    /// Which tool an assistant uses in its place.
    const INSTEAD: &'static str;

    /// The unit that it opens a terminal on, and its hooks.
    fn unit(_: &Self::Args) -> Option<(&str, &[String])> {
        None
    }
}

/// The tool `juju_debug_hooks`.
pub struct DebugHooks;

/// The tool `juju_debug_code`.
pub struct DebugCode;

/// The tool `juju_autoload_credentials`.
pub struct AutoloadCredentials;

/// A unit, and hooks or actions to stop at.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookArgs {
    unit: String,
    #[serde(default)]
    hooks: Vec<String>,
}

/// Which kind of cloud.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloudArgs {
    cloud_type: Option<String>,
}

/// No answer: the command is refused.
#[derive(Debug, Serialize)]
pub struct Output {}

const HOOKS_INSTEAD: &str = "read juju_debug_log and juju_show_status_log, run a command with juju_exec, and ask a person to debug in a terminal";

impl TerminalCommand for DebugHooks {
    type Args = HookArgs;

    const COMMAND: &'static str = "debug-hooks";
    const ALIASES: &'static [&'static str] = &["debug-hook"];
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str =
        "Needs a terminal: refused with the command line for a person; juju_exec runs commands.";
    const SCOPE: Scope = Scope::Model;
    const POSITIONAL: &'static [&'static str] = &["unit", "hooks"];
    const INSTEAD: &'static str = HOOKS_INSTEAD;

    fn unit(args: &HookArgs) -> Option<(&str, &[String])> {
        Some((&args.unit, &args.hooks))
    }
}

impl TerminalCommand for DebugCode {
    type Args = HookArgs;

    const COMMAND: &'static str = "debug-code";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Needs a terminal, as juju_debug_hooks.";
    const SCOPE: Scope = Scope::Model;
    const POSITIONAL: &'static [&'static str] = &["unit", "hooks"];
    const INSTEAD: &'static str = HOOKS_INSTEAD;

    fn unit(args: &HookArgs) -> Option<(&str, &[String])> {
        Some((&args.unit, &args.hooks))
    }
}

impl TerminalCommand for AutoloadCredentials {
    type Args = CloudArgs;

    const COMMAND: &'static str = "autoload-credentials";
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Needs a terminal: refused with the command line for a person.";
    const SCOPE: Scope = Scope::Client;
    const POSITIONAL: &'static [&'static str] = &["cloud_type"];
    const INSTEAD: &'static str = "give a credential with juju_add_credential, or ask a person to run it in a terminal";
}

impl<K: TerminalCommand> Command for InTerminal<K> {
    type Args = K::Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const ALIASES: &'static [&'static str] = K::ALIASES;
    const TOOLSET: &'static str = K::TOOLSET;
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = K::SCOPE;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Admin;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = K::POSITIONAL;

    fn validate(args: &K::Args) -> Result<(), String> {
        K::unit(args).map_or(Ok(()), |(unit, _)| entity::check_units_or_leaders(&[unit.to_owned()]))
    }

    fn target_entities(args: &K::Args) -> Vec<TargetEntity> {
        K::unit(args).into_iter().map(|(unit, _)| target::unit(unit)).collect()
    }

    fn required_entities(_: &K::Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &K::Args) -> Impact {
        match K::unit(args) {
            Some(_) => Impact::default().with_capability(Capability::OpensShell),
            None => Impact::default(),
        }
    }

    async fn preview(args: &K::Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        Err(refused::<K>(args, target))
    }

    async fn run(_: Permit, args: K::Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        Err(refused::<K>(&args, &target))
    }
}

fn refused<K: TerminalCommand>(args: &K::Args, target: &ResolvedTarget) -> Failure {
    let words = K::unit(args).map(|(unit, hooks)| format!(" -m {} {unit} {}", target.model_name(), hooks.join(" ")));
    let line = format!("juju {}{}", K::COMMAND, words.unwrap_or_default());
    Failure::refused(format!("`{}` needs a terminal", line.trim_end()), K::INSTEAD)
}
