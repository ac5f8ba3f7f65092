//! Handles to controllers that have no method for a write: code that holds only these can change nothing, by type.

use std::sync::Arc;

use juju_wire::{ReadMethod, debug_log::LogQuery};

use crate::{Controller, Controllers, LogStream, ModelEntry, Session, error::Error};

/// All controllers of this program, for reads only. A clone is cheap and shares the connections.
///
/// A write does not compile:
///
/// ```compile_fail,E0277
/// # async fn example(session: juju_client::ReadOnlySession) {
/// use juju_wire::facade::application::Expose;
/// session.call::<Expose>(Default::default()).await;
/// # }
/// ```
///
/// ```no_run
/// # async fn example(session: juju_client::ReadOnlySession) {
/// use juju_wire::facade::client::FullStatus;
/// session.call::<FullStatus>(Default::default()).await;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnlyControllers(Controllers);

impl ReadOnlyControllers {
    /// Restricts `controllers` to reads.
    #[must_use]
    pub fn new(controllers: Controllers) -> Self {
        Self(controllers)
    }

    /// Names of all controllers, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.names()
    }

    /// The controllers with the credential of `role`; default: these controllers.
    #[must_use]
    pub fn for_role(&self, role: &str) -> Self {
        Self(self.0.for_role(role))
    }

    /// Roles with a credential of their own.
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        self.0.roles()
    }

    /// Returns the controller `name`.
    ///
    /// # Errors
    /// As [`Controllers::controller`].
    pub fn controller(&self, name: &str) -> Result<ReadOnlyController, Error> {
        self.0.controller(Some(name)).map(ReadOnlyController)
    }
}

/// One controller, for reads only.
#[derive(Debug, Clone)]
pub struct ReadOnlyController(Arc<Controller>);

impl ReadOnlyController {
    /// Name of the controller.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Whether both handles are of one controller with one endpoint and credential.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Requests all models that the user can see.
    ///
    /// # Errors
    /// As [`Controller::models`].
    pub async fn models(&self) -> Result<Vec<ModelEntry>, Error> {
        self.0.models().await
    }

    /// Finds a model by name or UUID, without a connection to it.
    ///
    /// # Errors
    /// As [`Controller::find_model`].
    pub async fn find_model(&self, name: &str) -> Result<ModelEntry, Error> {
        self.0.find_model(name).await
    }

    /// Returns the open session with the controller, or opens one.
    ///
    /// # Errors
    /// As [`Controller::connection`].
    pub async fn session(&self) -> Result<ReadOnlySession, Error> {
        Ok(ReadOnlySession(self.0.connection().await?.session().await?))
    }

    /// Returns the open session with a model, or opens one; `name` is `admin/prod`, `prod` or a UUID.
    ///
    /// # Errors
    /// As [`Controller::model`].
    pub async fn model_session(&self, name: &str) -> Result<ReadOnlySession, Error> {
        Ok(ReadOnlySession(self.0.model(name).await?.session().await?))
    }

    /// Streams lines of the log of a model; `name` is `admin/prod`, `prod` or a UUID.
    ///
    /// # Errors
    /// As [`Controller::model`] and [`crate::Connection::debug_log`].
    pub async fn model_log(&self, name: &str, query: &LogQuery) -> Result<LogStream, Error> {
        self.0.model(name).await?.debug_log(query).await
    }
}

/// One logged-in socket, for reads only.
#[derive(Debug, Clone)]
pub struct ReadOnlySession(Arc<Session>);

impl ReadOnlySession {
    /// Whether the socket is closed; then every further call fails.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// The user that is logged in, `admin` or `bob@external`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0.user()
    }

    /// Access of the user to the controller: `login`, `add-model`, `superuser`.
    #[must_use]
    pub fn controller_access(&self) -> &str {
        self.0.controller_access()
    }

    /// Access of the user to the model: `read`, `write`, `admin`; empty in a session with the controller.
    #[must_use]
    pub fn model_access(&self) -> &str {
        self.0.model_access()
    }

    /// Calls a method that reads.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call<M: ReadMethod>(&self, params: M::Params) -> Result<M::Reply, Error> {
        self.0.call::<M>(params).await
    }

    /// Calls a method that reads, of one object of this session, for example `Stop` of a watcher.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call_on<M: ReadMethod>(&self, object: &str, params: M::Params) -> Result<M::Reply, Error> {
        self.0.call_on::<M>(object, params).await
    }

    /// Calls a method that reads and replies when there is news, for example `Next` of a watcher.
    ///
    /// # Errors
    /// Any [`Error`] of a call except [`Error::TimedOut`].
    pub async fn call_without_timeout<M: ReadMethod>(
        &self,
        object: &str,
        params: M::Params,
    ) -> Result<M::Reply, Error> {
        self.0.call_without_timeout::<M>(object, params).await
    }
}
