//! `alertmanager_silences`: silences, what they match, and until when.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use policy::{Effect, Permit};
use prometheus::{LabelMatcher, Silence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::site::{Site, TOOLSET};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `alertmanager_silences`.
pub(crate) struct Silences;

/// Which silences.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// also those that have ended
    expired: bool,
    instance: Option<String>,
}

impl Command for Silences {
    type Args = Args;
    type Output = Vec<Silence>;

    const COMMAND: &'static str = "alertmanager-silences";
    const TOOL_NAME: Option<&'static str> = Some("alertmanager_silences");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists silences of alerts.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Silence>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let mut silences = site.alertmanager()?.silences(site.limit()).await?;
        silences.retain(|silence| args.expired || silence.status.state != "expired");
        silences.sort_by_key(|silence| silence.ends_at);
        Ok(silences)
    }

    fn concise(answer: &mut Vec<Silence>, filter: &Filter) -> Option<Concise> {
        answer.retain(|silence| filter.selects(&silence.id, silence));
        let heading = ["ID", "STATE", "MATCHERS", "STARTS", "ENDS", "BY", "COMMENT"];
        let rows = answer.iter().map(cells).collect();
        Some(Concise::table(Table::new("silences", &heading, rows), "no silences"))
    }
}

fn cells(silence: &Silence) -> Vec<String> {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    vec![
        silence.id.clone(),
        silence.status.state.clone(),
        matchers_text(&silence.matchers),
        time(silence.starts_at),
        time(silence.ends_at),
        silence.created_by.clone(),
        silence.comment.clone(),
    ]
}

/// Matchers as one text.
pub(super) fn matchers_text(matchers: &[LabelMatcher]) -> String {
    matchers.iter().map(LabelMatcher::text).collect::<Vec<_>>().join(", ")
}
