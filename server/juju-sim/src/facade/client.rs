//! Facade `Client`: status, its history, and the watcher of a whole model.

use juju_wire::{
    RemoteError,
    facade::client::{
        FullStatus, StatusHistory, WatchAll,
        history::{History, StatusHistoryRequest, StatusHistoryRequests, StatusHistoryResult, StatusHistoryResults},
        status::{AllWatcherId, DetailedStatus, FullStatusResult, StatusParams},
    },
    tag::Tag,
};

use super::{status, time};
use crate::{
    methods::{Call, Methods},
    state::ModelAccess,
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
        let mut full = status::full(state, model, &params);
        if state.model_access(&call.user(), uuid) < Some(ModelAccess::Admin) {
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
    let uuid = call.model_uuid()?;
    let tag = Tag::parse(&request.tag).map_err(|error| RemoteError::plain(error.to_string()))?;
    let what = format!("fetching status history for \"{tag}\"");
    let prefixed = |error: RemoteError| RemoteError { message: format!("{what}: {error}"), ..error };
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        match tag.kind() {
            "unit" => drop(model.unit(tag.id()).map_err(prefixed)?),
            "application" => drop(model.application(tag.id()).map_err(prefixed)?),
            "machine" if !model.machines.values().any(|machine| machine.id == tag.id()) => {
                return Err(prefixed(RemoteError::not_found(format!("machine {}", tag.id()))));
            }
            _ => {}
        }
        let kinds: &[&'static str] = match request.history_kind.as_str() {
            "unit" => &["workload", "juju-unit"],
            "workload" => &["workload"],
            "juju-unit" => &["juju-unit"],
            "juju-machine" => &["juju-machine"],
            "machine" => &["machine"],
            "application" | "model" | "saas" | "container" => &[],
            // whatever else is asked for is looked for among the machines
            _ => return Err(RemoteError::plain(format!("{what}: \"{tag}\" is not a valid machine tag"))),
        };
        let mut statuses: Vec<DetailedStatus> = Vec::new();
        for kind in kinds {
            let entries = model.history.get(&(tag.to_string(), *kind)).into_iter().flatten();
            statuses.extend(entries.map(|entry| DetailedStatus {
                status: entry.status.clone(),
                info: entry.message.clone(),
                since: Some(time(entry.since)),
                kind: (*kind).to_owned(),
                ..DetailedStatus::default()
            }));
        }
        // the newest, and these in the order in which they came
        statuses.sort_by(|one, other| one.since.cmp(&other.since));
        let wanted = usize::try_from(request.filter.size).ok().filter(|size| *size > 0).unwrap_or(20);
        statuses.drain(..statuses.len().saturating_sub(wanted));
        Ok(History { statuses, error: None })
    })
}

fn watch_all(call: &Call, (): ()) -> Result<AllWatcherId, RemoteError> {
    call.require(ModelAccess::Read)?;
    Ok(AllWatcherId { watcher_id: call.session().watch(0) })
}
