//! The simulated estate: plain values behind one lock, and a revision that wakes whoever waits for a change.

mod application;
mod journal;
mod machine;
mod model;
mod secret;
mod storage;
mod subordinate;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

pub(crate) use application::{Application, Relation, RelationEndpoint, Status, Task, Unit, Upload, Work};
pub(crate) use journal::Journal;
pub(crate) use machine::{CONTAINERS, LATEST, Machine, MachineId, OF_CHARMS};
pub(crate) use model::{Block, EVERYONE, LogLine, Model, Offer, Operation, RemoteApplication, Topic};
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

/// The controller itself.
pub(crate) struct Controller {
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) agent_version: String,
    /// The controller's own cloud.
    pub(crate) cloud: Cloud,
    /// Further clouds that models may be made on.
    pub(crate) clouds: Vec<Cloud>,
    /// Settings that were changed.
    pub(crate) config: BTreeMap<String, Value>,
    /// Defaults of model settings, by cloud and region; by the empty region those of the whole cloud.
    pub(crate) model_defaults: BTreeMap<(String, String), BTreeMap<String, Value>>,
}

/// A cloud, with its only region and its only credential.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cloud {
    pub(crate) name: String,
    /// `maas`, `kubernetes`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) region: String,
    /// Name of the credential.
    #[serde(default = "default_credential")]
    pub(crate) credential: String,
    /// What the credential says that is no secret.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    /// How the credential logs in; the first way there is where nobody says.
    #[serde(default)]
    pub(crate) auth_type: Option<String>,
    /// Ways to log in; those of the kind of cloud where none is given.
    #[serde(default)]
    pub(crate) auth_types: Vec<String>,
    #[serde(default)]
    pub(crate) endpoint: String,
    #[serde(default)]
    pub(crate) identity_endpoint: String,
    #[serde(default)]
    pub(crate) storage_endpoint: String,
    #[serde(default)]
    pub(crate) skip_tls_verify: bool,
    /// Kinds of storage that it has beside those of every machine.
    #[serde(default)]
    pub(crate) storage: Vec<String>,
    /// Settings that only models on it have, with what they are unless somebody sets them.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Value>,
    /// Defaults of the settings of its models, to begin with.
    #[serde(default)]
    pub(crate) defaults: BTreeMap<String, Value>,
}

/// What a cloud's credential is called where nobody says.
pub(crate) fn default_credential() -> String {
    "default".to_owned()
}

impl Cloud {
    /// How its credential logs in.
    pub(crate) fn way_in(&self) -> String {
        self.auth_type.clone().or_else(|| self.ways_in().into_iter().next()).unwrap_or_default()
    }

    /// How one can log in to it.
    pub(crate) fn ways_in(&self) -> Vec<String> {
        let usual: &[&str] = match self.hosts() {
            Kind::Iaas => &["empty"],
            Kind::Caas => &["userpass", "certificate", "oauth2"],
        };
        let usual = || usual.iter().map(|way| (*way).to_owned()).collect();
        if self.auth_types.is_empty() { usual() } else { self.auth_types.clone() }
    }

    /// What models on it run their units on.
    pub(crate) fn hosts(&self) -> Kind {
        if self.kind == "kubernetes" { Kind::Caas } else { Kind::Iaas }
    }
}

impl Controller {
    /// All clouds, its own first.
    pub(crate) fn all_clouds(&self) -> impl Iterator<Item = &Cloud> {
        std::iter::once(&self.cloud).chain(&self.clouds)
    }
}

/// A user of the controller.
pub(crate) struct User {
    pub(crate) display_name: String,
    pub(crate) password: String,
    pub(crate) access: Access,
    pub(crate) enabled: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) created_by: String,
    pub(crate) last_connection: Option<DateTime<Utc>>,
}

/// What a user may do on the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Login,
    Superuser,
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Login => "login",
            Self::Superuser => "superuser",
        })
    }
}

/// What a user may do in a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ModelAccess {
    Read,
    Write,
    Admin,
}

impl ModelAccess {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What a model's units run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Machines.
    Iaas,
    /// Pods of a Kubernetes cluster.
    Caas,
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

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, and wakes whoever waits.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
        self.revision.send_modify(|revision| *revision += 1);
        answer
    }

    /// Told of every change.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
