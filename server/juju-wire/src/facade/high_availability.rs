//! Facade `HighAvailability`: how many controllers there are.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    #[serde(with = "crate::go::nil")]
    pub specs: Vec<ControllersSpec>,
}

/// What `HighAvailability.EnableHA` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChangeResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ControllersChangeResult>,
}

/// How many controllers are wanted, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersSpec {
    /// How many controllers are wanted.
    pub num_controllers: i64,
    pub constraints: Constraints,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub placement: Vec<String>,
}

/// One item of what `HighAvailability.EnableHA` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChangeResult {
    pub result: ControllersChanges,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What changed among the controllers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllersChanges {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub added: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub maintained: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub removed: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub converted: Vec<String>,
}
