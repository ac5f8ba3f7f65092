//! A watcher at the controller: the feed of one model's graph.

use juju_client::{Error, ReadOnlySession};
use juju_wire::{
    Delta,
    facade::{
        all_watcher::{Next, Stop},
        client::WatchAll,
    },
};

/// A watcher of everything in a model; it is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct DeltaFeed {
    session: ReadOnlySession,
    id: String,
}

impl DeltaFeed {
    /// Starts a watcher.
    pub(crate) async fn start(session: ReadOnlySession) -> Result<Self, Error> {
        let id = session.call::<WatchAll>(()).await?.watcher_id;
        Ok(Self { session, id })
    }

    /// The session of the watcher.
    pub(crate) fn session(&self) -> &ReadOnlySession {
        &self.session
    }

    /// Waits for deltas; the first reply has every entity of the model.
    pub(crate) async fn next(&self) -> Result<Vec<Delta>, Error> {
        Ok(self.session.call_without_timeout::<Next>(&self.id, ()).await?.deltas)
    }
}

impl Drop for DeltaFeed {
    fn drop(&mut self) {
        let (session, id) = (self.session.clone(), std::mem::take(&mut self.id));
        if !session.is_closed()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // if it fails, the connection is closed, and the controller has stopped the watcher
            runtime.spawn(async move { session.call_on::<Stop>(&id, ()).await });
        }
    }
}
