//! `juju suspend-relation` and `juju resume-relation`: relations with applications of other models.

use std::sync::Arc;

use juju_wire::facade::application::{
    SetRelationsSuspended,
    relation::{RelationSuspendedArg, RelationSuspendedArgs},
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, Precondition, ResolvedTarget, Scope};

/// The tool `juju_suspend_relation`.
pub struct SuspendRelation;

/// The tool `juju_resume_relation`.
pub struct ResumeRelation;

/// Which relations, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendArgs {
    relation_ids: Vec<u32>,
    /// reason
    message: Option<String>,
}

/// Which relations.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeArgs {
    relation_ids: Vec<u32>,
}

/// The relations.
#[derive(Debug, Serialize)]
pub struct Output {
    relations: Vec<u32>,
    suspended: bool,
}

fn check(ids: &[u32]) -> Result<(), String> {
    if ids.is_empty() { Err("`relation_ids` has to hold at least one id".to_owned()) } else { Ok(()) }
}

fn entities(ids: &[u32]) -> Vec<TargetEntity> {
    ids.iter().map(|id| TargetEntity::unresolved(EntityKind::Relation, id.to_string())).collect()
}

async fn set(target: &ResolvedTarget, ids: Vec<u32>, suspended: bool, message: &str) -> Result<Output, Failure> {
    let arg = |id: &u32| RelationSuspendedArg { relation_id: i64::from(*id), suspended, message: message.to_owned() };
    let params = RelationSuspendedArgs { args: ids.iter().map(arg).collect() };
    target.model_connection().await?.call::<SetRelationsSuspended>(params).await?.into_result()?;
    Ok(Output { relations: ids, suspended })
}

impl Command for SuspendRelation {
    type Args = SuspendArgs;
    type Output = Output;

    const COMMAND: &'static str = "suspend-relation";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Suspends relations to offers, by id; juju_status lists ids.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["relation_ids"];

    fn validate(args: &SuspendArgs) -> Result<(), String> {
        check(&args.relation_ids)
    }

    fn target_entities(args: &SuspendArgs) -> Vec<TargetEntity> {
        entities(&args.relation_ids)
    }

    fn preconditions(args: &SuspendArgs) -> Vec<Precondition> {
        args.relation_ids.iter().map(|id| Precondition::RelationNumber(i64::from(*id))).collect()
    }

    async fn run(_: Permit, args: SuspendArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        set(&target, args.relation_ids, true, args.message.as_deref().unwrap_or_default()).await
    }
}

impl Command for ResumeRelation {
    type Args = ResumeArgs;
    type Output = Output;

    const COMMAND: &'static str = "resume-relation";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Resumes suspended relations.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["relation_ids"];

    fn validate(args: &ResumeArgs) -> Result<(), String> {
        check(&args.relation_ids)
    }

    fn target_entities(args: &ResumeArgs) -> Vec<TargetEntity> {
        entities(&args.relation_ids)
    }

    fn preconditions(args: &ResumeArgs) -> Vec<Precondition> {
        args.relation_ids.iter().map(|id| Precondition::RelationNumber(i64::from(*id))).collect()
    }

    async fn run(_: Permit, args: ResumeArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        set(&target, args.relation_ids, false, "").await
    }
}
