//! The section `policy`: which built-in rules apply, and files with own roles, role bindings and rules.

use std::path::PathBuf;

use ::policy::BuiltinRules;
use schemars::JsonSchema;
use serde::Deserialize;

/// The authorization policy.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolicySection {
    /// Which built-in rules apply: `all`, `relaxed` (destructive operations outside production need no approval) or `none`.
    /// Default: `all`; for `stdio`: `relaxed`.
    #[schemars(with = "Option<String>")]
    pub(crate) builtin_rules: Option<BuiltinRules>,
    /// Files with roles, role bindings, rules and settings, merged in this order. The server reloads them when they change.
    pub(crate) files: Vec<PathBuf>,
}
