//! The controller, and the clouds that it knows.

use std::collections::{BTreeMap, BTreeSet};

use juju_wire::facade::model_manager::info::SecretBackend;
use serde::Deserialize;
use serde_json::Value;

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
    /// Backends for secrets beside the controller, by name.
    pub(crate) secret_backends: BTreeMap<String, SecretBackend>,
    /// UUIDs of models that move to another controller.
    pub(crate) migrations: BTreeSet<String>,
}

/// The user who made the controller and has the first credential of each cloud.
pub(crate) const OWNER: &str = "admin";

/// A credential beside the first one of a cloud.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) auth_type: String,
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
    /// Attributes of the credential that are not secret.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    /// How the credential logs in; default: the first of `auth_types`.
    #[serde(default)]
    pub(crate) auth_type: Option<String>,
    /// Ways to log in; default: those of the kind of cloud.
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
    /// Settings that only models on it have, with their defaults.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Value>,
    /// Further credentials, by user and name.
    #[serde(skip)]
    pub(crate) credentials: BTreeMap<(String, String), Credential>,
    /// Users beside the superusers who have access to it.
    #[serde(skip)]
    pub(crate) access: BTreeMap<String, CloudAccess>,
    /// Defaults of the settings of its models, to begin with.
    #[serde(default)]
    pub(crate) defaults: BTreeMap<String, Value>,
}

/// What a user may do on a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CloudAccess {
    AddModel,
    Admin,
}

impl CloudAccess {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AddModel => "add-model",
            Self::Admin => "admin",
        }
    }

    /// Reads the word of the API.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::AddModel, Self::Admin].into_iter().find(|access| access.as_str() == text)
    }
}

/// Default name of a cloud's credential.
pub(crate) fn default_credential() -> String {
    "default".to_owned()
}

impl Cloud {
    /// How its credential logs in.
    pub(crate) fn credential_auth_type(&self) -> String {
        self.auth_type.clone().or_else(|| self.supported_auth_types().into_iter().next()).unwrap_or_default()
    }

    /// How one can log in to it.
    pub(crate) fn supported_auth_types(&self) -> Vec<String> {
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
    /// The cloud of this name.
    pub(crate) fn cloud_mut(&mut self, name: &str) -> Option<&mut Cloud> {
        std::iter::once(&mut self.cloud).chain(&mut self.clouds).find(|cloud| cloud.name == name)
    }

    /// All clouds, its own first.
    pub(crate) fn all_clouds(&self) -> impl Iterator<Item = &Cloud> {
        std::iter::once(&self.cloud).chain(&self.clouds)
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
