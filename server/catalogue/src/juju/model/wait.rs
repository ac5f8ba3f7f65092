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
        check_model_name(&args, &target)?;
        let mut wait = Wait { args: &args, query, target: &target, seen: Watched::default(), broken: None };
        match tokio::time::timeout(limit, wait.run()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(wait.timed_out(limit)),
        }
    }
}

/// A model is the one that the call acts on; another name would wait for something that is never looked at.
fn check_model_name(args: &Args, target: &ResolvedTarget) -> Result<(), Failure> {
    let full = target.model_name();
    let short = full.split_once('/').map_or(full, |(_, name)| name);
    if args.kind != Kind::Model || [full, short, target.model_uuid()].contains(&args.name.as_str()) {
        return Ok(());
    }
    Err(Failure::refused(
        format!("model \"{}\" not found: the call waits in {full}", args.name),
        "give the name in `model` too, or list the models with `juju_models`",
    ))
}

/// Pause before the next attempt after the connection broke.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);

/// One wait, over as many connections as it takes.
struct Wait<'a> {
    args: &'a Args,
    query: Query,
    target: &'a ResolvedTarget,
    seen: Watched,
    /// Why there is no connection now, after there was one.
    broken: Option<juju_client::Error>,
}

impl Wait<'_> {
    async fn run(&mut self) -> Result<Output, Failure> {
        loop {
            let error = match self.watch().await {
                Err(Failure::Juju(error)) if error.is_connection_failure() => error,
                outcome => return outcome,
            };
            if self.broken.is_none() && !self.seen.complete {
                return Err(error.into()); // there was no connection yet
            }
            self.target.report(0.0, None, format!("the connection broke, the wait goes on: {error}"));
            self.broken = Some(error);
            tokio::time::sleep(RECONNECT_INTERVAL).await;
        }
    }

    /// Watches over one connection, until the query matches or the connection breaks.
    async fn watch(&mut self) -> Result<Output, Failure> {
        let args = self.args;
        let connection = self.target.model_connection().await?;
        let watcher = Watcher::start(connection.session().await?).await?;
        let (mut round, mut wire) = (0.0, Map::new());
        // a new watcher reports everything again, but not what was removed meanwhile
        let was_there = std::mem::take(&mut self.seen).now().is_some();
        loop {
            let next = watcher.session.call_without_timeout::<Next>(&watcher.id, ()).await?;
            self.broken = None;
            self.seen.complete = true;
            for delta in &next.deltas {
                self.seen.take(args.kind, &args.name, delta);
            }
            let Some(properties) = self.seen.now() else {
                if was_there {
                    return Err(removed(args));
                }
                continue;
            };
            let named = self.query.named(&properties);
            if self.query.holds(&properties) {
                return Ok(Output { properties: named });
            }
            if self.seen.removed {
                return Err(removed(args));
            }
            if named != wire {
                round += 1.0;
                let now = Value::Object(named.clone());
                self.target.report(round, None, format!("{} {}: {now}", args.kind.word(), args.name));
                wire = named;
            }
        }
    }

    /// The failure at the end of the time limit: what was seen last, or that nothing was heard from the controller.
    fn timed_out(&self, limit: Duration) -> Failure {
        let (word, name, seconds) = (self.args.kind.word(), &self.args.name, limit.as_secs());
        let longer = "look with `juju_status`, or wait longer with `timeout`";
        let controller = self.target.controller_name();
        if let Some(error) = &self.broken {
            let problem = format!(
                "the state of {word} {name} is not known: the connection broke and did not come back within {seconds} s: {error}"
            );
            return Failure::refused(problem, longer);
        }
        if !self.seen.complete {
            let problem = format!(
                "the state of {word} {name} is not known: controller {controller} reported nothing within {seconds} s"
            );
            return Failure::refused(problem, longer);
        }
        let now = self.seen.now().map(|properties| Value::Object(self.query.named(&properties)).to_string());
        let now = now.unwrap_or_else(|| "not there".to_owned());
        Failure::refused(format!("{word} {name} did not get there within {seconds} s; it is: {now}"), longer)
    }
}

fn removed(args: &Args) -> Failure {
    let problem = format!("{} {} was removed", args.kind.word(), args.name);
    Failure::refused(problem, "look with `juju_status` for what is left")
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
pub(in crate::juju) fn duration(text: &str) -> Option<Duration> {
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
