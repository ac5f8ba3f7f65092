//! Storage of the units of a model: it is made with a unit and removed with it, except in a cluster.

use chrono::Utc;

use super::{Kind, Model, Storage};

/// Default size of storage, in MiB.
const SIZE: u64 = 1024;

impl Model {
    /// Name of the default pool.
    pub(crate) fn default_pool(&self, block: bool) -> &'static str {
        match (self.kind, block) {
            (Kind::Caas, _) => "kubernetes",
            (Kind::Iaas, true) => "loop",
            (Kind::Iaas, false) => "rootfs",
        }
    }

    /// Makes the storage that the charm of a new unit asks for.
    pub(super) fn add_storage(&mut self, unit: &str, application: &str) {
        let Some(charm) = self.applications.get(application).map(|found| std::sync::Arc::clone(&found.charm)) else {
            return;
        };
        for (name, wanted) in &charm.storage {
            let block = wanted.kind == "block";
            let number = self.next_storage;
            self.next_storage += 1;
            let size = Some(wanted.minimum()).filter(|size| *size > 0).unwrap_or(SIZE);
            let storage = Storage {
                name: name.clone(),
                number,
                unit: Some(unit.to_owned()),
                block,
                pool: self.default_pool(block).to_owned(),
                size,
                since: Utc::now(),
                lost: false,
                status: None,
            };
            self.storage.insert(number, storage);
        }
    }

    /// Storage of a unit, in order.
    pub(crate) fn storage_of<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a Storage> {
        self.storage.values().filter(move |storage| storage.unit.as_deref() == Some(unit))
    }

    /// Removes or detaches the storage of a removed unit: storage of a machine goes too, a cluster retains it
    /// unless it was asked to be destroyed.
    pub(crate) fn leave_storage(&mut self, unit: &str, destroy: bool) {
        let keep = self.kind == Kind::Caas && !destroy;
        self.storage.retain(|_, storage| keep || storage.unit.as_deref() != Some(unit));
        for storage in self.storage.values_mut().filter(|storage| storage.unit.as_deref() == Some(unit)) {
            storage.unit = None;
        }
    }
}
