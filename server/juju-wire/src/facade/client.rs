//! Facade `Client`: the state of a model as a whole.

pub mod application;
pub mod entity_status;
pub mod history;
pub mod machine;
pub mod status;
pub mod storage;

use crate::facade::client::history::{StatusHistoryRequests, StatusHistoryResults};
use crate::facade::client::status::{AllWatcherId, FullStatusResult, StatusParams};

crate::methods! { Client {
    /// The whole state of a model, as `juju status` shows it.
    FullStatus(read): StatusParams => FullStatusResult,
    /// Past statuses of entities.
    StatusHistory(read): StatusHistoryRequests => StatusHistoryResults,
    /// Starts a watcher of everything in the model, for `AllWatcher`.
    WatchAll(read): () => AllWatcherId,
} }
