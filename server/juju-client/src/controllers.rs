//! All controllers of this program, for each credential.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;

use crate::{
    ClientFiles, Controller, ControllerEndpoint, ControllersReader, KnownControllers, LoginTokens, Settings,
    error::Error,
};

/// All controllers of this program by name. A clone is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Controllers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    loaded: RwLock<Arc<Loaded>>,
    reader: RwLock<Option<ControllersReader>>,
    own_files: Option<ClientFiles>,
    by_role: RwLock<BTreeMap<String, Controllers>>,
}

/// The controllers as of the last time that their source was read.
#[derive(Debug, Default)]
struct Loaded {
    controllers: BTreeMap<String, Result<Arc<Controller>, Error>>,
    default: Option<String>,
    current_models: BTreeMap<String, String>,
    /// Why the source cannot be read.
    problem: Option<Error>,
}

impl Loaded {
    /// An invalid endpoint is an error of its own controller only. A controller of `previous` stays, with its connections.
    fn new(known: KnownControllers, settings: &Arc<Settings>, previous: &Self) -> Self {
        let open = |endpoint: ControllerEndpoint| match previous.controllers.get(&endpoint.name) {
            Some(Ok(controller)) => Ok(Arc::clone(controller)),
            _ => Controller::new(endpoint, Arc::clone(settings)).map(Arc::new),
        };
        let controllers: BTreeMap<_, _> =
            known.endpoints.into_iter().map(|endpoint| (endpoint.name.clone(), open(endpoint))).collect();
        let only = || (controllers.len() == 1).then(|| controllers.keys().next().cloned()).flatten();
        let default = known.default.or_else(only);
        Self { controllers, default, current_models: known.current_models, problem: None }
    }

    /// These controllers, with those of `previous` that have the same endpoint. A controller at the same addresses with another credential
    /// shares the knowledge of whether it is away.
    fn reuse(&self, previous: &Self, settings: &Arc<Settings>) -> Self {
        let reuse = |(name, new): (&String, &Result<Arc<Controller>, Error>)| {
            let (Ok(controller), Some(Ok(used))) = (new, previous.controllers.get(name)) else {
                return (name.clone(), new.clone());
            };
            let (endpoint, before) = (controller.endpoint(), used.endpoint());
            let reused = if endpoint == before {
                Ok(Arc::clone(used))
            } else if endpoint.addresses == before.addresses {
                let circuit = Arc::clone(&used.state().circuit);
                Controller::with_circuit(endpoint, Arc::clone(settings), circuit).map(Arc::new)
            } else {
                new.clone()
            };
            (name.clone(), reused)
        };
        Self {
            controllers: self.controllers.iter().map(reuse).collect(),
            default: self.default.clone(),
            current_models: self.current_models.clone(),
            problem: self.problem.clone(),
        }
    }

    fn names(&self) -> Vec<String> {
        self.controllers.keys().cloned().collect()
    }
}

impl Controllers {
    /// Does not connect yet. A single controller is the default, also without `default`. An invalid endpoint is an error of
    /// [`Self::controller`] for this controller only.
    #[must_use]
    pub fn new(endpoints: Vec<ControllerEndpoint>, default: Option<String>, settings: Settings) -> Self {
        Self::from_known(KnownControllers { endpoints, default, ..KnownControllers::default() }, settings)
    }

    /// The same, with a default model for each controller.
    #[must_use]
    pub fn from_known(known: KnownControllers, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        Self::with_loaded(Loaded::new(known, &settings, &Loaded::default()), settings)
    }

    /// No controllers, because of `problem`.
    pub(crate) fn unreadable(problem: Error, settings: Settings) -> Self {
        Self::with_loaded(Loaded { problem: Some(problem), ..Loaded::default() }, Arc::new(settings))
    }

    fn with_loaded(loaded: Loaded, settings: Arc<Settings>) -> Self {
        let loaded = RwLock::new(Arc::new(loaded));
        Self(Arc::new(Inner {
            settings,
            loaded,
            reader: RwLock::default(),
            own_files: None,
            by_role: RwLock::default(),
        }))
    }

    /// Sets where endpoints are read again when trust or log-in fails, or a controller is unknown.
    #[must_use]
    pub fn with_reader(self, reader: ControllersReader) -> Self {
        for controller in self.loaded().controllers.values().flatten() {
            controller.state().access.set_reader(Some(&reader));
        }
        self.rebuild(|inner| inner.reader = RwLock::new(Some(reader)))
    }

    /// For a program that runs for one user on the user's own machine: tools update these client files when they add or
    /// remove models, and may read the user's local files.
    #[must_use]
    pub fn with_own_files(self, files: ClientFiles) -> Self {
        self.rebuild(|inner| inner.own_files = Some(files))
    }

    /// Sets the controllers with the credential of each role. They share no connection with these, but the knowledge of which
    /// controllers are away.
    #[must_use]
    pub fn with_role_credentials(self, by_role: BTreeMap<String, Self>) -> Self {
        let own = self.loaded();
        let by_role = by_role.into_iter().map(|(role, controllers)| (role, controllers.with_circuits_of(&own)));
        let by_role = by_role.collect();
        self.rebuild(|inner| inner.by_role = RwLock::new(by_role))
    }

    fn with_circuits_of(self, others: &Loaded) -> Self {
        let loaded = self.loaded();
        let controllers = loaded.controllers.iter().map(|(name, controller)| {
            let shared = match (controller, others.controllers.get(name)) {
                (Ok(controller), Some(Ok(other))) => {
                    let circuit = Arc::clone(&other.state().circuit);
                    Controller::with_circuit(controller.endpoint(), Arc::clone(&self.0.settings), circuit).map(Arc::new)
                }
                _ => controller.clone(),
            };
            (name.clone(), shared)
        });
        let shared = Loaded {
            controllers: controllers.collect(),
            default: loaded.default.clone(),
            current_models: loaded.current_models.clone(),
            problem: loaded.problem.clone(),
        };
        let reader = self.reader();
        let controllers = self.rebuild(|inner| inner.loaded = RwLock::new(Arc::new(shared)));
        match reader {
            Some(reader) => controllers.with_reader(reader),
            None => controllers,
        }
    }

    /// A copy with a change, for builders.
    fn rebuild(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            settings: Arc::clone(&self.0.settings),
            loaded: RwLock::new(self.loaded()),
            reader: RwLock::new(self.reader()),
            own_files: self.0.own_files.clone(),
            by_role: RwLock::new(self.0.by_role.read().clone()),
        };
        change(&mut inner);
        Self(Arc::new(inner))
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.0.loaded.read())
    }

    fn reader(&self) -> Option<ControllersReader> {
        self.0.reader.read().clone()
    }

    /// The controllers with the credential of `role`; default: these controllers. The two share no connection.
    #[must_use]
    pub fn for_role(&self, role: &str) -> Self {
        self.0.by_role.read().get(role).unwrap_or(self).clone()
    }

    /// Roles with a credential of their own.
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        self.0.by_role.read().keys().cloned().collect()
    }

    /// Replaces all controllers, their source and the credentials of roles by those of `new`. A controller with an unchanged endpoint
    /// keeps its connections. The connections of all others close when the calls that use them have ended.
    pub fn replace(&self, new: &Self) {
        let reader = new.reader();
        let loaded = new.loaded().reuse(&self.loaded(), &self.0.settings);
        for controller in loaded.controllers.values().flatten() {
            controller.state().access.set_reader(reader.as_ref());
        }
        *self.0.reader.write() = reader;
        *self.0.loaded.write() = Arc::new(loaded);
        let (own, of_roles) = (self.loaded(), new.0.by_role.read().clone());
        let mut by_role = self.0.by_role.write();
        let mut replaced = BTreeMap::new();
        for (role, controllers) in of_roles {
            let controllers = controllers.with_circuits_of(&own);
            let reused = by_role.remove(&role);
            if let Some(used) = &reused {
                used.replace(&controllers);
            }
            replaced.insert(role, reused.unwrap_or(controllers));
        }
        *by_role = replaced;
    }

    /// The signer of login tokens, if callers log in to controllers as themselves.
    #[must_use]
    pub fn login_tokens(&self) -> Option<LoginTokens> {
        self.0.settings.login_tokens.clone()
    }

    /// The user's client files, if this program runs for one user on the user's own machine.
    #[must_use]
    pub fn own_files(&self) -> Option<&ClientFiles> {
        self.0.own_files.as_ref()
    }

    /// Default model of a controller.
    #[must_use]
    pub fn current_model(&self, controller: &str) -> Option<String> {
        self.loaded().current_models.get(controller).cloned()
    }

    /// Names of all controllers, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.loaded().names()
    }

    /// Name of the default controller.
    #[must_use]
    pub fn default_name(&self) -> Option<String> {
        self.loaded().default.clone()
    }

    /// Returns the controller `name`; default: the default controller.
    ///
    /// # Errors
    /// [`Error::ControllerUnknown`], [`Error::NoDefaultController`], [`Error::Configuration`], [`Error::NoControllers`].
    pub fn controller(&self, name: Option<&str>) -> Result<Arc<Controller>, Error> {
        let loaded = self.loaded();
        if let Some(problem) = &loaded.problem {
            return Err(problem.clone());
        }
        let no_default = || Error::NoDefaultController { known: loaded.names() };
        let name = name.or(loaded.default.as_deref()).ok_or_else(no_default)?;
        match loaded.controllers.get(name) {
            Some(controller) => controller.clone(),
            None => Err(Error::ControllerUnknown { name: name.to_owned(), known: loaded.names() }),
        }
    }

    /// The same; if there is no such controller, the source of the controllers is read again.
    ///
    /// # Errors
    /// As [`Self::controller`].
    pub async fn find_controller(&self, name: Option<&str>) -> Result<Arc<Controller>, Error> {
        let found = self.controller(name);
        match (&found, self.reader()) {
            (Ok(_), _) | (_, None) => found,
            // the latest error of the source is more useful than that of the start
            (Err(Error::NoControllers { .. }), Some(_)) => {
                self.reload().await?;
                self.controller(name)
            }
            (Err(_), Some(_)) => match self.reload().await {
                Ok(_) => self.controller(name),
                Err(_) => found,
            },
        }
    }

    /// Reads the source of the controllers again. Controllers that are in use stay. Returns `false` without a source.
    ///
    /// # Errors
    /// [`Error::NoControllers`] if the source cannot be read; then nothing changes.
    pub async fn reload(&self) -> Result<bool, Error> {
        let Some(reader) = self.reader() else { return Ok(false) };
        let loaded = Loaded::new(reader.read().await?, &self.0.settings, &self.loaded());
        for controller in loaded.controllers.values().flatten() {
            controller.state().access.set_reader(Some(&reader));
        }
        *self.0.loaded.write() = Arc::new(loaded);
        Ok(true)
    }
}
