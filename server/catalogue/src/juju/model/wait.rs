//! `juju wait-for`: waits until an application, unit, machine or model matches a query.

mod entity;
mod query;

use std::{sync::Arc, time::Duration};

use juju_client::Session;
use juju_wire::facade::{
    all_watcher::{Next, Stop},
    client::WatchAll,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use entity::Kind;

use self::{entity::Watched, query::Query};
use crate::{Command, Failure, MAX_WAIT_SECONDS, ResolvedTarget, Scope, target};

/// The tool `juju_wait_for`.
pub struct WaitFor;

/// What to wait for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    kind: Kind,
    name: String,
    /// `status=="active" && exposed==true`; default: all well
    query: Option<String>,
    #[schemars(extend("default" = "10m"))]
    timeout: Option<String>,
}

/// What was waited for, as it came.
#[derive(Debug, Serialize)]
pub struct Output {
    properties: Map<String, Value>,
}

const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);
/// Shortest timeout: a shorter one would only make the controller start and stop a watcher.
const MIN_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest timeout.
const MAX_TIMEOUT: Duration = Duration::from_secs(MAX_WAIT_SECONDS);

impl Args {
    fn query(&self) -> Result<Query, String> {
        Query::parse(self.query.as_deref().unwrap_or(self.kind.goal()), self.kind.names())
    }

    fn timeout(&self) -> Result<Duration, String> {
        match self.timeout.as_deref() {
            None => Ok(DEFAULT_TIMEOUT),
            Some(text) => duration(text)
                .filter(|timeout| (MIN_TIMEOUT..=MAX_TIMEOUT).contains(timeout))
                .ok_or_else(|| format!("`timeout` has to be like 90s or 1h30m, from 1s to 24h, not: {text}")),
        }
    }
}

impl Command for WaitFor {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "wait-for";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Waits until an application, unit, machine or model matches the query.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["kind", "name"];

    fn validate(args: &Args) -> Result<(), String> {
        args.query()?;
        args.timeout().map(|_| ())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        match args.kind {
            Kind::Model => Vec::new(),
            Kind::Unit => vec![target::unit(&args.name)],
            Kind::Machine => vec![target::machine(&args.name)],
            Kind::Application => vec![target::application(&args.name)],
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let again = |problem: String| Failure::refused(problem, "correct the argument");
        let (query, limit) = (args.query().map_err(again)?, args.timeout().map_err(again)?);
        let mut seen = Watched::default();
        let ended = tokio::time::timeout(limit, wait(&args, &query, &target, &mut seen)).await;
        if let Ok(outcome) = ended {
            return outcome;
        }
        let wire = seen.now().map(|properties| Value::Object(query.named(&properties)).to_string());
        let (word, name, wire) = (args.kind.word(), &args.name, wire.unwrap_or_else(|| "not there".to_owned()));
        let problem = format!("{word} {name} did not get there within {} s; it is: {wire}", limit.as_secs());
        Err(Failure::refused(problem, "look with `juju_status`, or wait longer with `timeout`"))
    }
}

async fn wait(args: &Args, query: &Query, target: &ResolvedTarget, seen: &mut Watched) -> Result<Output, Failure> {
    let connection = target.model_connection().await?;
    let session = connection.session().await?;
    let watcher = Watcher::start(session).await?;
    let (mut round, mut wire) = (0.0, Map::new());
    loop {
        let next = watcher.session.call_without_timeout::<Next>(&watcher.id, ()).await?;
        for delta in &next.deltas {
            seen.take(args.kind, &args.name, delta);
        }
        let Some(properties) = seen.now() else { continue };
        let named = query.named(&properties);
        if query.holds(&properties) {
            return Ok(Output { properties: named });
        }
        if seen.removed {
            let problem = format!("{} {} was removed", args.kind.word(), args.name);
            return Err(Failure::refused(problem, "look with `juju_status` for what is left"));
        }
        if named != wire {
            round += 1.0;
            target.report(round, None, format!("{} {}: {}", args.kind.word(), args.name, Value::Object(named.clone())));
            wire = named;
        }
    }
}

/// A watcher of everything in a model; it is stopped when this is dropped.
struct Watcher {
    session: Arc<Session>,
    id: String,
}

impl Watcher {
    /// Starts a watcher in a task of its own: if the caller leaves before the controller replies, the task still takes the
    /// reply and stops the watcher.
    async fn start(session: Arc<Session>) -> Result<Self, Failure> {
        let started = tokio::spawn(async move {
            let id = session.call::<WatchAll>(()).await?.watcher_id;
            Ok::<_, Failure>(Self { session, id })
        });
        started.await.unwrap_or_else(|cause| Err(Failure::Unwritable(cause.to_string())))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let (session, id) = (Arc::clone(&self.session), std::mem::take(&mut self.id));
        // a session that is gone took the watcher along
        tokio::spawn(async move { session.call_on::<Stop>(&id, ()).await });
    }
}

/// Reads a duration as the client takes it: `90s`, `1h30m`.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut whole) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
        let part = match &rest[digits..unit] {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3_600)?),
            _ => return None,
        };
        whole = whole.checked_add(part)?;
        rest = &rest[unit..];
    }
    (!whole.is_zero()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_the_client_takes_them() {
        for (text, seconds) in [("90s", 90), ("1h30m", 5_400), ("10m", 600)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "10",
            "m",
            "10 m",
            "-1s",
            "0s",
            "5d",
            "18446744073709551615s18446744073709551615s",
            "18446744073709551615h",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn timeout_is_between_a_second_and_a_day() {
        let args = |timeout: &str| Args {
            kind: Kind::Model,
            name: "shop".to_owned(),
            query: None,
            timeout: Some(timeout.to_owned()),
        };
        for timeout in ["1s", "1000ms", "24h", "23h59m60s"] {
            assert!(args(timeout).timeout().is_ok(), "{timeout}");
        }
        for timeout in ["1ms", "999ms", "24h1ms", "999h", "18446744073709551615s1s"] {
            let problem = args(timeout).timeout().expect_err(timeout);
            assert!(problem.contains("`timeout`") && problem.contains("from 1s to 24h"), "{problem}");
        }
    }
}
