//! The state of the targets of an act: what its approval depends on.

use std::sync::Arc;

use futures::FutureExt as _;
use juju_client::Error;
use juju_wire::{
    RemoteError,
    facade::client::{
        FullStatus,
        application::{ApplicationStatus, UnitStatus},
        machine::MachineStatus,
        status::{FullStatusResult, StatusParams},
    },
    tag::Tag,
};
use policy::TargetEntity;
use serde_json::{Map, Value, json};

use crate::{Failure, KnownStatus, ResolvedTarget};

impl ResolvedTarget {
    /// The state of the targets, without anything that changes by itself: charm, revision, units, relations, exposure, the
    /// machines under them; the whole model where no target is an application, a unit or a machine. `null` for an act
    /// on no model.
    ///
    /// # Errors
    /// [`Failure`] where the controller does not answer.
    pub async fn target_state(&self, entities: &[TargetEntity]) -> Result<Value, Failure> {
        if self.location().model().is_none() {
            return Ok(Value::Null);
        }
        Ok(target_state(&self.full_status().await?, self.model_uuid(), entities))
    }

    /// The status of what the patterns select, with its storage. Juju fails the whole request if one storage instance has no filesystem
    /// or volume, as happens while a unit starts or after its removal; then the status comes without storage, and with Juju's reason.
    pub(crate) async fn status_with_storage(
        &self,
        patterns: Vec<String>,
    ) -> Result<(FullStatusResult, Option<String>), Failure> {
        let connection = self.model_connection().await?;
        let params = StatusParams { patterns, include_storage: true };
        match connection.call::<FullStatus>(params.clone()).await {
            Err(Error::Remote(error)) if is_storage_problem(&error) => {
                let params = StatusParams { include_storage: false, ..params };
                Ok((connection.call::<FullStatus>(params).await?, Some(error.to_string())))
            }
            result => Ok((result?, None)),
        }
    }

    /// The status of what the patterns select, for a read: from the source of this target where that has all of it.
    pub(crate) async fn status_for_read(&self, patterns: Vec<String>) -> Result<KnownStatus, Failure> {
        let whole = patterns.is_empty();
        let request = self.status_with_storage(patterns);
        let known = if let Some(source) = self.status_source().filter(|_| whole) {
            source.status(request.boxed()).await?
        } else {
            let (status, storage_problem) = request.await?;
            KnownStatus { status: Arc::new(status), storage_problem, as_of: None }
        };
        if let Some(time) = known.as_of {
            self.set_as_of(time);
        }
        Ok(known)
    }

    pub(crate) async fn full_status(&self) -> Result<FullStatusResult, Failure> {
        let connection = self.model_connection().await?;
        Ok(connection.call::<FullStatus>(StatusParams::default()).await?)
    }
}

/// Whether the error is about storage, and not about the model or the patterns.
fn is_storage_problem(error: &RemoteError) -> bool {
    ["storage", "filesystem", "volume"].iter().any(|word| error.message.contains(word))
}

fn target_state(status: &FullStatusResult, uuid: &str, entities: &[TargetEntity]) -> Value {
    let tags: Vec<Tag> = entities.iter().filter_map(|entity| Tag::parse(&entity.tag()?).ok()).collect();
    let named = |tag: &Tag| match tag.kind() {
        "application" => Some(("applications", tag.id().to_owned())),
        "unit" => Some(("applications", tag.id().split('/').next().unwrap_or_default().to_owned())),
        "machine" => Some(("machines", tag.id().split('/').next().unwrap_or_default().to_owned())),
        _ => None,
    };
    let chosen: Option<Vec<_>> =
        if tags.len() == entities.len() && !tags.is_empty() { tags.iter().map(named).collect() } else { None };
    let mut shown = json!({"model": uuid, "version": status.model.version});
    if let Some(chosen) = chosen {
        for (kind, name) in chosen {
            shown[kind][&name] = match kind {
                "applications" => status.applications.get(&name).map_or(Value::Null, application),
                _ => status.machines.get(&name).map_or(Value::Null, |one| machine(one, &name, status)),
            };
        }
    } else {
        shown["applications"] =
            status.applications.iter().map(|(name, one)| (name.clone(), application(one))).collect();
        shown["machines"] = status.machines.iter().map(|(id, one)| (id.clone(), machine(one, id, status))).collect();
        shown["offers"] = status.offers.keys().cloned().collect();
        shown["saas"] = status.remote_applications.keys().cloned().collect();
    }
    shown
}

fn application(one: &ApplicationStatus) -> Value {
    let units: Map<String, Value> = one.units.iter().map(|(name, unit)| (name.clone(), unit_placement(unit))).collect();
    json!({
        "charm": one.charm,
        "channel": one.charm_channel,
        "life": one.life,
        "exposed": one.exposed,
        "exposed_endpoints": one.exposed_endpoints,
        "relations": one.relations,
        "subordinate_to": one.subordinate_to,
        "scale": one.int,
        "units": units,
    })
}

/// The machine and the subordinates of a unit.
fn unit_placement(unit: &UnitStatus) -> Value {
    let below: Vec<_> = unit.subordinates.keys().collect();
    json!({"machine": unit.machine, "subordinates": below})
}

fn machine(one: &MachineStatus, id: &str, status: &FullStatusResult) -> Value {
    let on_it = |unit: &UnitStatus| unit.machine == id || unit.machine.starts_with(&format!("{id}/"));
    let units = status.applications.values().flat_map(|application| &application.units);
    let units: Vec<_> = units.filter(|(_, unit)| on_it(unit)).map(|(name, _)| name).collect();
    json!({"instance": one.instance_id, "containers": one.containers.keys().collect::<Vec<_>>(), "units": units})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> FullStatusResult {
        serde_json::from_value(json!({
            "model": {"name": "shop", "type": "iaas", "cloud-tag": "cloud-lxd", "version": "3.6.11",
                "available-version": "", "model-status": detail(), "meter-status": {"color": "", "message": ""}, "sla": ""},
            "machines": {"0": machine_of("0"), "1": machine_of("1")},
            "applications": {"web": application_of(&["web/0", "web/1"]), "db": application_of(&["db/0"])},
            "remote-applications": {}, "offers": {}, "relations": [], "controller-timestamp": null, "branches": {},
            "storage": [], "filesystems": [], "volumes": [],
        }))
        .expect("a status")
    }

    fn detail() -> Value {
        json!({"status": "active", "info": "since then", "data": {}, "since": "2026-01-01T00:00:00Z", "kind": "",
            "version": "", "life": ""})
    }

    fn machine_of(id: &str) -> Value {
        json!({"agent-status": detail(), "instance-status": detail(), "modification-status": detail(), "hostname": "",
            "dns-name": "", "instance-id": format!("i-{id}"), "display-name": "", "base": {"name": "ubuntu", "channel": "22.04"},
            "id": id, "containers": {}, "constraints": "", "hardware": "", "jobs": [], "has-vote": false, "wants-vote": false})
    }

    fn application_of(units: &[&str]) -> Value {
        let unit = |name: &&str| {
            let number = name.split('/').nth(1).unwrap_or_default();
            (
                (*name).to_owned(),
                json!({"agent-status": detail(), "workload-status": detail(), "workload-version": "",
                "machine": number, "opened-ports": null, "public-address": "", "charm": "", "subordinates": {}}),
            )
        };
        let units: Map<String, Value> = units.iter().map(unit).collect();
        json!({"charm": "ch:web-1", "charm-version": "", "charm-profile": "", "charm-channel": "stable", "charm-rev": 1,
            "base": {"name": "ubuntu", "channel": "22.04"}, "exposed": false, "life": "alive", "relations": {},
            "can-upgrade-to": "", "subordinate-to": [], "units": units, "meter-statuses": {}, "status": detail(),
            "workload-version": "", "endpoint-bindings": {}, "int": 0, "provider-id": "", "public-address": ""})
    }

    fn state_of(status: &FullStatusResult, target: &str) -> Value {
        target_state(status, "uuid", &[TargetEntity::Known(target.to_owned())])
    }

    #[test]
    fn target_state_ignores_what_changes_by_itself() {
        let before = status();
        let mut after = status();
        let web = after.applications.get_mut("web").expect("web");
        web.status.since = Some("2026-02-02T00:00:00Z".into());
        web.units.values_mut().for_each(|unit| unit.workload_status.info = "busy".into());
        assert_eq!(state_of(&before, "application-web"), state_of(&after, "application-web"));
        after.applications.get_mut("web").expect("web").units.remove("web/1");
        assert_ne!(state_of(&before, "application-web"), state_of(&after, "application-web"));
        assert_ne!(
            state_of(&before, "unit-web-0"),
            state_of(&after, "unit-web-0"),
            "a unit has the state of its application"
        );
        assert_ne!(
            state_of(&before, "machine-1"),
            state_of(&after, "machine-1"),
            "a machine has the state of its units"
        );
        assert_eq!(state_of(&before, "application-db"), state_of(&after, "application-db"));
    }

    #[test]
    fn target_state_covers_the_model_without_known_targets() {
        let before = status();
        let mut after = status();
        after.applications.remove("db");
        for targets in [vec![], vec!["model-1"], vec!["no tag"], vec!["application-web", "model-1"]] {
            let targets: Vec<_> = targets.iter().map(|tag| TargetEntity::Known((*tag).to_owned())).collect();
            assert_ne!(target_state(&before, "uuid", &targets), target_state(&after, "uuid", &targets), "{targets:?}");
        }
        assert_ne!(
            target_state(&before, "uuid", &[]),
            target_state(&before, "another", &[]),
            "a model that was made anew"
        );
    }

    #[test]
    fn target_state_of_a_missing_entity_is_null() {
        assert!(state_of(&status(), "application-new")["applications"]["new"].is_null());
        assert!(!state_of(&status(), "application-web")["applications"]["web"].is_null());
    }
}
