//! Facts: numbers about the estate that rules need and the act does not contain.

/// A fact that the dispatcher looks up if a rule needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// Number of units that the application has before the act.
    UnitsNow,
}

impl Fact {
    /// All facts.
    pub const ALL: [Self; 1] = [Self::UnitsNow];

    /// `units.now`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnitsNow => "units.now",
        }
    }

    /// Parses the text that [`Fact::as_str`] returns.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.as_str() == name)
    }
}
