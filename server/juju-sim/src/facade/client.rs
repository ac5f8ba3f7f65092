//! Facade `Client`: status, its history, and the watcher of a whole model.

use juju_wire::{
    Code, RemoteError,
    facade::client::{
        FullStatus, StatusHistory, WatchAll,
        entity_status::DetailedStatus,
        history::{History, StatusHistoryRequest, StatusHistoryRequests, StatusHistoryResult, StatusHistoryResults},
        status::{AllWatcherId, FullStatusResult, StatusParams},
    },
    tag::Tag,
};

use super::{status, storage};
use crate::{
    call::Call,
    methods::Methods,
    state::{ModelAccess, Status},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<FullStatus>(full_status);
    methods.on::<StatusHistory>(status_history);
    methods.on::<WatchAll>(watch_all);
}

fn full_status(call: &Call, params: StatusParams) -> Result<FullStatusResult, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        if params.include_storage {
            storage::check_described(model).map_err(|error| RemoteError {
                message: format!("cannot process storage instances: {}", error.message),
                ..error
            })?;
        }
        let mut full = status::full(state, model, &params);
        if call.session().model_access(state, uuid) < Some(ModelAccess::Admin) {
            full.offers.clear();
        }
        Ok(full)
    })
}

fn status_history(call: &Call, params: StatusHistoryRequests) -> Result<StatusHistoryResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let results = params.requests.iter().map(|request| match history(call, request) {
        Ok(history) => StatusHistoryResult { history, error: None },
        Err(error) => StatusHistoryResult { error: Some(error), ..StatusHistoryResult::default() },
    });
    Ok(StatusHistoryResults { results: results.collect() })
}

fn history(call: &Call, request: &StatusHistoryRequest) -> Result<History, RemoteError> {
    let filter = &request.filter;
    if filter.size == 0 && filter.date.is_none() && filter.delta.is_none() {
        let message = "cannot validate status history filter: missing filter parameters not valid";
        return Err(RemoteError::new(Code::NotValid, message));
    }
    let what = format!("fetching status history for \"{}\"", request.tag);
    let found = entries(call, request);
    let mut statuses = found.map_err(|error| RemoteError { message: format!("{what}: {}", error.message), ..error })?;
    // the newest, and these in the order in which they came
    statuses.sort_by(|one, other| one.since.cmp(&other.since));
    let wanted = usize::try_from(filter.size).ok().filter(|size| *size > 0).unwrap_or(20);
    statuses.drain(..statuses.len().saturating_sub(wanted));
    Ok(History { statuses, error: None })
}

/// The stored history of the requested kind of status, each with the word for its kind.
fn entries(call: &Call, request: &StatusHistoryRequest) -> Result<Vec<DetailedStatus>, RemoteError> {
    let uuid = call.model_uuid()?;
    let tag = &request.tag;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let kind = request.history_kind.as_str();
        let kinds: &[(&'static str, &str)] = match kind {
            "model" => {
                let available = Status { since: model.created, ..Status::now("available", "") };
                return Ok(vec![DetailedStatus { kind: kind.to_owned(), ..status::detailed(&available, "") }]);
            }
            "application" => {
                model.application(&Tag::parse_id("application", tag)?)?;
                &[]
            }
            "saas" => &[],
            "unit" | "workload" | "juju-unit" => {
                model.unit(&Tag::parse_id("unit", tag)?)?;
                match kind {
                    "unit" => &[("workload", "workload"), ("juju-unit", "juju-unit")],
                    "workload" => &[("workload", "workload")],
                    _ => &[("juju-unit", "juju-unit")],
                }
            }
            // whatever else is asked for is looked for among the machines
            _ => {
                let id = Tag::parse_id("machine", tag)?;
                model.machine(&id).ok_or_else(|| RemoteError::not_found(format!("machine {id}")))?;
                match kind {
                    "juju-machine" | "juju-container" => &[("juju-machine", kind)],
                    _ => &[("machine", kind)],
                }
            }
        };
        let entries = kinds.iter().flat_map(|(stored, shown)| {
            let entries = model.history.get(&(tag.clone(), *stored)).into_iter().flatten();
            entries.map(|entry| DetailedStatus { kind: (*shown).to_owned(), ..status::detailed(entry, "") })
        });
        Ok(entries.collect())
    })
}

fn watch_all(call: &Call, (): ()) -> Result<AllWatcherId, RemoteError> {
    call.require(ModelAccess::Read)?;
    Ok(AllWatcherId { watcher_id: call.session().watch(0) })
}
