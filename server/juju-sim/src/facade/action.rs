//! Facade `Action`: actions and commands on units, and how they went.

mod enqueue;
mod task;

use juju_wire::{
    RemoteError,
    bulk::{StringsWatchResult, StringsWatchResults},
    entity::Entities,
    facade::action::{
        Actions, ApplicationsCharmsActions, Cancel, ListOperations, Operations, WatchActionsProgress,
        actions::{
            Action, ActionResult, ActionResults, ActionSpec, ApplicationCharmActionsResult,
            ApplicationsCharmActionsResults,
        },
        operation::{OperationQueryArgs, OperationResult, OperationResults},
    },
    tag::Tag,
};

use self::task::task_result;
use super::charms;
use crate::{
    call::Call,
    go_time::{ZERO_TIME, format_time},
    methods::Methods,
    state::{Model, ModelAccess, Operation, Task, Topic, Work},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ApplicationsCharmsActions>(of_charms);
    enqueue::register(methods);
    methods.on::<Cancel>(cancel);
    methods.on::<Actions>(tasks);
    methods.on::<Operations>(operations);
    methods.on::<ListOperations>(list);
    methods.on::<WatchActionsProgress>(progress);
}

/// Watchers of the progress messages of actions; the simulated actions send none.
fn progress(call: &Call, params: Entities) -> Result<StringsWatchResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let one = |_| StringsWatchResult { watcher_id: call.session().watch(0), ..StringsWatchResult::default() };
    Ok(StringsWatchResults { results: params.entities.into_iter().map(one).collect() })
}

fn of_charms(call: &Call, params: Entities) -> Result<ApplicationsCharmActionsResults, RemoteError> {
    let one = |tag: &str| {
        let name = Tag::parse_id("application", tag).map_err(|_| RemoteError::not_found("id"))?;
        // the real server wants write access for this read (`apiserver/facades/client/action`)
        call.require(ModelAccess::Write)?;
        call.read_model(|model| Ok(charms::actions(&model.application(&name)?.charm)))
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
            // what is no application is not called one
            application_tag: Some(entity.tag)
                .filter(|tag| Tag::parse_id("application", tag).is_ok())
                .unwrap_or_default(),
            error: Some(error),
            ..ApplicationCharmActionsResult::default()
        },
    });
    Ok(ApplicationsCharmActionsResults { results: results.collect() })
}

fn tasks(call: &Call, params: Entities) -> Result<ActionResults, RemoteError> {
    let one = |tag: &str| {
        let id = Tag::parse_id("action", tag).unwrap_or_default();
        call.read_model(|model| {
            let task = id.parse().ok().and_then(|id: u64| model.tasks.get(&id));
            task.map(task_result).ok_or_else(|| RemoteError::not_found("id"))
        })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| ActionResult { error: Some(error), ..ActionResult::default() })
    });
    Ok(ActionResults { results: results.collect() })
}

/// Cancels tasks that have not ended; a simulated agent stops a running task at once.
fn cancel(call: &Call, params: Entities) -> Result<ActionResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    let one = |tag: &str| {
        let id = Tag::parse_id("action", tag).map_err(|_| RemoteError::not_found("id"))?;
        call.write(|state| {
            let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            let missing = || RemoteError::not_found(format!("action \"{id}\""));
            let task = id.parse().ok().and_then(|id: u64| model.tasks.get_mut(&id)).ok_or_else(missing)?;
            if task.completed.is_none() {
                "cancelled".clone_into(&mut task.status);
                "action cancelled via the API".clone_into(&mut task.message);
                task.completed = Some(chrono::Utc::now());
            }
            let shown = task_result(task);
            let unit = task.unit.clone();
            if let Ok(unit) = model.unit_mut(&unit) {
                let begun = unit.work.front() == Some(&Work::Task(id.clone()));
                unit.work.retain(|work| *work != Work::Task(id.clone()));
                if begun {
                    unit.due = None;
                    unit.agent = crate::state::Status::now("idle", "");
                }
            }
            model.journal.mark_changed(Topic::Task(id.clone()));
            Ok(shown)
        })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| ActionResult {
            action: Some(Action { tag: entity.tag.clone(), ..Action::default() }),
            error: Some(error),
            ..ActionResult::default()
        })
    });
    Ok(ActionResults { results: results.collect() })
}

fn operation_result(model: &Model, operation: &Operation) -> OperationResult {
    let tasks: Vec<&Task> = operation.tasks.iter().filter_map(|id| model.tasks.get(&id.parse().ok()?)).collect();
    let done = tasks.iter().all(|task| task.completed.is_some());
    let status = match tasks.iter().map(|task| task.status.as_str()).find(|status| *status != "completed") {
        None if !operation.fail.is_empty() => "error",
        None => "completed",
        Some("pending") if tasks.iter().any(|task| task.started.is_some()) => "running",
        Some(status) => status,
    };
    let latest = |at: Option<_>| at.map_or_else(|| ZERO_TIME.to_owned(), format_time);
    OperationResult {
        operation: Tag::new("operation", &operation.id).to_string(),
        summary: operation.summary.clone(),
        enqueued: format_time(operation.enqueued),
        started: latest(tasks.iter().filter_map(|task| task.started).min()),
        completed: latest(tasks.iter().filter_map(|task| task.completed).max().filter(|_| done)),
        fail: operation.fail.clone(),
        status: status.to_owned(),
        actions: tasks.into_iter().map(task_result).collect(),
        ..OperationResult::default()
    }
}

fn operations(call: &Call, params: Entities) -> Result<OperationResults, RemoteError> {
    let one = |tag: &str| {
        let id = Tag::parse_id("operation", tag)?;
        call.read_model(|model| {
            let operation = id.parse().ok().and_then(|id: u64| model.operations.get(&id));
            operation
                .map(|operation| operation_result(model, operation))
                .ok_or_else(|| RemoteError::not_found(format!("operation {id}")))
        })
    };
    let results = params.entities.iter().map(|entity| {
        one(&entity.tag).unwrap_or_else(|error| OperationResult { error: Some(error), ..OperationResult::default() })
    });
    Ok(OperationResults { results: results.collect(), truncated: false })
}

/// Default number of operations in a list.
const LISTED: i64 = 50;

fn list(call: &Call, params: OperationQueryArgs) -> Result<OperationResults, RemoteError> {
    let count = |number: Option<i64>, usual: i64| {
        usize::try_from(number.filter(|number| *number > 0).unwrap_or(usual)).unwrap_or_default()
    };
    call.read_model(|model| {
        let found: Vec<_> = model
            .operations
            .values()
            .map(|one| operation_result(model, one))
            .filter(|one| wanted(one, &params))
            .collect();
        let (first, limit) = (count(params.offset, 0), count(params.limit, LISTED));
        let truncated = found.len() > first + limit;
        Ok(OperationResults { results: found.into_iter().skip(first).take(limit).collect(), truncated })
    })
}

/// Whether an operation has the status and one of its tasks the name and the receiver that are asked for.
fn wanted(operation: &OperationResult, params: &OperationQueryArgs) -> bool {
    let OperationQueryArgs { applications, units, machines, actions, status, .. } = params;
    let received = |action: &Action| {
        let unit = Tag::parse_id("unit", &action.receiver).unwrap_or_default();
        let of = unit.split('/').next().unwrap_or_default();
        let machine = Tag::parse_id("machine", &action.receiver).unwrap_or_default();
        let any = applications.is_empty() && units.is_empty() && machines.is_empty();
        any || units.contains(&unit) || machines.contains(&machine) || applications.iter().any(|name| name == of)
    };
    let tasks = || operation.actions.iter().filter_map(|task| task.action.as_ref());
    let plain = actions.is_empty() && applications.is_empty() && units.is_empty() && machines.is_empty();
    (status.is_empty() || status.contains(&operation.status))
        && (plain || tasks().any(|task| (actions.is_empty() || actions.contains(&task.name)) && received(task)))
}
