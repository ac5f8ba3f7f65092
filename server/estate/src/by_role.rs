//! An estate for each role with a credential of its own: no caller sees more of a controller than the user of its role.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Utc;
use juju_client::ReadOnlyControllers;
use parking_lot::Mutex;

use crate::{EstateSettings, LiveEstate};

/// The estates of all roles; each is created when it is first needed.
#[derive(Debug)]
pub struct EstatesByRole {
    controllers: ReadOnlyControllers,
    settings: EstateSettings,
    /// The estate of the common credential has no role.
    estates: Mutex<BTreeMap<Option<String>, LiveEstate>>,
}

impl EstatesByRole {
    /// Watches nothing yet.
    #[must_use]
    pub fn new(controllers: ReadOnlyControllers, settings: EstateSettings) -> Self {
        Self { controllers, settings, estates: Mutex::default() }
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
}
