//! The simulated estate: plain values behind one lock, and a revision that wakes the watchers of changes.

mod access;
mod application;
mod cloud;
mod incident;
mod journal;
mod machine;
mod model;
mod model_machines;
mod model_storage;
mod secret;
mod storage;
mod subordinate;

use std::collections::BTreeMap;

use parking_lot::RwLock;
use tokio::sync::watch;

pub(crate) use access::{Access, ModelAccess, User};
pub(crate) use application::{Application, Relation, RelationEndpoint, Status, Task, Unit, Upload, Work, relation_key};
pub(crate) use cloud::{Cloud, CloudAccess, Controller, Credential, Kind, OWNER, default_credential};
pub(crate) use incident::{Cause, Incident};
pub(crate) use journal::Journal;
pub(crate) use machine::{CONTAINERS, LATEST, Machine, MachineId, OF_CHARMS};
pub(crate) use model::{Block, Branch, EVERYONE, LogLine, Model, Offer, Operation, RemoteApplication, Topic};
pub(crate) use secret::{Revision, Secret};
pub(crate) use storage::Storage;

use crate::charms::Charms;

/// Everything that the simulated controller knows.
pub(crate) struct State {
    pub(crate) controller: Controller,
    pub(crate) users: BTreeMap<String, User>,
    /// By UUID.
    pub(crate) models: BTreeMap<String, Model>,
    /// What the store has.
    pub(crate) charms: Charms,
}

impl State {
    /// What a user may do in a model; a superuser may do everything.
    pub(crate) fn model_access(&self, user: &str, uuid: &str) -> Option<ModelAccess> {
        let model = self.models.get(uuid)?;
        if self.is_superuser(user) {
            return Some(ModelAccess::Admin);
        }
        model.users.get(user).copied()
    }

    /// Whether a user may do everything.
    pub(crate) fn is_superuser(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|user| user.access == Access::Superuser)
    }
}

/// The state, shared.
pub(crate) struct Estate {
    state: RwLock<State>,
    revision: watch::Sender<u64>,
}

impl Estate {
    pub(crate) fn new(state: State) -> Self {
        Self { state: RwLock::new(state), revision: watch::Sender::new(1) }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read())
    }

    /// Changes the state, and wakes the watchers.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.state.write());
        self.revision.send_modify(|revision| *revision += 1);
        answer
    }

    /// A receiver of the revision, which every change increments.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
