//! Upgrades of a machine's operating system.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::method::null_is_empty;

/// What `MachineManager.GetUpgradeSeriesMessages` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesNotificationParams {
    /// Parameters by name.
    #[serde(with = "crate::go::nil")]
    pub params: Vec<UpgradeSeriesNotificationParam>,
}

/// What `MachineManager.UpgradeSeriesValidate` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesUnitsResults {
    /// One for each item that was asked for, in order.
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<UpgradeSeriesUnitsResult>,
}

/// A machine and the watcher of its upgrade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesNotificationParam {
    /// The entity.
    pub entity: Entity,
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
}

/// One item of what `MachineManager.UpgradeSeriesValidate` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesUnitsResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// Names of the units.
    #[serde(with = "crate::go::nil")]
    pub unit_names: Vec<String>,
}
