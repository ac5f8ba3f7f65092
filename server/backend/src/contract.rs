//! [`Backend`]: what every backend can do.

use futures::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{BackendError, BackendKind, Condition};

/// A query in the backend's own terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackendQuery {
    /// One of [`Backend::capabilities`], `query_range`.
    pub method: String,
    /// Parameters of the method, as the API of the backend names them.
    pub params: Map<String, Value>,
    /// UUID of the model that the query must be limited to; `None` for a caller who may see everything.
    pub model_uuid: Option<String>,
}

/// A system that the program queries.
pub trait Backend: Send + Sync {
    /// What it is.
    fn kind(&self) -> BackendKind;
    /// Its name among those of its kind.
    fn name(&self) -> &str;
    /// Methods that [`Backend::query`] accepts.
    fn capabilities(&self) -> &'static [&'static str];
    /// What the last request showed of it.
    fn condition(&self) -> Condition;
    /// Connects, and returns the version of the backend.
    ///
    /// # Errors
    /// [`BackendError`].
    fn connect(&self) -> BoxFuture<'_, Result<String, BackendError>>;
    /// Checks that it answers.
    ///
    /// # Errors
    /// [`BackendError`].
    fn health(&self) -> BoxFuture<'_, Result<(), BackendError>> {
        Box::pin(async move { self.connect().await.map(drop) })
    }
    /// Answers a query in the backend's own terms. It changes nothing.
    ///
    /// # Errors
    /// [`BackendError::UnknownMethod`], [`BackendError::Parameters`] before anything is sent; others as they occur.
    fn query<'a>(&'a self, query: &'a BackendQuery) -> BoxFuture<'a, Result<Value, BackendError>>;
}
