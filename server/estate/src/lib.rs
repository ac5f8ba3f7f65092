//! The live estate: watches models by Juju's own watchers, and has their state and their events in memory.
//!
//! ```text
//! controller --Next--> DeltaFeed --deltas--> ModelGraph::apply --changes--> EventLog --> EventReader (one per reader)
//!                      (one task per            (pure)                      (ordered,     (a place, no queue)
//!                       watched model)                                       bounded)
//! ```
//!
//! - **Nothing is watched without need.** A model is watched while a [`ModelWatch`] of it exists, and
//!   for an idle time after that.
//! - **Folding is pure.** [`ModelGraph::apply`] takes deltas and returns what changed; it has no clock, no task and no
//!   connection. After an interruption [`ModelGraph::changes_to`] compares the last state with the new one, so that the
//!   events neither repeat nor leave out a change that lasted.
//! - **Readers cannot delay anything.** An [`EventReader`] is a place in the log. One that is too slow learns how many
//!   events it has missed, and reads the state again.
//! - **Nothing is written.** The crate holds `ReadOnlyControllers` only, which take no method that writes, by type.
//! - **Secrets stay at the controller.** Of configuration the graph has names and hashes, of actions no parameters.
//!
//! What Juju's watchers do not report is not in the graph: which unit is the leader, whether an agent is connected, and the
//! status of relations. For that a [`StatusSnapshot`] has the whole status of a model as the controller returned it last.

mod by_role;
mod delta_feed;
mod document;
mod entity_change;
mod entity_name;
mod event;
mod event_log;
mod graph;
mod live_estate;
mod model_watch;
mod node;
mod own_writes;
mod status_cache;
mod status_refresh;
mod topology;

#[cfg(test)]
mod generated_tests;

pub use by_role::{EstatesByRole, WriteGuard};
pub use entity_change::{EntityChange, Transition};
pub use entity_name::EntityName;
pub use event::{EstateEvent, EventId, InvalidEventId, ModelIdentity};
pub use event_log::{EventBatch, EventLog, EventReader, EventRetention};
pub use graph::{ModelGraph, NamedChange};
pub use live_estate::{EstateSettings, LiveEstate, TooManyModels};
pub use model_watch::{ModelView, ModelWatch, WatchCondition};
pub use node::{
    ActionNode, ApplicationNode, ConfigurationNode, EndpointNode, MachineNode, ModelNode, OfferNode, RelationNode,
    RemoteApplicationNode, StatusNode, UnitNode,
};
pub use status_cache::{StatusRequest, StatusSnapshot};
pub use topology::{CrossModelLink, FindOffered, OfferedApplication};
