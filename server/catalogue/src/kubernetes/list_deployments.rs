//! `list_deployments`: deployments and stateful sets with the state of their rollouts.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{age, juju, object, rollout, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `list_deployments`.
pub(super) struct ListDeployments;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    instance: String,
}

impl Command for ListDeployments {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "list-deployments";
    const TOOL_NAME: Option<&'static str> = Some("list_deployments");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists Deployments and StatefulSets with replicas and rollout.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let columns =
            ["NAMESPACE", "KIND", "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "APPLICATION", "ROLLOUT"];
        let (mut shown, now) = (Shown::new(&columns, "no Deployments or StatefulSets"), Utc::now());
        for kind in [well_known::DEPLOYMENTS, well_known::STATEFUL_SETS] {
            let listing = place.session.list(&kind, place.all()).await?;
            shown.note_cut(listing.is_cut);
            for one in &listing.items {
                let count = |member: &str| object::number(one, &format!("/status/{member}"));
                let (desired, ready, state) = (rollout::desired(one), rollout::ready(one), rollout::state(one));
                let (updated, available) = (count("updatedReplicas"), count("availableReplicas"));
                // the application of Juju that manages it
                let application = juju::owner(one).and_then(|owner| owner.application);
                let images: Vec<&str> = object::items(one, "/spec/template/spec/containers")
                    .iter()
                    .map(|container| object::text(container, "/image"))
                    .collect();
                let data = json!({"namespace": object::namespace(one), "kind": kind.kind, "name": object::name(one), "desired": desired,
                    "ready": ready, "updated": updated, "available": available, "application": application, "images": images,
                    "rollout": state.progress, "rollout_message": state.message, "created": object::text(one, "/metadata/creationTimestamp")});
                let cells = vec![
                    object::namespace(one).to_owned(),
                    kind.kind.to_string(),
                    object::name(one).to_owned(),
                    format!("{ready}/{desired}"),
                    updated.to_string(),
                    available.to_string(),
                    age::age(one, now),
                    or_dash(application.as_deref().unwrap_or_default()),
                    if state.progress == rollout::RolloutProgress::Complete {
                        "complete".to_owned()
                    } else {
                        state.message.clone()
                    },
                ];
                shown.row(cells, data);
            }
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}
