//! A source of the status of a model beside the controller.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use juju_wire::facade::client::status::FullStatusResult;

use crate::Failure;

/// The status of a model as the controller returned it.
#[derive(Debug, Clone)]
pub struct KnownStatus {
    /// The status, with storage where Juju could return it.
    pub status: Arc<FullStatusResult>,
    /// Why it has no storage.
    pub storage_problem: Option<String>,
    /// When it was requested; `None` for one that was requested for this call.
    pub as_of: Option<DateTime<Utc>>,
}

/// The answer of the controller to a request for the status with its storage: the status, or that without storage and the reason.
pub type StatusAnswer = Result<(FullStatusResult, Option<String>), Failure>;

/// Knows the status of a model, and requests it where it does not.
pub trait StatusSource: Send + Sync {
    /// The status, if nothing newer is known; otherwise the answer of `request`, which the source keeps.
    fn status<'a>(&'a self, request: BoxFuture<'a, StatusAnswer>) -> BoxFuture<'a, Result<KnownStatus, Failure>>;
}

/// The source of one target; default: none.
#[derive(Clone, Default)]
pub(crate) struct OptionalSource(pub(crate) Option<Arc<dyn StatusSource>>);

impl fmt::Debug for OptionalSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OptionalSource")
    }
}
