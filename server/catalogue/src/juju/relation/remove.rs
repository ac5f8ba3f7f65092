//! `juju remove-relation`: ends a relation.

use std::sync::Arc;

use juju_wire::facade::application::{DestroyRelation, relation::DestroyRelationParams};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Blocks, Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, entity, target};

/// The tool `juju_remove_relation`.
pub struct RemoveRelation;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    #[serde(default)]
    endpoints: Vec<String>,
    /// instead of endpoints
    relation_id: Option<i64>,
    #[serde(default)]
    force: bool,
}

/// The relation that is being removed.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its endpoints, or its number.
    removing: String,
}

impl Command for RemoveRelation {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "remove-relation";
    const TOOLSET: &'static str = "integrate";
    const DESCRIPTION: &'static str = "Ends the relation of two applications.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::Removal;
    const POSITIONAL: &'static [&'static str] = &["endpoints", "relation_id"];

    fn validate(args: &Args) -> Result<(), String> {
        match (args.endpoints.len(), args.relation_id) {
            (2, None) | (0, Some(_)) => Ok(()),
            _ => Err("give either two `endpoints` or a `relation_id`".to_owned()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let applications = args.endpoints.iter().map(|endpoint| target::application(entity::of_endpoint(endpoint)));
        let relation = args.relation_id.map(|id| TargetEntity::unresolved(EntityKind::Relation, id.to_string()));
        applications.chain(relation).collect()
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        match args.relation_id {
            Some(number) => vec![Precondition::RelationNumber(number)],
            None => vec![Precondition::Relation(args.endpoints.clone())],
        }
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_removed_relations(facts, |relation| match args.relation_id {
            Some(number) => relation.id == number,
            None => args.endpoints.iter().all(|text| {
                let (application, endpoint) = text.split_once(':').map_or((text.as_str(), None), |(a, e)| (a, Some(e)));
                let is = |name: &str| endpoint.is_none_or(|endpoint| endpoint == name);
                relation.endpoints.iter().any(|end| end.application == application && is(&end.name))
            }),
        })
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let removing = args.relation_id.map_or_else(|| args.endpoints.join(" "), |id| id.to_string());
        let params = DestroyRelationParams {
            endpoints: args.endpoints,
            relation_id: args.relation_id.unwrap_or_default(),
            force: args.force.then_some(true),
            ..DestroyRelationParams::default()
        };
        target.model_connection().await?.call::<DestroyRelation>(params).await?;
        Ok(Output { removing })
    }
}
