//! The section `policy`: which of the shipped rules are in force, and files with roles, bindings and rules of one's own.

use std::path::PathBuf;

use ::policy::Profile;
use schemars::JsonSchema;
use serde::Deserialize;

/// What decides who may do what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolicySection {
    /// Which of the shipped rules are in force: `shipped` (all), `gentle` (what is destroyed outside production needs no
    /// yes) or `none`; `shipped` unless given.
    #[schemars(with = "Option<String>")]
    pub(crate) rules: Option<Profile>,
    /// Files with roles, bindings, rules and settings, read in this order and watched: a change is in force within seconds.
    pub(crate) files: Vec<PathBuf>,
}
