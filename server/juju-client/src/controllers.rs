//! All controllers of this program.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ClientFiles, Controller, ControllerEndpoint, Settings, error::Error};

/// All controllers of this program by name; cheap to clone, and all clones share the connections.
#[derive(Debug, Clone)]
pub struct Controllers(Arc<Known>);

#[derive(Debug, Clone)]
struct Known {
    controllers: BTreeMap<String, Result<Arc<Controller>, Error>>,
    default: Option<String>,
    current_models: BTreeMap<String, String>,
    own_files: Option<ClientFiles>,
    by_credential: BTreeMap<String, Controllers>,
}

impl Controllers {
    /// Takes what is known of each controller; nothing is dialled. An only controller is the default even if it is not
    /// named as such. One that is configured wrongly fails when it is asked for, and leaves the others alone.
    #[must_use]
    pub fn new(endpoints: Vec<ControllerEndpoint>, default: Option<String>, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let controllers: BTreeMap<_, _> = endpoints
            .into_iter()
            .map(|endpoint| (endpoint.name.clone(), Controller::new(endpoint, Arc::clone(&settings)).map(Arc::new)))
            .collect();
        let only = || (controllers.len() == 1).then(|| controllers.keys().next().cloned()).flatten();
        let default = default.or_else(only);
        Self(Arc::new(Known {
            controllers,
            default,
            current_models: BTreeMap::new(),
            own_files: None,
            by_credential: BTreeMap::new(),
        }))
    }

    /// The same with the model that is meant, for each controller, where none is named.
    #[must_use]
    pub fn with_current_models(self, current_models: BTreeMap<String, String>) -> Self {
        Self(Arc::new(Known { current_models, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The same for a program that runs for one user on that user's own machine: models are written into these client
    /// files as they come and go, and paths that the user names are files of the user.
    #[must_use]
    pub fn with_own_files(self, files: ClientFiles) -> Self {
        Self(Arc::new(Known { own_files: Some(files), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The same with others beside them, which log in to the same controllers otherwise: each by a name of its own.
    #[must_use]
    pub fn with_others(self, by_credential: BTreeMap<String, Self>) -> Self {
        Self(Arc::new(Known { by_credential, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The controllers as whoever has this name reaches them; these where there are no others of that name. No connection is
    /// shared between the two.
    #[must_use]
    pub fn of(&self, name: &str) -> &Self {
        self.0.by_credential.get(name).unwrap_or(self)
    }

    /// Names of those that log in otherwise.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.0.by_credential.keys().map(String::as_str)
    }

    /// The user's own client files, where this program runs for one user on that user's own machine.
    #[must_use]
    pub fn own_files(&self) -> Option<&ClientFiles> {
        self.0.own_files.as_ref()
    }

    /// The model that is meant on a controller where none is named.
    #[must_use]
    pub fn current_model(&self, controller: &str) -> Option<&str> {
        self.0.current_models.get(controller).map(String::as_str)
    }

    /// Names of all controllers, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.controllers.keys().cloned().collect()
    }

    /// The controller that is meant where none is named.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        self.0.default.as_deref()
    }

    /// One controller, or the default one.
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
