//! Facade `Payloads`: what units say they run.

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
    /// One for each item that was asked for, in order.
    #[serde(with = "crate::go::nil")]
    pub results: Vec<Payload>,
}

/// A payload of a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Payload {
    /// Class of the payload.
    pub class: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: String,
    /// Labels of the payload.
    #[serde(with = "crate::go::nil")]
    pub labels: Vec<String>,
    /// Name of the unit.
    pub unit: String,
    /// Id of the machine.
    pub machine: String,
}
