//! `juju show-operation`: one operation with the output of its tasks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use juju_wire::{
    RemoteError,
    entity::Entities,
    facade::action::{Operations, operation::OperationResult},
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    finish::{POLL_INTERVAL, ended},
    operation::Operation,
};
use crate::{Command, Failure, MAX_WAIT_SECONDS, ResolvedTarget, Scope};

/// The tool `juju_show_operation`.
pub struct ShowOperation;

/// Which operation.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    operation_id: String,
    /// seconds, for its end
    wait: Option<u64>,
}

impl Command for ShowOperation {
    type Args = Args;
    type Output = Operation;

    const COMMAND: &'static str = "show-operation";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Shows an operation with results and log of its tasks.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["operation_id"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::unresolved(EntityKind::Operation, &args.operation_id)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Operation, Failure> {
        let connection = target.model_connection().await?;
        let until = Instant::now() + Duration::from_secs(args.wait.unwrap_or_default().min(MAX_WAIT_SECONDS));
        loop {
            let tags: Entities = [Tag::new("operation", &args.operation_id)].into_iter().collect();
            let reply = connection.call::<Operations>(tags).await?;
            let wire = match reply.results.into_iter().next() {
                Some(OperationResult { error: Some(error), .. }) => return Err(RemoteError::into(error)),
                Some(wire) => wire,
                None => {
                    let problem = format!("operation {} not found", args.operation_id);
                    return Err(Failure::refused(problem, "list them with `juju_operations`"));
                }
            };
            if wire.actions.iter().all(ended) || Instant::now() >= until {
                return Ok(Operation::of(wire));
            }
            target.report(0.0, None, format!("operation {} is {}", args.operation_id, wire.status));
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
