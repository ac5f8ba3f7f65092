//! An incident: the cause that keeps one unit from working, and the units that suffer from it.

use super::model::Model;

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

impl Incident {
    /// Whether the cause is still there.
    pub(crate) fn has_cause(&self, model: &Model) -> bool {
        let application = model.applications.get(&self.unit.0);
        match &self.cause {
            Cause::Revision(revision) => application.is_some_and(|application| application.revision == *revision),
            Cause::Option { name, value } => {
                application.is_some_and(|application| application.config.get(name) == Some(value))
            }
            Cause::Machine => model.units.get(&self.unit).is_some_and(|unit| {
                unit.machine.as_deref().and_then(|id| model.machine(id)).is_some_and(|machine| machine.lost)
            }),
        }
    }

    /// Whether the cause has gone and the unit works again, or has gone too.
    pub(crate) fn is_over(&self, model: &Model) -> bool {
        let works = model.units.get(&self.unit).is_none_or(|unit| unit.failing.is_none() && !unit.in_error());
        works && !self.has_cause(model)
    }
}
