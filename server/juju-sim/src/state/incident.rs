//! An incident: the cause that keeps one unit from working, and the units that suffer from it.

/// What has to change until the incident ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The application runs this revision of its charm.
    Revision(i64),
    /// An option of the application has this value.
    Option {
        /// Name of the option.
        name: String,
        /// The value that the charm cannot use.
        value: serde_json::Value,
    },
    /// The machine of the unit is lost.
    Machine,
}

/// An incident of a model.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    /// Application and number of the unit with the cause.
    pub(crate) unit: (String, u32),
    pub(crate) cause: Cause,
    /// Units that are blocked until the incident ends.
    pub(crate) affected: Vec<(String, u32)>,
}
