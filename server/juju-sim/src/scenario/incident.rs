//! Incidents of a scenario: a fault with its history in the status log and in the debug log, as if it had happened before the start.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::state::{Cause, Incident, Model, Status, Topic, Work};

/// An incident, as scenarios write it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncidentSection {
    /// The unit with the cause.
    unit: String,
    /// The hook that fails, for the causes `revision` and `option`.
    hook: Option<String>,
    /// The revision of the charm that has the defect.
    revision: Option<i64>,
    /// The option with a value that the charm cannot use.
    option: Option<(String, Value)>,
    /// Units that suffer, with the message of their status `blocked`.
    affected: Vec<(String, String)>,
    /// Entries of the status history.
    history: Vec<HistoryEntry>,
    /// Lines of the debug log.
    log: Vec<LogEntry>,
}

/// An entry of the status history: the minutes before the start, the unit, and its status.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryEntry {
    minutes_ago: i64,
    unit: String,
    kind: Kind,
    status: String,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Workload,
    Agent,
}

/// A line of the debug log of a unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogEntry {
    minutes_ago: i64,
    unit: String,
    level: Level,
    module: String,
    message: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Info,
    Warning,
    Error,
}

/// Applies an incident to a settled model.
///
/// # Errors
/// One sentence, if the section names a unit that does not exist, or no single cause.
pub(super) fn apply(model: &mut Model, section: IncidentSection) -> Result<(), String> {
    let now = Utc::now();
    let key = unit_key(model, &section.unit)?;
    let cause = match (section.revision, section.option) {
        (Some(revision), None) => Cause::Revision(revision),
        (None, Some((name, value))) => Cause::Option { name, value },
        (None, None) => Cause::Machine,
        (Some(_), Some(_)) => return Err("the incident has two causes".to_owned()),
    };
    for entry in section.history {
        let key = unit_key(model, &entry.unit)?;
        remember(model, &key, &entry, now);
    }
    for line in section.log {
        let (application, number) = unit_key(model, &line.unit)?;
        let level = match line.level {
            Level::Info => "INFO",
            Level::Warning => "WARNING",
            Level::Error => "ERROR",
        };
        let time = minutes_before(now, line.minutes_ago);
        model.write_log_at(time, format!("unit-{application}-{number}"), level, &line.module, line.message);
    }
    plant(model, &key, &cause, section.hook)?;
    let mut affected = Vec::new();
    for (name, message) in section.affected {
        let key = unit_key(model, &name)?;
        if let Some(unit) = model.units.get_mut(&key) {
            unit.workload = Status { since: unit.workload.since, ..Status::now("blocked", message.clone()) };
            unit.blocked = Some(message);
        }
        affected.push(key);
    }
    model.incident = Some(Incident { unit: key, cause, affected });
    Ok(())
}

/// A time so many minutes before another; the other one where there is no such time.
fn minutes_before(now: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    TimeDelta::try_minutes(minutes).and_then(|delta| now.checked_sub_signed(delta)).unwrap_or(now)
}

/// Adds an entry to the history; the last one of a unit is its status.
fn remember(model: &mut Model, key: &(String, u32), entry: &HistoryEntry, now: DateTime<Utc>) {
    let since = minutes_before(now, entry.minutes_ago);
    let status = Status { since, ..Status::now(&entry.status, entry.message.clone()) };
    if let Some(unit) = model.units.get_mut(key) {
        match entry.kind {
            Kind::Workload => unit.workload = status.clone(),
            Kind::Agent => unit.agent = status.clone(),
        }
    }
    let kind = match entry.kind {
        Kind::Workload => "workload",
        Kind::Agent => "juju-unit",
    };
    model.remember(format!("unit-{}-{}", key.0, key.1), kind, status);
}

fn plant(model: &mut Model, key: &(String, u32), cause: &Cause, hook: Option<String>) -> Result<(), String> {
    let application = model.application_mut(&key.0).map_err(|error| error.to_string())?;
    match cause {
        Cause::Revision(revision) => {
            application.revision = *revision;
            let url = application.charm.url(*revision);
            model.journal.mark_changed(Topic::Charm(url));
        }
        Cause::Option { name, value } => {
            application.config.insert(name.clone(), value.clone());
        }
        Cause::Machine => {
            let machine = model.units.get(key).and_then(|unit| unit.machine.clone()).unwrap_or_default();
            let since = model.units.get(key).map(|unit| unit.agent.since);
            let machine = model.machine_mut(&machine).ok_or("the unit of the incident has no machine")?;
            machine.lost = true;
            machine.agent = Status::now("down", "agent is not communicating with the server");
            machine.agent.since = since.unwrap_or(machine.agent.since);
        }
    }
    if let (Some(hook), Some(unit)) = (hook, model.units.get_mut(key)) {
        unit.failing = Some(hook.clone());
        unit.work.push_front(Work::Hook(hook));
    }
    Ok(())
}

fn unit_key(model: &Model, name: &str) -> Result<(String, u32), String> {
    let key = Model::unit_key(name).filter(|key| model.units.contains_key(key));
    key.ok_or_else(|| format!("the incident names a unit that does not exist: {name}"))
}
