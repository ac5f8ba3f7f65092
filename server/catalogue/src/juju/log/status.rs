//! `juju show-status-log`: past statuses of an entity.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::client::{
        StatusHistory,
        history::{StatusHistoryFilter, StatusHistoryRequest, StatusHistoryRequests},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table,
    juju::render::{bulk_result, bulk_single, timestamp},
    target,
};

/// The tool `juju_show_status_log`.
pub struct ShowStatusLog;

/// Entity to show.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `web/0`, `web`, `0`
    entity_name: String,
    #[serde(rename = "type")]
    #[schemars(extend("enum" = kinds(), "default" = "unit"))]
    kind: Option<String>,
    /// last ones
    n: Option<u16>,
    /// instead of `n`
    days: Option<u16>,
    /// instead of both, `2026-01-31`
    from_date: Option<String>,
}

/// One past status.
#[derive(Debug, Serialize)]
pub struct Past {
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    kind: String,
}

fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(known, _)| *known).collect()
}

const KINDS: &[(&str, &str)] = &[
    ("unit", "unit"),
    ("workload", "unit"),
    ("juju-unit", "unit"),
    ("application", "application"),
    ("saas", "application"),
    ("machine", "machine"),
    ("juju-machine", "machine"),
    ("container", "machine"),
    ("juju-container", "machine"),
    ("model", "model"),
];
const NANOSECONDS_A_DAY: i64 = 86_400_000_000_000;

/// The beginning of a day as the controller reads it.
fn day(text: &str) -> Option<String> {
    let day: chrono::NaiveDate = text.parse().ok()?;
    (text.len() == "2026-01-31".len()).then(|| format!("{day}T00:00:00Z"))
}

fn kind(args: &Args) -> &str {
    args.kind.as_deref().unwrap_or("unit")
}

fn tag(args: &Args) -> Tag {
    let word = KINDS.iter().find(|(known, _)| *known == kind(args)).map_or("unit", |(_, word)| word);
    Tag::new(word, &args.entity_name)
}

impl Command for ShowStatusLog {
    type Args = Args;
    type Output = Vec<Past>;

    const COMMAND: &'static str = "show-status-log";
    const TOOLSET: &'static str = "debug";
    const DESCRIPTION: &'static str = "Shows past statuses of a unit, application, machine or model.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["entity_name"];
    const ROWS_PATH: Option<&'static str> = Some("");
    // the arguments limit them
    const DEFAULT_ROWS: usize = usize::MAX;

    fn validate(args: &Args) -> Result<(), String> {
        if let Some(text) = args.from_date.as_deref()
            && day(text).is_none()
        {
            return Err(format!("`from_date` has to be like 2026-01-31, not: {text}"));
        }
        if args.from_date.is_some() && (args.n.is_some() || args.days.is_some()) {
            return Err("`from_date` excludes `n` and `days`".to_owned());
        }
        if KINDS.iter().any(|(known, _)| *known == kind(args)) {
            return Ok(());
        }
        Err(format!("`type` has to be one of: {}", kinds().join(", ")))
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let (tag, name) = (tag(args), &args.entity_name);
        let entity = match tag.kind() {
            "unit" => target::unit(name),
            "machine" => target::machine(name),
            _ => TargetEntity::Known(tag.to_string()),
        };
        vec![entity]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Past>, Failure> {
        let connection = target.model_connection().await?;
        let delta = args.days.map(|days| i64::from(days) * NANOSECONDS_A_DAY);
        let date = args.from_date.as_deref().and_then(day);
        let most = if delta.is_some() || date.is_some() { 0 } else { i64::from(args.n.unwrap_or(20)) };
        let tag = match kind(&args) {
            "model" => Tag::new("model", target.model_uuid()),
            _ => tag(&args),
        };
        let request = StatusHistoryRequest {
            history_kind: kind(&args).to_owned(),
            size: most,
            filter: StatusHistoryFilter { size: most, delta, date, ..StatusHistoryFilter::default() },
            tag: tag.to_string(),
        };
        let reply = connection.call::<StatusHistory>(StatusHistoryRequests { requests: vec![request] }).await?;
        let item = bulk_single(reply.results, |item| item.error.take())?;
        let history = item.history;
        let mut statuses = bulk_result(Some(history.statuses), history.error, &args.entity_name)?;
        if statuses.is_empty() {
            return Err(Failure::refused("no status history available", "check the name and the `type`"));
        }
        statuses.sort_by(|one, other| one.since.cmp(&other.since));
        let past = statuses.into_iter().map(|one| Past {
            status: one.status,
            message: one.info,
            data: one.data,
            since: one.since,
            kind: one.kind,
        });
        Ok(past.collect())
    }

    fn concise(answer: &mut Vec<Past>, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects("", one));
        let row = |one: &Past| {
            let since = timestamp(one.since.as_deref());
            vec![since, one.kind.clone(), one.status.clone(), one.message.clone()]
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Since", "Type", "Status", "Message"];
        Some(Concise::table(Table::new("statuses", &heading, rows), "nothing matches"))
    }
}
