//! One call of one method: what a handler sees of the connection and of the simulated state.

use std::sync::Arc;

use juju_wire::{Code, RemoteError};

use crate::{
    errors::permission_denied,
    session::Session,
    state::{Estate, Model, ModelAccess, State},
};

/// One call of one method on one connection.
#[derive(Clone)]
pub(crate) struct Call {
    session: Arc<Session>,
    object: String,
}

impl Call {
    pub(crate) fn new(session: &Arc<Session>, object: &str) -> Self {
        Self { session: Arc::clone(session), object: object.to_owned() }
    }

    /// The whole simulated estate.
    pub(crate) fn estate(&self) -> &Arc<Estate> {
        self.session.estate()
    }

    /// The connection that it came on.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Number of the watcher that is meant.
    pub(crate) fn object(&self) -> &str {
        &self.object
    }

    /// Name of the user who is logged in.
    pub(crate) fn user(&self) -> String {
        self.session.user()
    }

    /// UUID of the model that the connection is to.
    pub(crate) fn model_uuid(&self) -> Result<&str, RemoteError> {
        self.session.model().ok_or_else(|| RemoteError::new(Code::NotSupported, "this is not a connection to a model"))
    }

    /// Refuses a user with less than this access to the connection's model.
    pub(crate) fn require(&self, access: ModelAccess) -> Result<(), RemoteError> {
        let uuid = self.model_uuid()?;
        self.require_on(uuid, access)
    }

    /// Refuses a user with less than this access to a model.
    pub(crate) fn require_on(&self, uuid: &str, access: ModelAccess) -> Result<(), RemoteError> {
        let allowed = self.estate().read(|state| self.session.model_access(state, uuid) >= Some(access));
        if allowed { Ok(()) } else { Err(self.session.denial(uuid, access)) }
    }

    /// Refuses everybody but a superuser.
    pub(crate) fn require_superuser(&self) -> Result<(), RemoteError> {
        if self.estate().read(|state| self.session.is_superuser(state)) { Ok(()) } else { Err(permission_denied()) }
    }

    /// Reads the estate.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.estate().read(read)
    }

    /// Changes the estate.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.estate().write(change)
    }

    /// Reads the connection's model, for a user with read access.
    pub(crate) fn read_model<T>(&self, read: impl FnOnce(&Model) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
        self.require(ModelAccess::Read)?;
        let uuid = self.model_uuid()?;
        self.read(|state| state.models.get(uuid).map(read)).unwrap_or_else(|| Err(RemoteError::not_found("model")))
    }

    /// Changes the connection's model, for a user with write access.
    pub(crate) fn write_model<T>(
        &self,
        change: impl FnOnce(&mut Model) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        self.write_model_as(ModelAccess::Write, change)
    }

    /// Changes the connection's model, for a user with this access.
    pub(crate) fn write_model_as<T>(
        &self,
        access: ModelAccess,
        change: impl FnOnce(&mut Model) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        self.require(access)?;
        let uuid = self.model_uuid()?;
        self.write(|state| state.models.get_mut(uuid).map(change))
            .unwrap_or_else(|| Err(RemoteError::not_found("model")))
    }
}
