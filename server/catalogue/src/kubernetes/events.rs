//! `k8s_events`: events of a cluster, and new ones as they occur.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use chrono::Utc;
use kubernetes::{ApiRequest, Selection, is_name, object, well_known};
use serde_json::Value;

use super::{
    api::{EVENT_COLUMNS, add_events, follow, line_of_event},
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, juju::log::debug::time_of};

/// The tool `k8s_events`.
pub(super) struct Events;

/// New events of one answer.
const MAX_NEW: usize = 1_000;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    /// of the object, `Pod`
    kind: String,
    /// of the object
    name: String,
    warnings_only: bool,
    /// `30m` ago, or a time
    since: String,
    /// how long to report new ones, `5m`; default: not
    follow: String,
    instance: String,
}

impl Command for Events {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "k8s-events";
    const TOOL_NAME: Option<&'static str> = Some("k8s_events");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists events, and reports new ones as progress for a while.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])?;
        for (argument, name) in [("kind", &args.kind), ("name", &args.name)] {
            if !name.is_empty() && !is_name(name) {
                return Err(format!("`{argument}` has to be a name, not: {name}"));
            }
        }
        time_of("since", &args.since, Utc::now())?;
        follow(&args.follow).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let now = Utc::now();
        let (since, follow) = (
            time_of("since", &args.since, now).map_err(Failure::bad_argument)?,
            follow(&args.follow).map_err(Failure::bad_argument)?,
        );
        let fields = [
            ("involvedObject.kind", &*args.kind),
            ("involvedObject.name", &*args.name),
            ("type", if args.warnings_only { "Warning" } else { "" }),
        ];
        let fields: Vec<String> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| format!("{field}={value}"))
            .collect();
        let fields = fields.join(",");
        let selection = Selection { fields: &fields, ..place.all() };
        let mut events = match follow {
            None => place.session.list(&well_known::EVENTS, selection).await?.items,
            Some(limit) => watch(&place, &fields, limit, &target).await?,
        };
        events.retain(|event| {
            since.is_none_or(|since| kubernetes::time_of_event(event).is_some_and(|time| time >= since))
        });
        let mut shown = Shown::new(&EVENT_COLUMNS, "no events");
        add_events(&mut shown, events, Utc::now());
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

/// Events that occur from now on, each reported as it arrives.
async fn watch(place: &Place, fields: &str, limit: Duration, target: &ResolvedTarget) -> Result<Vec<Value>, Failure> {
    let path = well_known::EVENTS.path(place.namespace.as_deref(), None);
    // the version of an empty list is where the watch begins
    let start = place.session.send(&ApiRequest::get(&*path).with("limit", "1")).await?;
    let version = object::text(&start, "/metadata/resourceVersion").to_owned();
    let request =
        ApiRequest::get(path).with("watch", "true").with("resourceVersion", version).with("fieldSelector", fields);
    let mut lines = place.session.follow(&request).await?;
    let mut found = Vec::new();
    let reading = async {
        while let Ok(Some(line)) = lines.next().await {
            let Ok(mut change) = serde_json::from_str::<Value>(&line) else { continue };
            if !matches!(object::text(&change, "/type"), "ADDED" | "MODIFIED") {
                continue;
            }
            let event = change["object"].take();
            target.report(0.0, None, line_of_event(&event));
            found.push(event);
            if found.len() >= MAX_NEW {
                break;
            }
        }
    };
    // the time is what the caller asked for
    let _ = tokio::time::timeout(limit, reading).await;
    Ok(found)
}
