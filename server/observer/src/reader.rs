//! Reads from the controller what watchers do not report. Every method is a read, by type.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use juju_client::{Error, ReadOnlySession};
use juju_wire::{
    Entities, Entity, Tag,
    facade::{
        application::{Get, config::ApplicationGet},
        client::{
            FullStatus,
            application::{ApplicationStatus, UnitStatus},
            status::{FullStatusResult, StatusParams},
        },
        controller::ControllerConfig,
        model_manager::{ModelInfo, info::ModelUser},
        secrets::{ListSecrets, list::ListSecretsArgs},
    },
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    OptionValue,
    certificate::not_after,
    facts::{Expiry, Reported, ReportedStatus, UserConnection},
};

/// Time between two reads of what changes rarely.
const SLOW_INTERVAL: TimeDelta = TimeDelta::minutes(10);
/// Parts of names of options with a value that is a secret.
const SECRET_WORDS: [&str; 8] = ["password", "passwd", "secret", "token", "key", "credential", "cert", "auth"];

/// Reads a model: `before` has what was read the last time, `compared` the applications with options to compare.
pub(crate) async fn read_model(
    session: &ReadOnlySession,
    before: &Reported,
    compared: &BTreeSet<Box<str>>,
    now: DateTime<Utc>,
) -> Result<Reported, Error> {
    let params = StatusParams { include_storage: true, ..StatusParams::default() };
    let (status, problem) = match session.call::<FullStatus>(params).await {
        Ok(status) => (status, None),
        // the controller describes all storage or none
        Err(Error::Remote(remote)) => {
            let status = session.call::<FullStatus>(StatusParams::default()).await?;
            (status, Some(remote.message))
        }
        Err(error) => return Err(error),
    };
    let mut reported = of_status(&status);
    reported.read_at = Some(now);
    reported.connections.clone_from(&before.connections);
    if let Some((id, storage)) = problem.as_deref().and_then(lost_storage) {
        reported.storage.insert(id, storage);
    }
    let is_due = before.read_at.is_none_or(|read| read + SLOW_INTERVAL / 10 <= now);
    reported.expiries = if is_due { expiries(session).await } else { before.expiries.clone() };
    for name in compared {
        if let Ok(options) = read_options(session, name).await {
            reported.options.insert(name.clone(), options);
        }
    }
    Ok(reported)
}

/// The options of an application that are set, secret values as hashes.
pub(crate) async fn read_options(
    session: &ReadOnlySession,
    application: &str,
) -> Result<BTreeMap<Box<str>, OptionValue>, Error> {
    let get = ApplicationGet { application: application.to_owned(), branch: "master".to_owned() };
    Ok(options(&session.call::<Get>(get).await?.config))
}

/// When the certificate of a controller ends; `None` where the user may not read it.
pub(crate) async fn read_certificate(session: &ReadOnlySession) -> Option<Expiry> {
    let config = session.call::<ControllerConfig>(()).await.ok()?.config;
    let at = not_after(config.get("ca-cert")?.as_str()?)?;
    Some(Expiry { kind: "certificate", name: "of the controller's CA".into(), at })
}

/// When other users than the own one were last connected to a model; empty where the user may not read it. It is the only record of
/// who has made a change that a controller returns: its audit log is a file on its machines.
pub(crate) async fn read_connections(controller: &ReadOnlySession, model_uuid: &str) -> Vec<UserConnection> {
    let model = Entity { tag: Tag::new("model", model_uuid).to_string() };
    let Ok(reply) = controller.call::<ModelInfo>(Entities { entities: vec![model] }).await else { return Vec::new() };
    let users = reply.results.into_iter().filter_map(|result| result.result).flat_map(|info| info.users);
    let connection = |user: ModelUser| {
        let time = time(user.last_connection.as_deref())?;
        (user.user != controller.user()).then(|| UserConnection { user: user.user.into(), time })
    };
    users.filter_map(connection).collect()
}

fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?).ok().map(|time| time.to_utc())
}

fn of_status(status: &FullStatusResult) -> Reported {
    let mut reported = Reported::default();
    for (name, application) in &status.applications {
        of_application(name, application, status.model.kind == "caas", &mut reported);
    }
    for relation in &status.relations {
        let found = &relation.status;
        if !matches!(found.status.as_str(), "joined" | "") {
            let (status, message) = (found.status.as_str().into(), found.info.as_str().into());
            let since = time(found.since.as_deref());
            reported.relations.insert(relation.id, ReportedStatus { status, message, since, unit: None });
        }
    }
    if !status.model.available_version.is_empty() {
        reported.agent_upgrade = Some(status.model.available_version.as_str().into());
    }
    for storage in &status.storage {
        let Some(id) = Tag::parse_id("storage", &storage.storage_tag).ok() else { continue };
        if storage.status.status == "attached" {
            continue;
        }
        let mut tags = storage.attachments.keys().chain([&storage.owner_tag]);
        let unit = tags.find_map(|tag| Tag::parse_id("unit", tag).ok());
        let found = ReportedStatus {
            status: storage.status.status.as_str().into(),
            message: storage.status.info.as_str().into(),
            since: time(storage.status.since.as_deref()),
            unit: unit.map(Into::into),
        };
        reported.storage.insert(id.into(), found);
    }
    reported
}

fn of_application(name: &str, application: &ApplicationStatus, is_cluster: bool, reported: &mut Reported) {
    if !application.can_upgrade_to.is_empty() {
        reported.charm_upgrades.insert(name.into(), application.can_upgrade_to.as_str().into());
    }
    if is_cluster && application.int > 0 {
        reported.scales.insert(name.into(), u64::try_from(application.int).unwrap_or_default());
    }
    if !application.units.is_empty() {
        let mut units = application.units.values();
        reported.leaders.insert(name.into(), units.any(|unit| unit.leader));
    }
    for (unit, status) in &application.units {
        of_unit(unit, status, reported);
    }
}

fn of_unit(name: &str, unit: &UnitStatus, reported: &mut Reported) {
    if unit.agent_status.status == "lost" {
        reported.lost_agents.insert(name.into(), time(unit.agent_status.since.as_deref()));
    }
    for (subordinate, status) in &unit.subordinates {
        if let Some((application, _)) = subordinate.split_once('/') {
            *reported.leaders.entry(application.into()).or_default() |= status.leader;
        }
        of_unit(subordinate, status, reported);
    }
}

/// The storage that an error names: `getting details for storage data/0: filesystem for storage instance "data/0" not found`.
fn lost_storage(message: &str) -> Option<(Box<str>, ReportedStatus)> {
    let id = message.split_once("storage instance \"")?.1.split_once('"')?.0;
    let status = ReportedStatus { status: "lost".into(), message: message.into(), since: None, unit: Some("".into()) };
    Some((id.into(), status))
}

async fn expiries(session: &ReadOnlySession) -> Vec<Expiry> {
    let Ok(listed) = session.call::<ListSecrets>(ListSecretsArgs::default()).await else { return Vec::new() };
    let expiry = |secret: &juju_wire::facade::secrets::list::ListSecretResult| {
        let at = time(secret.latest_expire_time.as_deref())?;
        let name = if secret.label.is_empty() { &secret.uri } else { &secret.label };
        Some(Expiry { kind: "secret", name: name.as_str().into(), at })
    };
    listed.results.iter().filter_map(expiry).collect()
}

/// The options that are set, secret values as hashes.
fn options(config: &BTreeMap<String, Value>) -> BTreeMap<Box<str>, OptionValue> {
    let set = config.iter().filter(|(_, option)| option["source"] == "user");
    set.map(|(name, option)| (name.as_str().into(), option_value(name, &option["value"]))).collect()
}

/// The value of an option as a baseline has it.
#[must_use]
pub fn option_value(name: &str, value: &Value) -> OptionValue {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let lower = name.to_lowercase();
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        let digest = Sha256::digest(text.as_bytes());
        return OptionValue::Hash(hex::encode(&digest[..6]).into());
    }
    OptionValue::Text(text.into())
}
