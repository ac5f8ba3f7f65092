//! Which of the built-in rules a policy includes.

use serde::Deserialize;

/// Which of the built-in rules a policy includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltinRules {
    /// All of them.
    #[default]
    All,
    /// All of them, but destructive acts outside production need no approval: for a single user, and for trying things out.
    Relaxed,
    /// None.
    None,
}

impl BuiltinRules {
    /// `all`, `relaxed`, `none`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Relaxed => "relaxed",
            Self::None => "none",
        }
    }
}
