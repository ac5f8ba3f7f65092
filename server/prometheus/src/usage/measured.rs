//! What is measured, and of what.

use serde::Serialize;

use crate::{Thresholds, Verdict};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Processors.
    Cpu,
    /// Memory.
    Memory,
    /// File systems and volumes.
    Disk,
    /// Bytes received and sent.
    Network,
    /// Requests that failed.
    ErrorRate,
    /// Duration of requests: 95 of 100 are faster.
    Latency,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Cpu, Self::Memory, Self::Disk, Self::Network, Self::ErrorRate, Self::Latency];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::ErrorRate => "error_rate",
            Self::Latency => "latency",
        }
    }

    pub(super) fn verdict(self, unit: &str, value: f64, thresholds: &Thresholds) -> Option<Verdict> {
        let levels = match self {
            Self::Cpu => thresholds.cpu,
            Self::Memory => thresholds.memory,
            Self::Disk => thresholds.disk,
            Self::ErrorRate => thresholds.error_rate,
            Self::Network | Self::Latency => return None,
        };
        (unit == "%").then(|| levels.verdict(value))
    }

    /// Whether it can be full.
    pub(super) fn fills(self, unit: &str) -> bool {
        matches!(self, Self::Memory | Self::Disk) && unit == "%"
    }
}

/// What the values are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Everything in one value.
    Total,
    /// Nodes or machines.
    Node,
    /// Namespaces of Kubernetes.
    Namespace,
    /// Models of Juju.
    Model,
    /// Applications of Juju, or services.
    Application,
}
