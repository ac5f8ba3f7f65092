//! `alertmanager_add_silence`: no notifications of the alerts that matchers select, for a time.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use policy::{Capability, Effect, Impact, Permit, TargetEntity};
use prometheus::{LabelMatcher, NewSilence, parse_duration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    silences::matchers_text,
    site::{Site, TOOLSET},
};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `alertmanager_add_silence`.
pub(crate) struct AddSilence;

/// Longest silence, in seconds.
const MAX_SECONDS: f64 = 30.0 * 86_400.0;

/// What to silence, for how long, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// `alertname=Down`, `severity=~"warning|info"`; all have to match
    matchers: Vec<String>,
    /// `2h`
    duration: String,
    comment: String,
    instance: Option<String>,
}

/// The silence.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    id: String,
    matchers: String,
    ends: String,
}

impl Command for AddSilence {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "alertmanager-add-silence";
    const TOOL_NAME: Option<&'static str> = Some("alertmanager_add_silence");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Silences alerts for a time.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;

    fn validate(args: &Args) -> Result<(), String> {
        silence(args, Utc::now()).map(drop)
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![target::other("silence", "new")]
    }

    fn impact(_: &Args) -> Impact {
        Impact::default().with_capability(Capability::SuppressesAlerts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let site = Site::new(target, args.instance.as_deref())?;
        let new = silence(args, Utc::now()).map_err(Failure::bad_argument)?;
        let matchers = new.limited_matchers(site.limit());
        let alerts = site.alertmanager()?.alerts_matching(&matchers).await?;
        let names: Vec<String> = alerts.iter().filter_map(|alert| alert.labels.get("alertname").cloned()).collect();
        Ok(Some(json!({"matchers": matchers_text(&matchers), "ends": time(new.ends_at), "active_alerts": names})))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let new = silence(&args, Utc::now()).map_err(Failure::bad_argument)?;
        let id = site.alertmanager()?.add_silence(&new, site.limit()).await?;
        Ok(Output { id, matchers: matchers_text(&new.limited_matchers(site.limit())), ends: time(new.ends_at) })
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The silence that arguments mean.
fn silence(args: &Args, now: DateTime<Utc>) -> Result<NewSilence, String> {
    let matchers = args.matchers.iter().map(|text| LabelMatcher::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let seconds = parse_duration(&args.duration).filter(|seconds| *seconds <= MAX_SECONDS);
    let seconds =
        seconds.ok_or_else(|| format!("`duration` has to be like 30m or 2h, 30d at most, not: {}", args.duration))?;
    #[expect(clippy::cast_possible_truncation, reason = "30 days of milliseconds fit")]
    let length = TimeDelta::try_milliseconds((seconds * 1000.0) as i64).ok_or("`duration` is too long")?;
    if args.comment.trim().is_empty() {
        return Err("`comment` has to say why".to_owned());
    }
    let ends_at = now.checked_add_signed(length).ok_or("`duration` is too long")?;
    let (created_by, comment) = ("juju-mcp".to_owned(), args.comment.clone());
    let new = NewSilence { matchers, starts_at: now, ends_at, created_by, comment };
    new.check()?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_needs_a_matcher_a_duration_and_a_reason() {
        let args = |matchers: &[&str], duration: &str, comment: &str| Args {
            matchers: matchers.iter().map(|one| (*one).to_owned()).collect(),
            duration: duration.to_owned(),
            comment: comment.to_owned(),
            instance: None,
        };
        let now = Utc::now();
        let new = silence(&args(&["alertname=Down"], "2h", "upgrade"), now).expect("a silence");
        assert_eq!(new.ends_at - now, TimeDelta::hours(2));
        for (args, named) in [
            (args(&[], "2h", "x"), "needs a matcher"),
            (args(&["a=~.*"], "2h", "x"), "needs a matcher"),
            (args(&["Down"], "2h", "x"), "has to be like"),
            (args(&["a=b"], "soon", "x"), "`duration`"),
            (args(&["a=b"], "31d", "x"), "`duration`"),
            (args(&["a=b"], "2h", " "), "`comment`"),
        ] {
            assert!(silence(&args, now).is_err_and(|problem| problem.contains(named)), "{args:?}");
        }
    }
}
