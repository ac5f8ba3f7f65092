//! Where the applications of a model run.

use serde::Deserialize;

/// The kind of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Applications run on machines.
    Machines,
    /// Applications run in pods.
    Kubernetes,
}
