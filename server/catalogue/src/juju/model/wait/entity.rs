//! Entities to wait for: kinds, properties, and their updates by deltas.

use std::collections::BTreeMap;

use juju_wire::delta::{Delta, EntityInfo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An application.
    Application,
    /// A unit.
    Unit,
    /// A machine.
    Machine,
    /// The model.
    Model,
    /// All units of an application or of the model.
    Units,
    /// All applications of the model.
    Applications,
    /// All machines of the model.
    Machines,
}

/// The name of all of a kind.
pub(super) const ALL: &str = "*";

impl Kind {
    /// The kind of one of them.
    pub(super) fn single(self) -> Self {
        match self {
            Self::Units => Self::Unit,
            Self::Applications => Self::Application,
            Self::Machines => Self::Machine,
            single => single,
        }
    }

    /// Whether all of them have to match.
    pub(super) fn is_plural(self) -> bool {
        self.single() != self
    }

    /// The name of the kind.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Unit => "unit",
            Self::Machine => "machine",
            Self::Model => "model",
            Self::Units => "units",
            Self::Applications => "applications",
            Self::Machines => "machines",
        }
    }

    /// The default query.
    pub(super) fn goal(self) -> &'static str {
        match self.single() {
            Self::Application => r#"life=="alive" && status=="active""#,
            Self::Unit => r#"life=="alive" && workload-status=="active""#,
            Self::Machine => r#"life=="alive" && status=="started""#,
            _ => r#"life=="alive" && status=="available""#,
        }
    }

    /// Property names for queries.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self.single() {
            Self::Application => {
                &["name", "life", "exposed", "charm-url", "min-units", "subordinate", "status", "workload-version"]
            }
            Self::Unit => &[
                "name",
                "application",
                "base",
                "charm-url",
                "life",
                "public-address",
                "private-address",
                "machine-id",
                "principal",
                "subordinate",
                "workload-status",
                "workload-message",
                "agent-status",
            ],
            Self::Machine => &["id", "life", "status", "agent-status", "instance-status", "base", "container-type"],
            _ => &["name", "life", "is-controller", "status"],
        }
    }
}

/// The current state of one entity from the deltas.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// The properties; `None` before the first delta.
    properties: Option<Map<String, Value>>,
    /// Statuses of an application's units, from which its own derives where the charm sets none.
    units: BTreeMap<String, String>,
    /// Whether it is gone.
    pub(super) removed: bool,
}

impl Watched {
    /// Applies one change. Of other entities only the units of the application matter.
    pub(super) fn take(&mut self, kind: Kind, name: &str, delta: &Delta) {
        if let (Kind::Application, EntityInfo::Unit(unit)) = (kind, &delta.entity)
            && unit.application == name
        {
            if delta.removed {
                self.units.remove(&unit.name);
            } else {
                self.units.insert(unit.name.clone(), unit.workload_status.current.clone());
            }
        }
        let Some(properties) = properties(kind, name, &delta.entity) else { return };
        let Value::Object(mut properties) = properties else { return };
        if delta.removed {
            properties.insert("life".to_owned(), json!("dead"));
        }
        self.removed = delta.removed;
        self.properties = Some(properties);
    }

    /// The properties now.
    pub(super) fn now(&self) -> Option<Map<String, Value>> {
        let mut properties = self.properties.clone()?;
        if properties.get("status") == Some(&json!("unset")) {
            properties.insert("status".to_owned(), json!(worst(self.units.values())));
        }
        Some(properties)
    }
}

/// The status that counts for an application, of those of its units.
fn worst<'a>(statuses: impl Iterator<Item = &'a String>) -> &'a str {
    const ORDER: &[&str] = &["error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown"];
    let place = |status: &str| ORDER.iter().position(|known| *known == status).unwrap_or(ORDER.len());
    statuses.map(String::as_str).min_by_key(|status| place(status)).unwrap_or("unknown")
}

/// The properties of the entity.
fn properties(kind: Kind, name: &str, entity: &EntityInfo) -> Option<Value> {
    match (kind, entity) {
        (Kind::Application, EntityInfo::Application(one)) if one.name == name => Some(json!({
            "name": one.name, "life": one.life, "exposed": one.exposed, "charm-url": one.charm_url,
            "min-units": one.min_units, "subordinate": one.subordinate, "status": one.status.current,
            "workload-version": one.workload_version})),
        (Kind::Unit, EntityInfo::Unit(one)) if one.name == name => Some(json!({
            "name": one.name, "application": one.application, "base": one.base, "charm-url": one.charm_url,
            "life": one.life, "public-address": one.public_address, "private-address": one.private_address,
            "machine-id": one.machine_id, "principal": one.principal, "subordinate": one.subordinate,
            "workload-status": one.workload_status.current, "workload-message": one.workload_status.message,
            "agent-status": one.agent_status.current})),
        (Kind::Machine, EntityInfo::Machine(one)) if one.id == name => Some(json!({
            "id": one.id, "life": one.life, "status": one.agent_status.current,
            "agent-status": one.agent_status.current, "instance-status": one.instance_status.current,
            "base": one.base, "container-type": one.container_type})),
        (Kind::Model, EntityInfo::Model(one)) => Some(json!({
            "name": one.name, "life": one.life, "is-controller": one.is_controller, "status": one.status.current})),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_status_derives_from_the_worst_unit() {
        let statuses = ["active", "blocked", "waiting"].map(str::to_owned);
        assert_eq!(worst(statuses.iter()), "blocked");
        assert_eq!(worst([].iter()), "unknown");
    }
}
