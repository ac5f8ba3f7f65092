//! Facade `HighAvailability`: how many controllers there are.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::Constraints;
use crate::method::null_is_empty;

crate::methods! { HighAvailability {
    /// Sets how many controllers there are.
    EnableHA(write): ControllersSpecs => ControllersChangeResults,
} }

/// What `HighAvailability.EnableHA` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersSpecs {
    /// What is wanted.
    #[serde(with = "crate::go::nil")]
    pub specs: Vec<ControllersSpec>,
}

/// What `HighAvailability.EnableHA` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChangeResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ControllersChangeResult>,
}

/// How many controllers are wanted, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersSpec {
    /// How many controllers are wanted.
    pub num_controllers: i64,
    /// Constraints on the machines or containers.
    pub constraints: Constraints,
    /// Where to put it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub placement: Vec<String>,
}

/// One item of what `HighAvailability.EnableHA` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChangeResult {
    /// What was asked for.
    pub result: ControllersChanges,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What changed among the controllers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChanges {
    /// Machines that were added.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub added: Vec<String>,
    /// Machines that stay.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub maintained: Vec<String>,
    /// ?
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub removed: Vec<String>,
    /// Machines that became controllers.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub converted: Vec<String>,
}
