//! Names of the entities of a model.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

/// An entity of a model: its kind and the name that Juju gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityName {
    /// The model itself.
    Model,
    /// An application, `web`.
    Application(Arc<str>),
    /// A unit, `web/0`.
    Unit(Arc<str>),
    /// A machine or container, `0/lxd/1`.
    Machine(Arc<str>),
    /// A relation, by its number.
    Relation(i64),
    /// An offer of an application to other models.
    Offer(Arc<str>),
    /// An application of another model, consumed here.
    RemoteApplication(Arc<str>),
    /// A task of an operation, by its number.
    Action(Arc<str>),
}

impl EntityName {
    /// The kind, `unit`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Application(_) => "application",
            Self::Unit(_) => "unit",
            Self::Machine(_) => "machine",
            Self::Relation(_) => "relation",
            Self::Offer(_) => "offer",
            Self::RemoteApplication(_) => "remote_application",
            Self::Action(_) => "action",
        }
    }
}

/// The name without the kind; empty for the model.
impl fmt::Display for EntityName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => Ok(()),
            Self::Relation(id) => write!(formatter, "{id}"),
            Self::Application(name)
            | Self::Unit(name)
            | Self::Machine(name)
            | Self::Offer(name)
            | Self::RemoteApplication(name)
            | Self::Action(name) => formatter.write_str(name),
        }
    }
}

impl Serialize for EntityName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
