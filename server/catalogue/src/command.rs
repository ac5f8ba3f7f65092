//! A tool as its author writes it, typed. Everything but `preview` and `run` is pure; `run` needs a permit.

use std::{future::Future, sync::Arc};

use juju_client::ModelAccess;
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Access, Blocks, Concise, Cost, Facts, Failure, Filter, JujuAccess, OfferUrl, Precondition, ResolvedTarget, Scope,
};

/// A tool as its author writes it.
pub trait Command: Send + Sync + 'static {
    /// Arguments, named after the client's own flags and positional arguments, with underscores.
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;
    /// What it answers: what the client prints with `--format json`.
    type Output: Serialize + Send;

    /// The command of the Juju client, `add-unit`; the tool is then `juju_add_unit`.
    const COMMAND: &'static str;
    /// The name of a tool that is no command of the Juju client, `list_pods`. [`Command::COMMAND`] is then the same with dashes.
    const TOOL_NAME: Option<&'static str> = None;
    /// Other names that the Juju client has for the command, `list-offers`.
    const ALIASES: &'static [&'static str] = &[];
    /// Group of tools that it belongs to, `deploy`: the URL `/mcp/x/deploy` serves it.
    const TOOLSET: &'static str;
    /// One sentence on what it does; a second on when another tool is better.
    const DESCRIPTION: &'static str;
    /// What it acts on.
    const SCOPE: Scope;
    /// Whether it works in models on machines only, as the client checks too.
    const MACHINES_ONLY: bool = false;
    /// The worst that it can do.
    const MAX_EFFECT: Effect;
    /// The least that it does: a caller who may do that sees the tool.
    const MIN_EFFECT: Effect = Self::MAX_EFFECT;
    /// Whether doing it twice is the same as doing it once.
    const IDEMPOTENT: bool = false;
    /// Whether `/mcp` lists it; the full list is at `/mcp/full`.
    const IN_DEFAULT_LIST: bool = false;
    /// Arguments that the client takes by position, in order; all others are its flags.
    const POSITIONAL: &'static [&'static str] = &[];
    /// Path in the answer to the rows that `filter`, `fields`, `limit` and `cursor` select; "" is the answer itself.
    const ROWS_PATH: Option<&'static str> = None;
    /// Rows that a reader sees of [`Command::concise`] if the caller sets no limit.
    const DEFAULT_ROWS: usize = 100;

    /// Whether its answer has text that others wrote: of an estate, or of a store.
    const ANSWERS_UNTRUSTED: bool = !matches!(Self::SCOPE, Scope::Client);
    /// Whether the live estate may answer it while it is fresh; then the caller can ask for a fresh answer.
    const FROM_ESTATE: bool = false;
    /// Access that the controller requires of its user, where it changes something.
    const ACCESS: Access = Access::Write;
    /// Blocks of `juju disable-command` that keep it back.
    const BLOCKS: Blocks = Blocks::Change;
    /// Whether the number of units that the application has decides about the effect: [`Command::effect_with_units`].
    const UNITS_DECIDE_EFFECT: bool = false;

    /// The effect of a call with these arguments, for a command that reads or writes depending on them.
    #[must_use]
    fn effect(_: &Self::Args) -> Effect {
        Self::MAX_EFFECT
    }

    /// What it does with these arguments where the application has this number of units. [`Command::effect`] is the worst of it.
    #[must_use]
    fn effect_with_units(args: &Self::Args, _units: u64) -> Effect {
        Self::effect(args)
    }

    /// Checks what the schema cannot express.
    ///
    /// # Errors
    /// One sentence, naming the argument.
    fn validate(_: &Self::Args) -> Result<(), String> {
        Ok(())
    }

    /// Every entity in the location that the act touches; empty where it touches the location as a whole. A filter that is
    /// left out means [`TargetEntity::All`]; an id that only the controller can resolve is [`TargetEntity::Unresolved`].
    #[must_use]
    fn target_entities(_: &Self::Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    /// Those of them that have to exist in the model before the act; by default all. What a tool of a backend touches is not in Juju's
    /// model, and the backend itself refuses what does not exist there.
    #[must_use]
    fn required_entities(args: &Self::Args) -> Vec<TargetEntity> {
        if Self::SCOPE == Scope::Backend { Vec::new() } else { Self::target_entities(args) }
    }

    /// What the act needs beside these entities, and the controller would refuse it for. A dry run, an approval request and the remedy of
    /// a failed act see nothing else.
    #[must_use]
    fn preconditions(_: &Self::Args) -> Vec<Precondition> {
        Vec::new()
    }

    /// What the act costs beside what [`Command::impact`] states: units that restart, relations that end, consumers.
    #[must_use]
    fn cost(_: &Self::Args, _: &Facts) -> Cost {
        Cost::default()
    }

    /// The offer of another model or controller that the act takes.
    #[must_use]
    fn source(_: &Self::Args) -> Option<OfferUrl> {
        None
    }

    /// What the act does, as data for rules, costs and previews. A command that changes something states it here.
    #[must_use]
    fn impact(_: &Self::Args) -> Impact {
        Impact::default()
    }

    /// The access that a call with these arguments needs at a controller that callers log in to as themselves; by default by scope,
    /// effect and [`Command::ACCESS`]. No more than that is in the token of the call.
    #[must_use]
    fn juju_access(args: &Self::Args) -> JujuAccess {
        match (Self::SCOPE, Self::effect(args).changes(), Self::ACCESS) {
            (Scope::Client | Scope::Controller | Scope::Backend, ..) | (_, true, Access::AddModel) => {
                JujuAccess::RoleCredential
            }
            (Scope::Model | Scope::NamedModel, false, _) => JujuAccess::Model(ModelAccess::Read),
            (Scope::Model | Scope::NamedModel, true, Access::Write) => JujuAccess::Model(ModelAccess::Write),
            (Scope::Model | Scope::NamedModel, true, Access::Admin) => JujuAccess::Model(ModelAccess::Admin),
        }
    }

    /// What a dry run can show beyond the act itself; reads only.
    fn preview(_: &Self::Args, _: &ResolvedTarget) -> impl Future<Output = Result<Option<Value>, Failure>> + Send {
        std::future::ready(Ok(None))
    }

    /// The answer if the controller is doing already what the call wants, so that nothing is left to approve; reads only. What cannot
    /// be read counts as not done.
    fn already_done(_: &Self::Args, _: &ResolvedTarget) -> impl Future<Output = Option<Self::Output>> + Send {
        std::future::ready(None)
    }

    /// Does what was permitted.
    fn run(
        permit: Permit,
        args: Self::Args,
        target: Arc<ResolvedTarget>,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;

    /// The answer for a reader: what an operator wants to see first. Drops the rows that the filter does not select, so that
    /// lines about all rows are about the selected ones. Default: the whole answer as YAML.
    #[must_use]
    fn concise(_: &mut Self::Output, _: &Filter) -> Option<Concise> {
        None
    }
}
