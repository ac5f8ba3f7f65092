//! A relation in the graph.

use juju_wire::delta::application::{Endpoint, RelationInfo};
use serde::Serialize;

use super::Node;
use crate::EntityChange;

/// A relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelationNode {
    /// The key, `web:db db:server`.
    pub key: Box<str>,
    /// Its ends: one for a peer relation, else two.
    pub endpoints: Box<[EndpointNode]>,
}

/// One end of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndpointNode {
    /// Name of the application, or of the remote application.
    pub application: Box<str>,
    /// Name of the endpoint.
    pub name: Box<str>,
    /// `provider`, `requirer` or `peer`.
    pub role: Box<str>,
    /// Interface of both ends.
    pub interface: Box<str>,
}

impl RelationNode {
    pub(crate) fn read(info: &RelationInfo) -> Self {
        let endpoint = |end: &Endpoint| EndpointNode {
            application: end.application_name.as_str().into(),
            name: end.relation.name.as_str().into(),
            role: end.relation.role.as_str().into(),
            interface: end.relation.interface.as_str().into(),
        };
        Self { key: info.key.as_str().into(), endpoints: info.endpoints.iter().map(endpoint).collect() }
    }
}

/// A relation only comes and goes.
impl Node for RelationNode {
    fn changes_since(&self, _: &Self) -> Vec<EntityChange> {
        Vec::new()
    }
}
