//! `juju wait-for`: waits until entities of a model match queries, or are gone.

mod condition;
mod entity;
mod query;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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

use self::condition::{Condition, State};
use crate::{Command, Failure, MAX_WAIT_SECONDS, ResolvedTarget, Scope};

/// The tool `juju_wait_for`.
pub struct WaitFor;

/// What to wait for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    kind: Kind,
    /// `*` is all; of units an application
    name: String,
    /// `status=="active" && exposed==true`; default: all well
    query: Option<String>,
    #[serde(default)]
    removed: bool,
    /// further ones, `unit web/0 removed`
    #[serde(default)]
    also: Vec<String>,
    #[schemars(extend("default" = "10m"))]
    timeout: Option<String>,
}

/// What was waited for, as it came.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Of the entity; of several by condition or name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    properties: Map<String, Value>,
    /// How long it took, `1.2s`.
    took: String,
    /// What was seen on the way, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    observed: Vec<String>,
}

/// Most changes that the answer lists; the latest count.
const MAX_OBSERVED: usize = 20;
/// Most conditions of one wait.
const MAX_CONDITIONS: usize = 20;
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);
/// Shortest timeout: a shorter one would only make the controller start and stop a watcher.
const MIN_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest timeout.
const MAX_TIMEOUT: Duration = Duration::from_secs(MAX_WAIT_SECONDS);

impl Args {
    fn conditions(&self) -> Result<Vec<Condition>, String> {
        if self.also.len() >= MAX_CONDITIONS {
            return Err(format!(
                "`also` has {} conditions, and at most {} are accepted",
                self.also.len(),
                MAX_CONDITIONS - 1
            ));
        }
        let first = Condition::new(self.kind, &self.name, self.query.as_deref(), self.removed);
        std::iter::once(first).chain(self.also.iter().map(|text| Condition::parse(text))).collect()
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
    const DESCRIPTION: &'static str = "Waits until entities match the query, or are removed.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["kind", "name"];

    fn validate(args: &Args) -> Result<(), String> {
        args.conditions()?;
        args.timeout().map(|_| ())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let conditions = args.conditions().unwrap_or_default();
        conditions.iter().filter_map(Condition::entity).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let (conditions, limit) =
            (args.conditions().map_err(Failure::bad_argument)?, args.timeout().map_err(Failure::bad_argument)?);
        conditions.iter().try_for_each(|one| check_model_name(one, &target))?;
        let (begun, target) = (Instant::now(), &target);
        let mut wait = Wait { conditions, target, begun, observed: Vec::new(), complete: false, broken: None };
        match tokio::time::timeout(limit, wait.run()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(wait.timed_out(limit)),
        }
    }
}

/// A model is the one that the call acts on; another name would wait for something that is never looked at.
fn check_model_name(condition: &Condition, target: &ResolvedTarget) -> Result<(), Failure> {
    let full = target.model_name();
    let short = full.split_once('/').map_or(full, |(_, name)| name);
    if condition.kind != Kind::Model || [full, short, target.model_uuid()].contains(&condition.name.as_str()) {
        return Ok(());
    }
    Err(Failure::refused(
        format!("model \"{}\" not found: the call waits in {full}", condition.name),
        "give the name in `model` too, or list the models with `juju_models`",
    ))
}

/// Pause before the next attempt after the connection broke.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);

/// One wait, over as many connections as it takes.
struct Wait<'a> {
    conditions: Vec<Condition>,
    target: &'a ResolvedTarget,
    begun: Instant,
    /// What was seen, the latest last.
    observed: Vec<String>,
    /// Whether the controller has reported the whole model once.
    complete: bool,
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
            if self.broken.is_none() && !self.complete {
                return Err(error.into()); // there was no connection yet
            }
            self.target.report(0.0, None, format!("the connection broke, the wait goes on: {error}"));
            self.broken = Some(error);
            tokio::time::sleep(RECONNECT_INTERVAL).await;
        }
    }

    /// Watches over one connection, until all conditions hold or the connection breaks.
    async fn watch(&mut self) -> Result<Output, Failure> {
        let connection = self.target.model_connection().await?;
        let watcher = Watcher::start(connection.session().await?).await?;
        // a new watcher reports everything again, but not what was removed meanwhile
        self.conditions.iter_mut().for_each(Condition::restart);
        let mut shown = vec![String::new(); self.conditions.len()];
        loop {
            let next = watcher.session.call_without_timeout::<Next>(&watcher.id, ()).await?;
            self.broken = None;
            self.complete = true;
            for condition in &mut self.conditions {
                next.deltas.iter().for_each(|delta| condition.take(delta));
                condition.complete();
            }
            self.observe(&mut shown);
            if let Some(gone) = self.conditions.iter().find(|one| one.state() == State::Gone) {
                return Err(removed(gone));
            }
            if self.conditions.iter().all(|one| one.state() == State::Met) {
                return Ok(self.output());
            }
        }
    }

    /// Reports and notes what is another than before.
    fn observe(&mut self, shown: &mut [String]) {
        for (condition, before) in self.conditions.iter().zip(shown) {
            let now = condition.shown();
            if *before == now || condition.kind == Kind::Model && now == "not there" {
                continue;
            }
            let line = format!("{}: {now}", condition.label());
            let round = u32::try_from(self.observed.len()).unwrap_or(u32::MAX);
            self.target.report(f64::from(round) + 1.0, None, line.clone());
            self.observed.push(format!("{} {line}", seconds(self.begun.elapsed())));
            *before = now;
        }
    }

    fn output(&mut self) -> Output {
        let properties = match self.conditions.as_slice() {
            [one] => one.properties(None),
            several => {
                let named =
                    several.iter().map(|one| (one.label(), one.properties(None))).filter(|(_, all)| !all.is_empty());
                named.map(|(label, all)| (label, Value::Object(all))).collect()
            }
        };
        let first = self.observed.len().saturating_sub(MAX_OBSERVED);
        Output { properties, took: seconds(self.begun.elapsed()), observed: self.observed.split_off(first) }
    }

    /// The failure at the end of the time limit: what was seen last, or that nothing was heard from the controller.
    fn timed_out(&self, limit: Duration) -> Failure {
        let (seconds, open) = (limit.as_secs(), self.conditions.iter().filter(|one| one.state() != State::Met));
        let names =
            |conditions: Vec<&Condition>| conditions.iter().map(|one| one.label()).collect::<Vec<_>>().join(", ");
        let open: Vec<_> = open.collect();
        let longer = "look with `juju_status`, or wait longer with `timeout`";
        let controller = self.target.controller_name();
        if let Some(error) = &self.broken {
            let problem = format!(
                "the state of {} is not known: the connection broke and did not come back within {seconds} s: {error}",
                names(open)
            );
            return Failure::refused(problem, longer);
        }
        if !self.complete {
            let problem = format!(
                "the state of {} is not known: controller {controller} reported nothing within {seconds} s",
                names(open)
            );
            return Failure::refused(problem, longer);
        }
        let now =
            |one: &&Condition| format!("{} did not get there within {seconds} s; it is: {}", one.label(), one.shown());
        let mut problem = open.iter().map(now).collect::<Vec<_>>().join("; ");
        let met: Vec<_> = self.conditions.iter().filter(|one| one.state() == State::Met).collect();
        if !met.is_empty() {
            problem = format!("{problem}; these did: {}", names(met));
        }
        Failure::refused(problem, longer)
    }
}

/// A time as reports have it, `1.2s`.
fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

fn removed(condition: &Condition) -> Failure {
    let problem = format!("{} was removed", condition.label());
    Failure::refused(problem, "look with `juju_status` for what is left, or wait for its end with `removed`")
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
pub(crate) fn duration(text: &str) -> Option<Duration> {
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
            removed: false,
            also: Vec::new(),
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
