//! The ways in which a text tries to steer an assistant.

use std::fmt;

/// One way; a text may try several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Wants earlier instructions forgotten, or says that they no longer hold.
    Override,
    /// Gives the assistant another part to play, one without rules.
    Persona,
    /// Imitates the marks that separate system, user and assistant, or the end of data.
    Roles,
    /// Imitates the call of a tool, or names one that is to be called.
    Tools,
    /// Wants secrets, prompts or conversations shown or sent somewhere.
    Exfiltration,
    /// Wants something kept from the human.
    Concealment,
    /// Claims a permission or an approval, or wants the human left out.
    Authority,
    /// Speaks to an assistant and orders it to act.
    Addressed,
    /// Carries letters that nobody sees, or that show in another order.
    Hidden,
    /// One of the others, behind an encoding.
    Encoded,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Override,
        Self::Persona,
        Self::Roles,
        Self::Tools,
        Self::Exfiltration,
        Self::Concealment,
        Self::Authority,
        Self::Addressed,
        Self::Hidden,
        Self::Encoded,
    ];

    /// The word for metrics, ledger and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Persona => "persona",
            Self::Roles => "roles",
            Self::Tools => "tools",
            Self::Exfiltration => "exfiltration",
            Self::Concealment => "concealment",
            Self::Authority => "authority",
            Self::Addressed => "addressed",
            Self::Hidden => "hidden",
            Self::Encoded => "encoded",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
