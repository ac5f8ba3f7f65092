//! `get_pod_events`: the events of a pod in their order.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{Selection, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    api::{EVENT_COLUMNS, add_events},
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `get_pod_events`.
pub(super) struct GetPodEvents;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    name: String,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for GetPodEvents {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "get-pod-events";
    const TOOL_NAME: Option<&'static str> = Some("get_pod_events");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists the events of a pod in order.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let namespace = place.object_namespace().await?;
        let fields = format!("involvedObject.kind=Pod,involvedObject.name={}", args.name);
        let selection = Selection { namespace: Some(&namespace), fields: &fields, labels: "" };
        let events = place.session.list(&well_known::EVENTS, selection).await?.items;
        if events.is_empty() {
            // a pod without events differs from a pod that does not exist
            place.find(&well_known::PODS, &args.name).await?;
        }
        let mut shown = Shown::new(&EVENT_COLUMNS, "no events");
        add_events(&mut shown, events, Utc::now());
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}
