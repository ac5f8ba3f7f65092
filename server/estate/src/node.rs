//! The entities in the graph of a model, a file each: what is stored of them, and which changes two states of one differ by.

mod action;
mod application;
mod configuration;
mod machine;
mod model;
mod offer;
mod relation;
mod remote_application;
mod status;
mod unit;

pub use action::ActionNode;
pub use application::ApplicationNode;
pub use configuration::ConfigurationNode;
pub use machine::MachineNode;
pub use model::ModelNode;
pub use offer::OfferNode;
pub use relation::{EndpointNode, RelationNode};
pub use remote_application::RemoteApplicationNode;
pub use status::StatusNode;
pub use unit::UnitNode;

use crate::EntityChange;

/// A kind of entity in the graph.
pub(crate) trait Node {
    /// The changes from `old` to this state of the entity, in the order of their importance.
    fn changes_since(&self, old: &Self) -> Vec<EntityChange>;
}
