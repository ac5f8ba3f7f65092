//! All watched models of one set of credentials.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use juju_client::ReadOnlyControllers;
use parking_lot::Mutex;

use crate::{
    EventLog, EventRetention, ModelIdentity, ModelWatch,
    model_watch::{EndReason, WatchedModel},
    status_refresh,
};

/// Limits of an estate.
#[derive(Debug, Clone, Copy)]
pub struct EstateSettings {
    /// Time for which a model stays watched after nothing needs it any more; default: 5 min.
    pub idle_timeout: Duration,
    /// Maximum number of models that are watched at the same time; default: 500.
    pub max_models: usize,
    /// How many events are stored, and for how long.
    pub retention: EventRetention,
}

impl Default for EstateSettings {
    fn default() -> Self {
        let idle_timeout = Duration::from_mins(5);
        Self { idle_timeout, max_models: 500, retention: EventRetention::default() }
    }
}

/// The models that are watched, with their events. A clone is cheap and is the same estate.
#[derive(Debug, Clone)]
pub struct LiveEstate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    controllers: ReadOnlyControllers,
    settings: EstateSettings,
    events: Arc<EventLog>,
    models: Mutex<BTreeMap<ModelKey, Arc<WatchedModel>>>,
}

/// Controller and UUID: a model that is renamed stays the same.
type ModelKey = (Box<str>, Box<str>);

/// The maximum number of models is watched already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyModels {
    /// The maximum.
    pub limit: usize,
}

impl fmt::Display for TooManyModels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} models are watched already, which is the maximum", self.limit)
    }
}

impl std::error::Error for TooManyModels {}

impl LiveEstate {
    /// An estate that watches nothing yet. `name` is part of the ids of its events, and unique among all estates that the
    /// program and its earlier runs have had.
    #[must_use]
    pub fn new(controllers: ReadOnlyControllers, name: impl Into<Arc<str>>, settings: EstateSettings) -> Self {
        let events = Arc::new(EventLog::new(name, settings.retention));
        Self(Arc::new(Inner { controllers, settings, events, models: Mutex::default() }))
    }

    /// The events of all models.
    #[must_use]
    pub fn events(&self) -> &Arc<EventLog> {
        &self.0.events
    }

    /// The controllers that it reads from.
    #[must_use]
    pub fn controllers(&self) -> &ReadOnlyControllers {
        &self.0.controllers
    }

    /// Watches a model, from now until the returned handle and all others of this model are dropped.
    ///
    /// # Errors
    /// [`TooManyModels`].
    pub fn watch(&self, model: ModelIdentity) -> Result<ModelWatch, TooManyModels> {
        let key = (model.controller.clone(), model.uuid.clone());
        let mut models = self.0.models.lock();
        if let Some(watched) = models.get(&key) {
            return Ok(watched.handle());
        }
        let limit = self.0.settings.max_models;
        if models.len() >= limit {
            return Err(TooManyModels { limit });
        }
        let watched = WatchedModel::new(model, Arc::clone(&self.0.events));
        let handle = watched.handle();
        models.insert(key.clone(), Arc::clone(&watched));
        tokio::spawn(Arc::clone(&self.0).feed(key, watched));
        Ok(handle)
    }

    /// A handle of a model, if it is watched now.
    #[must_use]
    pub fn watched(&self, controller: &str, uuid: &str) -> Option<ModelWatch> {
        self.0.models.lock().get(&(controller.into(), uuid.into())).map(WatchedModel::handle)
    }

    /// The watched models of a controller, or of all controllers.
    pub(crate) fn models_of(&self, controller: Option<&str>) -> Vec<Arc<WatchedModel>> {
        let models = self.0.models.lock();
        let own = models.iter().filter(|((name, _), _)| controller.is_none_or(|controller| controller == &**name));
        own.map(|(_, model)| Arc::clone(model)).collect()
    }

    /// The models that are watched now.
    #[must_use]
    pub fn watched_models(&self) -> Vec<Arc<ModelIdentity>> {
        self.0.models.lock().values().map(|model| Arc::clone(model.identity())).collect()
    }
}

impl Inner {
    /// Feeds a model until it ends, and removes it.
    async fn feed(self: Arc<Self>, key: ModelKey, model: Arc<WatchedModel>) {
        let take_if_idle = || {
            let mut models = self.models.lock();
            !model.has_handles() && models.remove(&key).is_some()
        };
        let (controllers, idle_timeout) = (self.controllers.clone(), self.settings.idle_timeout);
        let refresh_interval = || status_refresh::interval(self.models.lock().len());
        let reason = Arc::clone(&model).run(controllers, idle_timeout, take_if_idle, refresh_interval).await;
        if let EndReason::Gone(error) = &reason {
            tracing::debug!(controller = &*key.0, model = &*key.1, %error, "a watched model is gone");
            self.models.lock().remove(&key);
        }
        model.end(&reason);
    }
}
