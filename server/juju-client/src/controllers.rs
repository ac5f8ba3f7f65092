//! All controllers of this program, for each credential.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ClientFiles, Controller, ControllerEndpoint, Settings, error::Error};

/// All controllers of this program by name. A clone is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Controllers(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    controllers: BTreeMap<String, Result<Arc<Controller>, Error>>,
    default: Option<String>,
    current_models: BTreeMap<String, String>,
    own_files: Option<ClientFiles>,
    by_role: BTreeMap<String, Controllers>,
}

impl Controllers {
    /// Does not connect yet. A single controller is the default, also without `default`. An invalid endpoint is an error of
    /// [`Self::controller`] for this controller only.
    #[must_use]
    pub fn new(endpoints: Vec<ControllerEndpoint>, default: Option<String>, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let controllers: BTreeMap<_, _> = endpoints
            .into_iter()
            .map(|endpoint| (endpoint.name.clone(), Controller::new(endpoint, Arc::clone(&settings)).map(Arc::new)))
            .collect();
        let only = || (controllers.len() == 1).then(|| controllers.keys().next().cloned()).flatten();
        let default = default.or_else(only);
        Self(Arc::new(Inner {
            controllers,
            default,
            current_models: BTreeMap::new(),
            own_files: None,
            by_role: BTreeMap::new(),
        }))
    }

    /// Sets the default model of each controller.
    #[must_use]
    pub fn with_current_models(self, current_models: BTreeMap<String, String>) -> Self {
        Self(Arc::new(Inner { current_models, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// For a program that runs for one user on the user's own machine: tools update these client files when they add or
    /// remove models, and may read the user's local files.
    #[must_use]
    pub fn with_own_files(self, files: ClientFiles) -> Self {
        Self(Arc::new(Inner { own_files: Some(files), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Sets the controllers with the credential of each role.
    #[must_use]
    pub fn with_role_credentials(self, by_role: BTreeMap<String, Self>) -> Self {
        Self(Arc::new(Inner { by_role, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The controllers with the credential of `role`; default: `self`. The two share no connection.
    #[must_use]
    pub fn for_role(&self, role: &str) -> &Self {
        self.0.by_role.get(role).unwrap_or(self)
    }

    /// Roles with a credential of their own.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.by_role.keys().map(String::as_str)
    }

    /// The user's client files, if this program runs for one user on the user's own machine.
    #[must_use]
    pub fn own_files(&self) -> Option<&ClientFiles> {
        self.0.own_files.as_ref()
    }

    /// Default model of a controller.
    #[must_use]
    pub fn current_model(&self, controller: &str) -> Option<&str> {
        self.0.current_models.get(controller).map(String::as_str)
    }

    /// Names of all controllers, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.controllers.keys().cloned().collect()
    }

    /// Name of the default controller.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        self.0.default.as_deref()
    }

    /// Returns the controller `name`; default: the default controller.
    ///
    /// # Errors
    /// [`Error::ControllerUnknown`], [`Error::NoDefaultController`], [`Error::Configuration`].
    pub fn controller(&self, name: Option<&str>) -> Result<Arc<Controller>, Error> {
        let name = name.or(self.default_name()).ok_or_else(|| Error::NoDefaultController { known: self.names() })?;
        match self.0.controllers.get(name) {
            Some(controller) => controller.clone(),
            None => Err(Error::ControllerUnknown { name: name.to_owned(), known: self.names() }),
        }
    }
}
