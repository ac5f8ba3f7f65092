//! An estate for each role with a credential of its own: no caller sees more of a controller than the user of its role.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::Utc;
use juju_client::ReadOnlyControllers;
use parking_lot::Mutex;

use crate::{EstateSettings, LiveEstate, model_watch::WatchedModel};

/// The estates of all roles; each is created when it is first needed.
#[derive(Debug)]
pub struct EstatesByRole {
    controllers: ReadOnlyControllers,
    settings: EstateSettings,
    estates: Arc<Estates>,
}

/// The estates by role; the estate of the common credential has no role.
type Estates = Mutex<BTreeMap<Option<String>, LiveEstate>>;

impl EstatesByRole {
    /// Watches nothing yet.
    #[must_use]
    pub fn new(controllers: ReadOnlyControllers, settings: EstateSettings) -> Self {
        Self { controllers, settings, estates: Arc::default() }
    }

    /// The estate for callers with `role` as their strongest role.
    #[must_use]
    pub fn for_role(&self, role: Option<&str>) -> LiveEstate {
        let own = role.filter(|role| self.controllers.roles().iter().any(|known| known == role));
        let mut estates = self.estates.lock();
        let index = estates.len();
        let create = || {
            let controllers = own.map_or_else(|| self.controllers.clone(), |role| self.controllers.for_role(role));
            let name: Arc<str> = format!("{:x}{index:02x}", Utc::now().timestamp_millis()).into();
            LiveEstate::new(controllers, name, self.settings)
        };
        estates.entry(own.map(ToOwned::to_owned)).or_insert_with(create).clone()
    }

    /// A write of this server begins, at a controller and a model, each by default any. Until the returned guard is dropped, and until
    /// watchers report what was written, the estates take what they know of the controller as out of date.
    #[must_use]
    pub fn begin_write(&self, controller: Option<&str>, model_uuid: Option<&str>) -> WriteGuard {
        let models = watched_models(&self.estates, controller);
        let guard = WriteGuard {
            estates: Arc::clone(&self.estates),
            controller: controller.map(Into::into),
            model_uuid: model_uuid.map(Into::into),
            models,
        };
        for model in &guard.models {
            model.status.begin_write();
            if guard.writes_to(model) {
                model.own_writes.begin();
            }
        }
        guard
    }
}

fn watched_models(estates: &Estates, controller: Option<&str>) -> Vec<Arc<WatchedModel>> {
    let estates: Vec<_> = estates.lock().values().cloned().collect();
    estates.iter().flat_map(|estate| estate.models_of(controller)).collect()
}

/// A write that has not ended; dropping it ends the write.
pub struct WriteGuard {
    estates: Arc<Estates>,
    controller: Option<Box<str>>,
    model_uuid: Option<Box<str>>,
    /// The models that were watched when it began.
    models: Vec<Arc<WatchedModel>>,
}

impl WriteGuard {
    fn writes_to(&self, model: &WatchedModel) -> bool {
        self.model_uuid.as_ref().is_none_or(|uuid| *uuid == model.identity().uuid)
    }
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        let has_begun = |model: &Arc<WatchedModel>| self.models.iter().any(|known| Arc::ptr_eq(known, model));
        let now = watched_models(&self.estates, self.controller.as_deref());
        let later = now.into_iter().filter(|model| !has_begun(model)).map(|model| (model, false));
        for (model, has_begun) in self.models.iter().cloned().map(|model| (model, true)).chain(later) {
            model.status.end_write(has_begun);
            if self.writes_to(&model) {
                model.own_writes.end(has_begun);
            }
        }
    }
}

impl fmt::Debug for WriteGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WriteGuard").field("controller", &self.controller).finish_non_exhaustive()
    }
}
