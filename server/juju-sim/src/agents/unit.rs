//! Unit agents: one hook or task at a time; a hook that fails stops them until it is resolved.

use chrono::{DateTime, Utc};
use juju_wire::entity::Life;
use serde_json::json;

use super::{incident::is_cured, timing::AgentTiming};
use crate::state::{Kind, Model, Status, Topic, Unit, Work};

/// When the agent has something to do: in the past if it can begin at once, none while it waits for a user.
pub(super) fn due(model: &Model, unit: &Unit) -> Option<DateTime<Utc>> {
    let ready = match unit.machine.as_deref() {
        Some(id) => model.machine(id).is_none_or(|machine| machine.agent.status == "started"),
        // one that was placed where nothing is never begins
        None => model.kind == Kind::Caas,
    };
    let ready = ready || unit.life == Life::Dying;
    let waits = unit.in_error() || unit.work.is_empty() || !ready;
    (!waits).then(|| unit.due.unwrap_or(DateTime::<Utc>::MIN_UTC))
}

pub(super) fn advance(model: &mut Model, now: DateTime<Utc>, timing: AgentTiming) {
    let due: Vec<_> = model
        .units
        .iter()
        .filter(|(_, unit)| due(model, unit).is_some_and(|due| due <= now))
        .map(|(key, _)| key.clone())
        .collect();
    for key in due {
        let Some(unit) = model.units.get_mut(&key) else { continue };
        let Some(work) = unit.work.front().cloned() else { continue };
        if unit.due.is_none() {
            unit.due = Some(now + timing.hook());
            begin(model, &key, &work);
        } else {
            unit.due = None;
            unit.work.pop_front();
            end(model, &key, work);
        }
        model.journal.mark_changed(Topic::Unit(format!("{}/{}", key.0, key.1)));
        model.journal.mark_changed(Topic::Application(key.0));
    }
}

fn begin(model: &mut Model, key: &(String, u32), work: &Work) {
    let Some(unit) = model.units.get_mut(key) else { return };
    let (message, workload) = match work {
        Work::Hook(hook) if hook == "install" => {
            (format!("running {hook} hook"), Some(Status::now("maintenance", "installing charm software")))
        }
        Work::Hook(hook) => (format!("running {hook} hook"), None),
        Work::Task(id) => (format!("running action {id}"), None),
        Work::Remove => (String::new(), Some(Status::now("terminated", ""))),
    };
    unit.agent = Status::now("executing", message);
    let agent = unit.agent.clone();
    let tag = format!("unit-{}-{}", key.0, key.1);
    if let Some(workload) = workload {
        unit.workload = workload.clone();
        model.remember(tag.clone(), "workload", workload);
    }
    model.remember(tag, "juju-unit", agent);
    if let Work::Task(id) = work
        && let Some(task) = id.parse().ok().and_then(|id: u64| model.tasks.get_mut(&id))
    {
        "running".clone_into(&mut task.status);
        task.started = Some(Utc::now());
        model.journal.mark_changed(Topic::Task(id.clone()));
    }
}

fn end(model: &mut Model, key: &(String, u32), work: Work) {
    match work {
        Work::Hook(hook) => end_hook(model, key, &hook),
        Work::Task(id) => end_task(model, key, &id),
        Work::Remove => remove(model, key),
    }
}

fn end_hook(model: &mut Model, key: &(String, u32), hook: &str) {
    let tag = format!("unit-{}-{}", key.0, key.1);
    let message =
        model.applications.get(&key.0).map(|application| application.charm.active_message.clone()).unwrap_or_default();
    let cured = is_cured(model, key);
    let Some(unit) = model.units.get_mut(key) else { return };
    unit.agent = Status::now("idle", "");
    if cured {
        unit.failing = None;
    }
    if unit.failing.as_deref() == Some(hook) {
        unit.work.push_front(Work::Hook(hook.to_owned()));
        unit.workload = Status::now("error", format!("hook failed: \"{hook}\""));
        let workload = unit.workload.clone();
        model.remember(tag.clone(), "workload", workload);
        let module = format!("unit.{}/{}.{hook}", key.0, key.1);
        model.write_log(
            tag.clone(),
            "ERROR",
            &module,
            "Uncaught exception while in charm code: RuntimeError".to_owned(),
        );
        let message = format!("hook \"{hook}\" (via hook dispatching script: dispatch) failed: exit status 1");
        model.write_log(tag, "ERROR", "juju.worker.uniter.operation", message);
        return;
    }
    if unit.work.is_empty() {
        unit.workload = match &unit.blocked {
            Some(message) => Status::now("blocked", message.clone()),
            None => Status::now("active", message),
        };
        let (agent, workload) = (unit.agent.clone(), unit.workload.clone());
        model.remember(tag.clone(), "workload", workload);
        model.remember(tag.clone(), "juju-unit", agent);
    }
    model.write_log(
        tag,
        "INFO",
        "juju.worker.uniter.operation",
        format!("ran \"{hook}\" hook (via hook dispatching script: dispatch)"),
    );
}

fn end_task(model: &mut Model, key: &(String, u32), id: &str) {
    if let Some(unit) = model.units.get_mut(key) {
        unit.agent = Status::now("idle", "");
    }
    let Some(task) = id.parse().ok().and_then(|id: u64| model.tasks.get_mut(&id)) else { return };
    let unit = Model::unit_key(&task.unit);
    let application = unit.as_ref().and_then(|(application, _)| model.applications.get(application));
    let action = application.and_then(|application| application.charm.actions.get(&task.name));
    let failure = unit.as_ref().and_then(|(_, number)| action?.fails.get(number));
    if let Some(message) = failure {
        "failed".clone_into(&mut task.status);
        task.message.clone_from(message);
        task.completed = Some(Utc::now());
        task.output = std::iter::once(("return-code".to_owned(), json!(0))).collect();
        model.journal.mark_changed(Topic::Task(id.to_owned()));
        return;
    }
    let output = match task.name.as_str() {
        "juju-exec" => {
            let command = task.parameters.get("command").and_then(|command| command.as_str()).unwrap_or_default();
            let printed = command.strip_prefix("echo ").map(|text| format!("{text}\n")).unwrap_or_default();
            json!({"return-code": 0, "stdout": printed})
        }
        _ => json!({"return-code": 0, "result": format!("{} done on {}", task.name, task.unit)}),
    };
    "completed".clone_into(&mut task.status);
    task.completed = Some(Utc::now());
    task.output = output.as_object().map(|output| output.clone().into_iter().collect()).unwrap_or_default();
    model.journal.mark_changed(Topic::Task(id.to_owned()));
}

/// Takes a unit away, and its machine if nothing else is on it; another unit becomes leader.
fn remove(model: &mut Model, key: &(String, u32)) {
    let Some(unit) = model.units.remove(key) else { return };
    model.leave_storage(&unit.name(), unit.destroys_storage);
    if let Some(others) = unit.principal.as_ref().and_then(|principal| model.beside.get_mut(principal)) {
        others.remove(key);
    }
    for key in model.beside.remove(&unit.name()).unwrap_or_default() {
        model.journal.mark_changed(Topic::Unit(format!("{}/{}", key.0, key.1)));
        remove(model, &key);
    }
    let used = |machine: &str| {
        model.units.values().any(|other| other.machine.as_deref() == Some(machine))
            || model.containers_in(machine).next().is_some()
    };
    if let Some(machine) = unit.machine.filter(|machine| !used(machine))
        && let Some(machine) = model.machine_mut(&machine)
    {
        machine.life = Life::Dying;
    }
    let range = (key.0.clone(), 0)..=(key.0.clone(), u32::MAX);
    if unit.leader
        && let Some((_, heir)) = model.units.range_mut(range).next()
    {
        heir.leader = true;
        heir.work.push_back(Work::Hook("leader-elected".to_owned()));
    }
}
