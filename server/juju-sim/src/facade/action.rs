//! Facade `Action`: actions and commands on units, and how they went.

use std::collections::BTreeMap;

use chrono::Utc;
use juju_wire::{
    RemoteError,
    bulk::{StringsWatchResult, StringsWatchResults},
    entity::Entities,
    facade::action::{
        Actions, ApplicationsCharmsActions, EnqueueOperation, ListOperations, Operations, Run, WatchActionsProgress,
        actions::{
            Action, ActionResult, ActionResults, ActionSpec, ActionsToRun, ApplicationCharmActionsResult,
            ApplicationsCharmActionsResults,
        },
        operation::{EnqueuedActions, OperationQueryArgs, OperationResult, OperationResults, RunParams},
    },
    tag::Tag,
};
use serde_json::{Value, json};

use super::{charms, time};
use crate::{
    methods::{Call, Methods},
    state::{Model, ModelAccess, Operation, Task, Topic, Unit, Work},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ApplicationsCharmsActions>(of_charms);
    methods.on::<EnqueueOperation>(enqueue);
    methods.on::<Run>(run);
    methods.on::<Actions>(tasks);
    methods.on::<Operations>(operations);
    methods.on::<ListOperations>(list);
    methods.on::<WatchActionsProgress>(progress);
}

/// Watchers of what running actions say: the simulated ones say nothing before they end.
fn progress(call: &Call, params: Entities) -> Result<StringsWatchResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let one = |_| StringsWatchResult { watcher_id: call.session().watch(0), ..StringsWatchResult::default() };
    Ok(StringsWatchResults { results: params.entities.into_iter().map(one).collect() })
}

fn look<T>(call: &Call, look: impl FnOnce(&Model) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| state.models.get(uuid).map(look)).unwrap_or_else(|| Err(RemoteError::not_found("model")))
}

fn of_charms(call: &Call, params: Entities) -> Result<ApplicationsCharmActionsResults, RemoteError> {
    let one = |tag: &str| {
        let name = Tag::parse_id("application", tag).map_err(|error| RemoteError::plain(error.to_string()))?;
        look(call, |model| Ok(charms::actions(&model.application(&name)?.charm)))
    };
    let results = params.entities.into_iter().map(|entity| match one(&entity.tag) {
        Ok(actions) => {
            let spec = |(name, spec): (String, juju_wire::facade::charms::info::CharmActionSpec)| {
                (name, ActionSpec { description: spec.description, params: spec.params })
            };
            ApplicationCharmActionsResult {
                application_tag: entity.tag,
                actions: actions.specs.into_iter().map(spec).collect(),
                error: None,
            }
        }
        Err(error) => ApplicationCharmActionsResult {
            application_tag: entity.tag,
            error: Some(error),
            ..ApplicationCharmActionsResult::default()
        },
    });
    Ok(ApplicationsCharmActionsResults { results: results.collect() })
}

fn enqueue(call: &Call, params: ActionsToRun) -> Result<EnqueuedActions, RemoteError> {
    let wanted = params.actions.into_iter().map(|action| (action.receiver, action.name, action.parameters)).collect();
    begin(call, wanted)
}

fn run(call: &Call, params: RunParams) -> Result<EnqueuedActions, RemoteError> {
    let mut receivers: Vec<String> = params.units.iter().map(|unit| Tag::new("unit", unit).to_string()).collect();
    for name in &params.applications {
        receivers.extend(look(call, |model| {
            model.application(name)?;
            Ok(model.units_of(name).map(|unit| Tag::new("unit", unit.name()).to_string()).collect::<Vec<_>>())
        })?);
    }
    for machine in &params.machines {
        let on = look(call, |model| {
            Ok(model.units.values().find(|unit| unit.machine.as_ref() == Some(machine)).map(Unit::name))
        })?;
        let unit = on.ok_or_else(|| RemoteError::not_found(format!("machine {machine}")))?;
        receivers.push(Tag::new("unit", unit).to_string());
    }
    let parameters: BTreeMap<String, Value> =
        [("command".to_owned(), json!(params.commands)), ("timeout".to_owned(), json!(params.timeout))].into();
    begin(call, receivers.into_iter().map(|receiver| (receiver, "juju-exec".to_owned(), parameters.clone())).collect())
}

/// Receiver, action and parameters of each task that is asked for.
type Wanted = Vec<(String, String, BTreeMap<String, Value>)>;

fn begin(call: &Call, wanted: Wanted) -> Result<EnqueuedActions, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let operation = model.next_number();
        let mut results = Vec::new();
        let mut ids = Vec::new();
        let mut names = Vec::new();
        for (receiver, name, parameters) in wanted {
            match begin_one(model, &receiver, &name, parameters) {
                Ok(task) => {
                    names.push(task.unit.clone());
                    ids.push(task.id.clone());
                    results.push(result(&task));
                }
                Err(error) => results.push(ActionResult { error: Some(error), ..ActionResult::default() }),
            }
        }
        let what = results
            .iter()
            .find_map(|result| result.action.as_ref())
            .map(|action| action.name.clone())
            .unwrap_or_default();
        let summary = format!(
            "{what} run on {}",
            names.iter().map(|name| format!("unit-{}", name.replace('/', "-"))).collect::<Vec<_>>().join(",")
        );
        model.operations.insert(operation, Operation { id: operation.to_string(), summary, tasks: ids });
        Ok(EnqueuedActions { operation: Tag::new("operation", operation.to_string()).to_string(), actions: results })
    })
}

fn begin_one(
    model: &mut Model,
    receiver: &str,
    name: &str,
    parameters: BTreeMap<String, Value>,
) -> Result<Task, RemoteError> {
    let unit = match receiver.strip_suffix("/leader") {
        Some(application) => {
            let application = application.trim_start_matches("application-");
            model
                .units_of(application)
                .find(|unit| unit.leader)
                .map(Unit::name)
                .ok_or_else(|| RemoteError::not_found("leader"))?
        }
        None => Tag::parse_id("unit", receiver).map_err(|error| RemoteError::plain(error.to_string()))?,
    };
    let missing = |_| RemoteError::not_found(format!("\"{receiver}\""));
    let application = model.unit(&unit).map_err(missing)?.application.clone();
    let charm = &model.application(&application)?.charm;
    if name != "juju-exec" && !charm.actions.contains_key(name) {
        return Err(RemoteError::plain(format!("action \"{name}\" not defined on unit \"{unit}\"")));
    }
    let number = model.next_number();
    let task = Task {
        id: number.to_string(),
        unit: unit.clone(),
        name: name.to_owned(),
        parameters,
        status: "pending".to_owned(),
        message: String::new(),
        output: BTreeMap::new(),
        enqueued: Utc::now(),
        started: None,
        completed: None,
    };
    model.tasks.insert(number, task.clone());
    model.journal.touch(Topic::Task(number.to_string()));
    model.unit_mut(&unit)?.work.push_back(Work::Task(number.to_string()));
    Ok(task)
}

fn result(task: &Task) -> ActionResult {
    // a time that has not come yet is Go's zero time
    let or_zero = |at: Option<_>| at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), time);
    ActionResult {
        action: Some(Action {
            tag: Tag::new("action", &task.id).to_string(),
            receiver: Tag::new("unit", &task.unit).to_string(),
            name: task.name.clone(),
            parameters: task.parameters.clone(),
            parallel: Some(task.name == "juju-exec"),
            execution_group: Some(String::new()),
        }),
        enqueued: time(task.enqueued),
        started: or_zero(task.started),
        completed: or_zero(task.completed),
        status: task.status.clone(),
        message: task.message.clone(),
        output: task.output.clone(),
        ..ActionResult::default()
    }
}

fn tasks(call: &Call, params: Entities) -> Result<ActionResults, RemoteError> {
    let one = |tag: &str| {
        let id = Tag::parse_id("action", tag).unwrap_or_default();
        look(call, |model| {
            let task = id.parse().ok().and_then(|id: u64| model.tasks.get(&id));
            task.map(result).ok_or_else(|| RemoteError::not_found("id"))
        })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| ActionResult { error: Some(error), ..ActionResult::default() })
    });
    Ok(ActionResults { results: results.collect() })
}

fn told(model: &Model, operation: &Operation) -> OperationResult {
    let tasks: Vec<&Task> = operation.tasks.iter().filter_map(|id| model.tasks.get(&id.parse().ok()?)).collect();
    let done = tasks.iter().all(|task| task.completed.is_some());
    let status = match tasks.iter().map(|task| task.status.as_str()).find(|status| *status != "completed") {
        None => "completed",
        Some("pending") if tasks.iter().any(|task| task.started.is_some()) => "running",
        Some(status) => status,
    };
    let latest = |at: Option<_>| at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), time);
    OperationResult {
        operation: Tag::new("operation", &operation.id).to_string(),
        summary: operation.summary.clone(),
        enqueued: latest(tasks.iter().map(|task| task.enqueued).min()),
        started: latest(tasks.iter().filter_map(|task| task.started).min()),
        completed: latest(tasks.iter().filter_map(|task| task.completed).max().filter(|_| done)),
        status: status.to_owned(),
        actions: tasks.into_iter().map(result).collect(),
        ..OperationResult::default()
    }
}

fn operations(call: &Call, params: Entities) -> Result<OperationResults, RemoteError> {
    let one = |tag: &str| {
        let id = Tag::parse_id("operation", tag).map_err(|error| RemoteError::plain(error.to_string()))?;
        look(call, |model| {
            let operation = id.parse().ok().and_then(|id: u64| model.operations.get(&id));
            operation
                .map(|operation| told(model, operation))
                .ok_or_else(|| RemoteError::not_found(format!("operation {id}")))
        })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| OperationResult { error: Some(error), ..OperationResult::default() })
    });
    Ok(OperationResults { results: results.collect(), truncated: false })
}

fn list(call: &Call, _: OperationQueryArgs) -> Result<OperationResults, RemoteError> {
    look(call, |model| {
        let results = model.operations.values().map(|operation| told(model, operation)).collect();
        Ok(OperationResults { results, truncated: false })
    })
}
