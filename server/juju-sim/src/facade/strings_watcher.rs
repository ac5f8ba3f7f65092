//! Facade `StringsWatcher`: what running actions say. The simulated ones say nothing, so a watcher waits until it is stopped.

use juju_wire::{
    RemoteError,
    bulk::StringsWatchResult,
    facade::strings_watcher::{Next, Stop},
};

use crate::{call::Call, methods::Methods};

pub(super) fn register(methods: &mut Methods) {
    methods.on_waiting::<Next, _>(next);
    methods.on::<Stop>(|call, ()| call.session().stop_watcher(call.object()));
}

async fn next(call: Call, (): ()) -> Result<StringsWatchResult, RemoteError> {
    call.session().watcher(call.object())?.stopped.cancelled().await;
    Err(RemoteError::plain("watcher was stopped"))
}
