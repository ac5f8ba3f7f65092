//! An offer in the graph.

use juju_wire::delta::application::ApplicationOfferInfo;
use serde::Serialize;

use super::Node;
use crate::EntityChange;

/// An offer of an application to other models. Juju reports offers to admins of the model only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferNode {
    /// UUID of the offer.
    pub uuid: Box<str>,
    /// Name of the application.
    pub application: Box<str>,
    /// Number of connections.
    pub connections: i64,
    /// Number of connections that are joined.
    pub active_connections: i64,
}

impl OfferNode {
    pub(crate) fn read(info: &ApplicationOfferInfo) -> Self {
        Self {
            uuid: info.offer_uuid.as_str().into(),
            application: info.application_name.as_str().into(),
            connections: info.total_connected_count,
            active_connections: info.active_connected_count,
        }
    }
}

impl Node for OfferNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields = EntityChange::of_fields([
            ("application", self.application != old.application),
            ("connections", self.connections != old.connections),
            ("active_connections", self.active_connections != old.active_connections),
        ]);
        fields.into_iter().collect()
    }
}
