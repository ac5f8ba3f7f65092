//! `juju disable-command` and `juju enable-command`: guard a model against changes.

use std::sync::Arc;

use juju_wire::facade::block::{BlockSwitchParams, SwitchBlockOff, SwitchBlockOn};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_disable_command`.
pub struct DisableCommand;

/// The tool `juju_enable_command`.
pub struct EnableCommand;

/// Sets of commands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommandSet {
    /// The removal of the model.
    DestroyModel,
    /// The removal of machines, applications, units and relations.
    RemoveObject,
    /// Every change.
    All,
}

/// The API's word.
fn api_kind(set: CommandSet) -> &'static str {
    match set {
        CommandSet::DestroyModel => "BlockDestroy",
        CommandSet::RemoveObject => "BlockRemove",
        CommandSet::All => "BlockChange",
    }
}

/// What is disabled, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableArgs {
    command_set: CommandSet,
    /// reason
    message: Option<String>,
}

/// What is enabled again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableArgs {
    command_set: CommandSet,
}

/// The set of commands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    command_set: CommandSet,
    disabled: bool,
}

impl Command for DisableCommand {
    type Args = DisableArgs;
    type Output = Output;

    const COMMAND: &'static str = "disable-command";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Disables removals or all changes in a model, until juju_enable_command.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["command_set", "message"];

    async fn run(_: Permit, args: DisableArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let kind = api_kind(args.command_set).to_owned();
        let params = BlockSwitchParams { kind, message: args.message.unwrap_or_default() };
        target.model_connection().await?.call::<SwitchBlockOn>(params).await?.into_result()?;
        Ok(Output { command_set: args.command_set, disabled: true })
    }
}

impl Command for EnableCommand {
    type Args = EnableArgs;
    type Output = Output;

    const COMMAND: &'static str = "enable-command";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Enables commands that juju_disable_command disabled.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["command_set"];

    async fn run(_: Permit, args: EnableArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let params = BlockSwitchParams { kind: api_kind(args.command_set).to_owned(), message: String::new() };
        target.model_connection().await?.call::<SwitchBlockOff>(params).await?.into_result()?;
        Ok(Output { command_set: args.command_set, disabled: false })
    }
}
