//! Facade `AllWatcher`: what changed in a model since the call before; waits while nothing did.

use juju_wire::{
    RemoteError,
    facade::all_watcher::{AllWatcherNextResults, Next, Stop},
};

use super::delta;
use crate::{
    call::Call,
    methods::Methods,
    state::{ModelAccess, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on_waiting::<Next, _>(next);
    methods.on::<Stop>(|call, ()| call.session().stop_watcher(call.object()));
}

async fn next(call: Call, (): ()) -> Result<AllWatcherNextResults, RemoteError> {
    let mut changed = call.estate().changed();
    loop {
        changed.borrow_and_update();
        let watcher = call.session().watcher(call.object())?;
        let uuid = call.model_uuid()?.to_owned();
        let found = call.read(|state| {
            let model = state.models.get(&uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            // only admins of the model receive offers
            let all = call.session().model_access(state, &uuid) >= Some(ModelAccess::Admin);
            let changed = model.journal.since(watcher.revision).into_iter();
            let visible = changed.filter(|topic| all || !matches!(topic, Topic::Offer(_)));
            let deltas = visible.map(|topic| delta::entity_delta(state, model, &topic));
            // a new watcher does not receive removals from before its start
            let deltas: Vec<_> = deltas.filter(|delta| watcher.revision > 0 || !delta.removed).collect();
            Ok::<_, RemoteError>((deltas, model.journal.revision()))
        })?;
        if !found.0.is_empty() {
            call.session().advance_watcher(call.object(), found.1);
            return Ok(AllWatcherNextResults { deltas: found.0 });
        }
        tokio::select! {
            () = watcher.stopped.cancelled() => return Err(RemoteError::plain("watcher was stopped")),
            _ = changed.changed() => {}
        }
    }
}
