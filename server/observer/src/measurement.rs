//! Series of measured values, for detectors of saturation. Juju itself measures none of them: metrics systems do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasurementKind {
    /// Used share of the processor, in percent.
    Cpu,
    /// Used share of the memory, in percent.
    Memory,
    /// Used share of a file system, in percent.
    Disk,
    /// Used share of a storage pool, in percent.
    StoragePool,
}

/// The values of one thing over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Kind of the entity, `unit` or `machine`.
    pub entity_kind: Box<str>,
    /// Its name, `db/1`.
    pub entity: Box<str>,
    /// What is measured.
    pub kind: MeasurementKind,
    /// Which of several, `/var/lib/postgresql`; empty where there is one.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub detail: Box<str>,
    /// Times with values in percent, the oldest first.
    pub points: Vec<(DateTime<Utc>, f64)>,
}
