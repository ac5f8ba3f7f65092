//! Upgrades of a machine's operating system.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::method::null_is_empty;

/// What `MachineManager.GetUpgradeSeriesMessages` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesNotificationParams {
    #[serde(with = "crate::go::nil")]
    pub params: Vec<UpgradeSeriesNotificationParam>,
}

/// What `MachineManager.UpgradeSeriesValidate` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesUnitsResults {
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<UpgradeSeriesUnitsResult>,
}

/// A machine and the watcher of its upgrade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesNotificationParam {
    pub entity: Entity,
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
}

/// One item of what `MachineManager.UpgradeSeriesValidate` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeSeriesUnitsResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(with = "crate::go::nil")]
    pub unit_names: Vec<String>,
}
