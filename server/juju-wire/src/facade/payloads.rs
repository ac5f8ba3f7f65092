//! Facade `Payloads`: what units say they run.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

crate::methods! { Payloads {
    /// Payloads of units.
    List(read): PayloadListArgs => PayloadListResults,
} }

/// What `Payloads.List` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PayloadListArgs {
    /// Names or wildcards; any match is enough, none means everything.
    #[serde(with = "crate::go::nil")]
    pub patterns: Vec<String>,
}

/// What `Payloads.List` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PayloadListResults {
    #[serde(with = "crate::go::nil")]
    pub results: Vec<Payload>,
}

/// A payload of a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Payload {
    pub class: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub status: String,
    #[serde(with = "crate::go::nil")]
    pub labels: Vec<String>,
    pub unit: String,
    pub machine: String,
}
