//! The graph of one model, and the pure functions that fold what a watcher returns into it.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use juju_wire::{Delta, EntityInfo};

use crate::{
    ActionNode, ApplicationNode, EntityChange, EntityName, MachineNode, ModelNode, OfferNode, RelationNode,
    RemoteApplicationNode, UnitNode, node::Node,
};

/// Names of entities with their nodes.
type Nodes<N> = BTreeMap<Arc<str>, N>;
/// An entity with one of its changes.
pub type NamedChange = (EntityName, EntityChange);

/// The entities of one model. Which deltas a watcher returns together, and in which order entities of different kinds
/// arrive, makes no difference to the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelGraph {
    /// The model itself; `None` before its delta has arrived.
    pub model: Option<ModelNode>,
    /// Applications by name.
    pub applications: Nodes<ApplicationNode>,
    /// Units by name.
    pub units: Nodes<UnitNode>,
    /// Machines and containers by id.
    pub machines: Nodes<MachineNode>,
    /// Relations by number.
    pub relations: BTreeMap<i64, RelationNode>,
    /// Offers by name.
    pub offers: Nodes<OfferNode>,
    /// Applications of other models by name.
    pub remote_applications: Nodes<RemoteApplicationNode>,
    /// Tasks of operations by number.
    pub actions: Nodes<ActionNode>,
}

impl ModelGraph {
    /// The graph of a first reply of a watcher, which has every entity.
    #[must_use]
    pub fn from_snapshot(snapshot: &[Delta]) -> Self {
        let mut graph = Self::default();
        graph.apply(snapshot);
        graph
    }

    /// Folds deltas into the graph, and returns the changes that they make to it, in order.
    pub fn apply(&mut self, deltas: &[Delta]) -> Vec<NamedChange> {
        let mut changes = Vec::new();
        for delta in deltas {
            self.apply_one(delta, &mut changes);
        }
        changes
    }

    fn apply_one(&mut self, delta: &Delta, changes: &mut Vec<NamedChange>) {
        let removed = delta.removed;
        let name = |text: &str| -> Arc<str> { text.into() };
        match &delta.entity {
            EntityInfo::Model(info) => {
                let (old, new) = (self.model.take(), (!removed).then(|| ModelNode::read(info)));
                record(EntityName::Model, old.as_ref(), new.as_ref(), changes);
                self.model = new;
            }
            EntityInfo::Application(info) => {
                let node = (!removed).then(|| ApplicationNode::read(info));
                fold(&mut self.applications, name(&info.name), node, EntityName::Application, changes);
            }
            EntityInfo::Unit(info) => {
                let node = (!removed).then(|| UnitNode::read(info));
                fold(&mut self.units, name(&info.name), node, EntityName::Unit, changes);
            }
            EntityInfo::Machine(info) => {
                let node = (!removed).then(|| MachineNode::read(info));
                fold(&mut self.machines, name(&info.id), node, EntityName::Machine, changes);
            }
            EntityInfo::Relation(info) => {
                let node = (!removed).then(|| RelationNode::read(info));
                fold(&mut self.relations, info.id, node, EntityName::Relation, changes);
            }
            EntityInfo::ApplicationOffer(info) => {
                let node = (!removed).then(|| OfferNode::read(info));
                fold(&mut self.offers, name(&info.offer_name), node, EntityName::Offer, changes);
            }
            EntityInfo::RemoteApplication(info) => {
                let node = (!removed).then(|| RemoteApplicationNode::read(info));
                fold(&mut self.remote_applications, name(&info.name), node, EntityName::RemoteApplication, changes);
            }
            EntityInfo::Action(info) => {
                let node = (!removed).then(|| ActionNode::read(info));
                fold(&mut self.actions, name(&info.id), node, EntityName::Action, changes);
            }
            // charms and branches have no state of their own here; notes and blocks are not watched
            EntityInfo::Annotation(_) | EntityInfo::Block(_) | EntityInfo::Branch(_) | EntityInfo::Charm(_) => {}
        }
    }

    /// The changes from this graph to `newer`: what happened while nothing watched the model.
    #[must_use]
    pub fn changes_to(&self, newer: &Self) -> Vec<NamedChange> {
        let mut changes = Vec::new();
        record(EntityName::Model, self.model.as_ref(), newer.model.as_ref(), &mut changes);
        compare(&self.applications, &newer.applications, EntityName::Application, &mut changes);
        compare(&self.remote_applications, &newer.remote_applications, EntityName::RemoteApplication, &mut changes);
        compare(&self.machines, &newer.machines, EntityName::Machine, &mut changes);
        compare(&self.units, &newer.units, EntityName::Unit, &mut changes);
        compare(&self.relations, &newer.relations, EntityName::Relation, &mut changes);
        compare(&self.offers, &newer.offers, EntityName::Offer, &mut changes);
        compare(&self.actions, &newer.actions, EntityName::Action, &mut changes);
        changes
    }

    /// Units of an application, in the order of their names.
    pub fn units_of(&self, application: &str) -> impl Iterator<Item = (&str, &UnitNode)> + use<'_> {
        // names are like `web/0`, and `0` is the letter after the slash
        let (first, end) = (format!("{application}/"), format!("{application}0"));
        let units = self.units.range::<str, _>((Bound::Included(&*first), Bound::Excluded(&*end)));
        units.map(|(name, unit)| (&**name, unit))
    }

    /// Number of entities in the graph.
    #[must_use]
    pub fn len(&self) -> usize {
        let model = usize::from(self.model.is_some());
        let named = self.applications.len() + self.units.len() + self.machines.len() + self.offers.len();
        model + named + self.relations.len() + self.remote_applications.len() + self.actions.len()
    }

    /// Whether nothing is known of the model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Puts the new state of an entity into its table, or takes the entity out, and records what differs.
fn fold<K: Ord + Clone, N: Node>(
    nodes: &mut BTreeMap<K, N>,
    key: K,
    node: Option<N>,
    name: fn(K) -> EntityName,
    changes: &mut Vec<NamedChange>,
) {
    record(name(key.clone()), nodes.get(&key), node.as_ref(), changes);
    match node {
        Some(node) => drop(nodes.insert(key, node)),
        None => drop(nodes.remove(&key)),
    }
}

/// Records the changes between two states of a table: removals first.
fn compare<K: Ord + Clone, N: Node>(
    old: &BTreeMap<K, N>,
    new: &BTreeMap<K, N>,
    name: fn(K) -> EntityName,
    changes: &mut Vec<NamedChange>,
) {
    for (key, node) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        record(name(key.clone()), Some(node), None, changes);
    }
    for (key, node) in new {
        record(name(key.clone()), old.get(key), Some(node), changes);
    }
}

/// Records the changes between two states of one entity, of which either may not exist.
fn record<N: Node>(name: EntityName, old: Option<&N>, new: Option<&N>, changes: &mut Vec<NamedChange>) {
    match (old, new) {
        (None, None) => {}
        (None, Some(_)) => changes.push((name, EntityChange::Added {})),
        (Some(_), None) => changes.push((name, EntityChange::Removed {})),
        (Some(old), Some(new)) => {
            changes.extend(new.changes_since(old).into_iter().map(|change| (name.clone(), change)));
        }
    }
}
