//! Starting actions and commands: each operation has a task for each unit, and reports which could not begin.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Utc;
use juju_wire::{
    Code, RemoteError,
    facade::action::{
        EnqueueOperation, Run, RunOnAllMachines,
        actions::{ActionResult, ActionsToRun},
        operation::{EnqueuedActions, RunParams},
    },
    tag::Tag,
};
use serde_json::{Value, json};

use super::task::task_result;
use crate::{
    call::Call,
    charms::CharmAction,
    go_time::ZERO_TIME,
    methods::Methods,
    state::{Model, ModelAccess, Operation, Task, Topic, Unit, Work},
};

/// Name of the action that is a command.
const COMMAND: &str = "juju-exec";
pub(super) fn register(methods: &mut Methods) {
    methods.on::<EnqueueOperation>(enqueue);
    methods.on::<Run>(run);
    methods.on::<RunOnAllMachines>(run_everywhere);
}

fn enqueue(call: &Call, params: ActionsToRun) -> Result<EnqueuedActions, RemoteError> {
    let wanted = params.actions.into_iter().map(|action| (action.receiver, action.name, action.parameters)).collect();
    begin(call, wanted)
}

fn run(call: &Call, params: RunParams) -> Result<EnqueuedActions, RemoteError> {
    if let Some(odd) = params.units.iter().find(|unit| Model::unit_key(unit).is_none() && !unit.ends_with("/leader")) {
        return Err(RemoteError::plain(format!("invalid unit name \"{odd}\"")));
    }
    let mut receivers: Vec<String> = params.units.iter().map(|unit| Tag::new("unit", unit).to_string()).collect();
    for name in &params.applications {
        receivers.extend(call.read_model(|model| {
            model.application(name)?;
            Ok(model.units_of(name).map(|unit| Tag::new("unit", unit.name()).to_string()).collect::<Vec<_>>())
        })?);
    }
    for machine in &params.machines {
        let on = call.read_model(|model| {
            Ok(model.units.values().find(|unit| unit.machine.as_ref() == Some(machine)).map(Unit::name))
        })?;
        let receiver = on.map_or_else(|| Tag::new("machine", machine), |unit| Tag::new("unit", unit));
        receivers.push(receiver.to_string());
    }
    let parameters: BTreeMap<String, Value> = [
        ("command".to_owned(), json!(params.commands)),
        ("timeout".to_owned(), json!(params.timeout)),
        ("workload-context".to_owned(), json!(params.workload_context)),
    ]
    .into();
    begin(call, receivers.into_iter().map(|receiver| (receiver, COMMAND.to_owned(), parameters.clone())).collect())
}

/// Runs a command on each machine of the model.
fn run_everywhere(call: &Call, params: RunParams) -> Result<EnqueuedActions, RemoteError> {
    let machines = call.read_model(|model| Ok(model.machines.keys().map(ToString::to_string).collect()))?;
    run(call, RunParams { machines, applications: Vec::new(), units: Vec::new(), ..params })
}

/// Receiver, action and parameters of each task that is asked for.
type Wanted = Vec<(String, String, BTreeMap<String, Value>)>;

fn begin(call: &Call, wanted: Wanted) -> Result<EnqueuedActions, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let number = model.next_number();
        let mut operation = Operation {
            id: number.to_string(),
            summary: summary(&wanted),
            tasks: Vec::new(),
            fail: String::new(),
            enqueued: Utc::now(),
        };
        let mut results = Vec::new();
        for (receiver, name, parameters) in wanted {
            results.push(begin_one(model, &mut operation, &receiver, &name, parameters));
        }
        let failures: Vec<_> =
            results.iter().filter_map(|result| result.as_ref().err()).map(ToString::to_string).collect();
        if !failures.is_empty() {
            operation.fail = format!("error(s) enqueueing action(s): {}", failures.join(", "));
        }
        model.operations.insert(number, operation);
        let never = |error| ActionResult {
            enqueued: ZERO_TIME.to_owned(),
            started: ZERO_TIME.to_owned(),
            completed: ZERO_TIME.to_owned(),
            error: Some(error),
            ..ActionResult::default()
        };
        Ok(EnqueuedActions {
            operation: Tag::new("operation", number.to_string()).to_string(),
            actions: results.into_iter().map(|result| result.unwrap_or_else(never)).collect(),
        })
    })
}

/// What an operation is for, as its list shows it.
fn summary(wanted: &Wanted) -> String {
    let mut names = wanted.iter().map(|(_, name, _)| name.as_str());
    let first = names.next().unwrap_or_default();
    let what = if names.all(|name| name == first) { first } else { "multiple actions" };
    let receivers: Vec<_> = wanted.iter().map(|(receiver, ..)| receiver.as_str()).collect();
    format!("{what} run on {}", receivers.join(","))
}

/// The unit that is meant by `unit-web-0` or `web/leader`.
fn receiving(model: &Model, receiver: &str, action: &str) -> Result<String, RemoteError> {
    let Some(application) = receiver.strip_suffix("/leader") else {
        let odd = |_| RemoteError::new(Code::NotValid, format!("\"{receiver}\" not valid"));
        let tag = Tag::parse(receiver).map_err(odd)?;
        if tag.kind() == "machine" && action != COMMAND {
            let message = format!("cannot add action \"{action}\" to a machine; only predefined actions allowed");
            return Err(RemoteError::plain(message));
        }
        let name = tag.id();
        return model.unit(name).map(Unit::name).map_err(|_| RemoteError::not_found(format!("\"{receiver}\"")));
    };
    let application = application.trim_start_matches("application-");
    let missing = || RemoteError::plain(format!("could not determine leader for \"{application}\""));
    model.units_of(application).find(|unit| unit.leader).map(Unit::name).ok_or_else(missing)
}

fn begin_one(
    model: &mut Model,
    operation: &mut Operation,
    receiver: &str,
    name: &str,
    mut parameters: BTreeMap<String, Value>,
) -> Result<ActionResult, RemoteError> {
    let unit = receiving(model, receiver, name)?;
    let application = model.unit(&unit)?.application.clone();
    let charm = Arc::clone(&model.application(&application)?.charm);
    let refused = match (name, charm.actions.get(name)) {
        (COMMAND, _) => None,
        (_, Some(action)) => check(action, &mut parameters).err(),
        (_, None) => Some(format!("action \"{name}\" not defined on unit \"{unit}\"")),
    };
    let number = model.next_number();
    let task = Task {
        id: number.to_string(),
        unit: unit.clone(),
        name: name.to_owned(),
        parameters: if refused.is_some() { BTreeMap::new() } else { parameters },
        status: if refused.is_some() { "error" } else { "pending" }.to_owned(),
        message: refused.clone().unwrap_or_default(),
        output: BTreeMap::new(),
        enqueued: Utc::now(),
        started: None,
        completed: None,
    };
    operation.tasks.push(task.id.clone());
    let shown = task_result(&task);
    model.journal.mark_changed(Topic::Task(task.id.clone()));
    model.tasks.insert(number, task);
    if let Some(reason) = refused {
        Err(RemoteError::plain(reason))
    } else {
        model.unit_mut(&unit)?.work.push_back(Work::Task(number.to_string()));
        Ok(shown)
    }
}

/// Holds parameters against the action's schema, in the words of the real server's library, and adds defaults.
fn check(action: &CharmAction, parameters: &mut BTreeMap<String, Value>) -> Result<(), String> {
    for (name, schema) in &action.params {
        if let (false, Some(default)) = (parameters.contains_key(name), schema.get("default")) {
            parameters.insert(name.clone(), default.clone());
        }
    }
    let given = json!(parameters);
    if let Some(missing) = action.required.iter().find(|name| !parameters.contains_key(*name)) {
        return Err(format!(
            "validation failed: (root) : \"{missing}\" property is missing and required, given {given}"
        ));
    }
    for (name, value) in parameters {
        let wanted = action.params.get(name).and_then(|schema| schema.get("type")).and_then(Value::as_str);
        let fits = match wanted {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !fits {
            let wanted = wanted.unwrap_or_default();
            return Err(format!("validation failed: (root).{name} : must be of type {wanted}, given {value}"));
        }
    }
    Ok(())
}
