//! An application of another model in the graph.

use juju_wire::{Life, delta::application::RemoteApplicationInfo};
use serde::Serialize;

use super::{Node, StatusNode};
use crate::EntityChange;

/// An application of another model, consumed here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteApplicationNode {
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: Box<str>,
    /// Whether it is alive.
    pub life: Life,
    /// Its status at the other model.
    pub status: StatusNode,
}

impl RemoteApplicationNode {
    pub(crate) fn read(info: &RemoteApplicationInfo) -> Self {
        let (offer_url, status) = (info.offer_url.as_str().into(), StatusNode::read(&info.status));
        Self { offer_url, life: info.life, status }
    }
}

impl Node for RemoteApplicationNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields =
            EntityChange::of_fields([("offer_url", self.offer_url != old.offer_url), ("life", self.life != old.life)]);
        let status = self.status.transition(&old.status).map(EntityChange::Status);
        [status, fields].into_iter().flatten().collect()
    }
}
