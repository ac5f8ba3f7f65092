//! A tool as its author writes it: typed, and in two halves. `targets` is pure; `run` needs a permit.

use std::{future::Future, sync::Arc};

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Failure, Site, text};

/// What a command acts on, and so which of `controller` and `model` it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One model: takes `controller` and `model`.
    Model,
    /// One model that the caller has to name, because a default would be dangerous.
    NamedModel,
    /// The controller as a whole: takes `controller`.
    Controller,
    /// What this program itself knows: takes neither.
    Client,
}

/// A tool as its author writes it.
pub trait Command: Send + Sync + 'static {
    /// Arguments, named after the client's own flags and positional arguments, with underscores.
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;
    /// What it answers: what the client prints with `--format json`.
    type Output: Serialize + JsonSchema + Send;

    /// The client's word, `add-unit`; the tool is then `juju_add_unit`.
    const WORD: &'static str;
    /// Group of tools that it belongs to, `deploy`: the URL `/mcp/x/deploy` serves it.
    const TOOLSET: &'static str;
    /// One sentence on what it does; a second on when another tool is better.
    const DESCRIPTION: &'static str;
    /// What it acts on.
    const SCOPE: Scope;
    /// The worst that it can do.
    const EFFECT: Effect;
    /// The least that it does: a caller who may do that sees the tool.
    const LEAST: Effect = Self::EFFECT;
    /// Whether doing it twice is the same as doing it once.
    const IDEMPOTENT: bool = false;
    /// Whether it stands among the few that `/mcp` shows.
    const CURATED: bool = false;
    /// Arguments that the client takes by position, in order; all others are its flags.
    const POSITIONAL: &'static [&'static str] = &[];
    /// Where in the answer the rows stand that `filter`, `fields`, `limit` and `cursor` mean; "" is the answer itself.
    const ROWS: Option<&'static str> = None;

    /// What it does with these arguments; a command that reads or writes, by its arguments, says here which.
    #[must_use]
    fn effect(_: &Self::Args) -> Effect {
        Self::EFFECT
    }

    /// Checks what the schema cannot say.
    ///
    /// # Errors
    /// One sentence, naming the argument.
    fn check(_: &Self::Args) -> Result<(), String> {
        Ok(())
    }

    /// Entities that these arguments mean, as Juju's tags: `application-web`.
    #[must_use]
    fn targets(args: &Self::Args) -> Vec<String>;

    /// Those of them that have to be there before; all unless said otherwise.
    #[must_use]
    fn needs(args: &Self::Args) -> Vec<String> {
        Self::targets(args)
    }

    /// What a dry run can say beyond the act itself; reads only.
    fn preview(_: Arc<Self::Args>, _: Arc<Site>) -> impl Future<Output = Result<Option<Value>, Failure>> + Send {
        std::future::ready(Ok(None))
    }

    /// Does what was permitted.
    fn run(
        permit: Permit,
        args: Self::Args,
        site: Arc<Site>,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;

    /// The answer as a short text for a reader; the default is YAML.
    #[must_use]
    fn concise(answer: &Value) -> String {
        text::yaml(answer)
    }
}
