//! `juju status`: the state of a model.

mod render;
pub mod shape;
pub mod storage;
mod summary;

use std::sync::Arc;

use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use render::machines;
pub use shape::{Machine, Status as Output};

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, target};

/// The tool `juju_status`.
pub struct Status;

/// What to show.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct Args {
    /// names or wildcards
    selectors: Vec<String>,
    relations: bool,
}

impl Command for Status {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "status";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows a model: applications, units, machines, and what is wrong with them.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const FROM_ESTATE: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["selectors"];
    const ROWS_PATH: Option<&'static str> = Some("applications");
    const DEFAULT_ROWS: usize = 25;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        // a selector may be a wildcard, and selects what is related to an application too
        let selected = args.selectors.iter().map(|text| TargetEntity::unresolved(EntityKind::Application, text));
        target::or_all_applications(selected)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let selected = !args.selectors.is_empty();
        let known = target.status_for_read(args.selectors).await?;
        let status = render::status(&known.status, target.controller_name(), args.relations);
        Ok(Output { storage_not_shown: known.storage_problem, selected, ..status })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        Some(summary::concise(answer, filter))
    }
}
