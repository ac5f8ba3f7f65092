//! Model details for `juju models` and `juju show-model`.
#![expect(clippy::struct_field_names, reason = "the names are the client's")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use juju_wire::facade::{
    client::entity_status::EntityStatus,
    model_manager::info::{ModelDetails, ModelMigrationStatus, ModelUser},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::juju::render::{age, id, last_connection};

/// The state of a model.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    #[serde(skip_serializing_if = "String::is_empty")]
    current: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    since: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    migration: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    migration_start: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    migration_end: String,
}

impl State {
    pub(crate) fn of(wire: &EntityStatus, migration: Option<&ModelMigrationStatus>, now: DateTime<Utc>) -> Self {
        let time = |time: Option<&String>| age(time.map(String::as_str), now);
        Self {
            current: wire.status.clone(),
            message: wire.info.clone(),
            reason: wire.data.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
            since: time(wire.since.as_ref()),
            migration: migration.map(|one| one.status.clone()).unwrap_or_default(),
            migration_start: time(migration.and_then(|one| one.start.as_ref())),
            migration_end: time(migration.and_then(|one| one.end.as_ref())),
        }
    }
}

impl State {
    /// The status in one word.
    pub(crate) fn current(&self) -> &str {
        &self.current
    }

    /// What the status adds to the word.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

/// The credential of a model, by name.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Credential {
    name: String,
    owner: String,
    cloud: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_check: Option<&'static str>,
}

impl Credential {
    /// Reads a credential's tag; none where there is none.
    pub(crate) fn of(tag: &str, valid: Option<bool>) -> Option<Self> {
        let id = id(tag);
        let mut parts = id.splitn(3, '/').map(str::to_owned);
        let (cloud, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { name, owner, cloud, validity_check: valid.map(|valid| if valid { "valid" } else { "invalid" }) })
    }
}

/// A user of a model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct User {
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    access: String,
    last_connection: String,
}

impl User {
    /// The user for a reader, beside accounts: name, display name, access, creation, last connection.
    pub(crate) fn row(&self, name: &str) -> Vec<String> {
        [name, &self.display_name, &self.access, "", &self.last_connection].map(str::to_owned).to_vec()
    }
}

/// Users of a model by name.
pub(crate) fn users(wire: &[ModelUser], now: DateTime<Utc>) -> BTreeMap<String, User> {
    let user = |one: &ModelUser| User {
        display_name: one.display_name.clone(),
        access: one.access.clone(),
        last_connection: last_connection(one.last_connection.as_deref(), now),
    };
    wire.iter().map(|one| (one.user.clone(), user(one))).collect()
}

/// One model in detail.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Model {
    name: String,
    short_name: String,
    model_uuid: String,
    model_type: String,
    controller_uuid: String,
    controller_name: String,
    is_controller: bool,
    owner: String,
    cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    region: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    provider: String,
    life: String,
    status: State,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users: BTreeMap<String, User>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    machines: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secret_backends: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    sla: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sla_owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<Credential>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supported_features: Vec<Value>,
}

impl Model {
    pub(crate) fn of(wire: ModelDetails, controller: &str) -> Self {
        let now = Utc::now();
        let owner = id(&wire.owner_tag);
        let sla = wire.sla.unwrap_or_default();
        let cores = |hardware: Option<u64>| json!({"cores": hardware.unwrap_or_default()});
        let backend = |one: &juju_wire::facade::model_manager::info::SecretBackendResult| {
            let mut value = json!({"num-secrets": one.num_secrets, "status": one.status});
            if !one.message.is_empty() {
                value["message"] = json!(one.message);
            }
            (one.result.name.clone(), value)
        };
        Self {
            name: format!("{owner}/{}", wire.name),
            short_name: wire.name,
            model_uuid: wire.uuid,
            model_type: wire.kind,
            controller_uuid: wire.controller_uuid,
            controller_name: controller.to_owned(),
            is_controller: wire.is_controller,
            owner,
            cloud: id(&wire.cloud_tag),
            region: wire.cloud_region,
            provider: wire.provider_type,
            life: wire.life.as_str().to_owned(),
            status: State::of(&wire.status, wire.migration.as_ref(), now),
            users: users(&wire.users, now),
            machines: wire
                .machines
                .iter()
                .map(|one| (one.id.clone(), cores(one.hardware.as_ref().and_then(|hardware| hardware.cores))))
                .collect(),
            secret_backends: wire.secret_backends.iter().map(backend).collect(),
            sla: sla.level,
            sla_owner: sla.owner,
            agent_version: wire.agent_version,
            credential: Credential::of(&wire.cloud_credential_tag, wire.cloud_credential_validity),
            supported_features: wire.supported_features.iter().map(|one| json!(one)).collect(),
        }
    }
}
