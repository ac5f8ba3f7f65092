//! Entities that arguments name, as policy and ledger see them.

use juju_wire::tag::Tag;
use policy::{EntityKind, TargetEntity};

use crate::entity;

pub(crate) fn application(name: &str) -> TargetEntity {
    TargetEntity::Known(entity::application(name))
}

pub(crate) fn applications(names: &[String]) -> impl Iterator<Item = TargetEntity> {
    names.iter().map(|name| application(name))
}

/// A unit: `web/0` or `web/leader`. Other forms do not show which application they mean.
pub(crate) fn unit(name: &str) -> TargetEntity {
    if entity::is_unit(name) || entity::is_leader(name) {
        TargetEntity::Known(entity::unit(name))
    } else {
        TargetEntity::unresolved(EntityKind::Unit, name)
    }
}

pub(crate) fn units(names: &[String]) -> impl Iterator<Item = TargetEntity> {
    names.iter().map(|name| unit(name))
}

/// A machine: only the controller knows which units are on it.
pub(crate) fn machine(id: &str) -> TargetEntity {
    TargetEntity::unresolved(EntityKind::Machine, id)
}

pub(crate) fn machines(ids: &[String]) -> impl Iterator<Item = TargetEntity> {
    ids.iter().map(|id| machine(id))
}

/// An entity of a kind that no application and no model is part of, such as a space, a cloud, a user or a credential.
pub(crate) fn other(kind: &str, name: &str) -> TargetEntity {
    TargetEntity::Known(Tag::new(kind, name).to_string())
}

/// The machines among placement directives: `3`, `0/lxd/1`, `lxd:3`. Others, `lxd` or `zone=a`, name none that exists.
pub(crate) fn placements(directives: &[String]) -> impl Iterator<Item = TargetEntity> {
    let ids = directives.iter().map(|text| text.split_once(':').map_or(text.as_str(), |(_, id)| id));
    ids.filter(|id| id.bytes().next().is_some_and(|byte| byte.is_ascii_digit())).map(machine)
}

/// The entities, or all applications where there is none: an empty filter selects everything.
pub(crate) fn or_all_applications(entities: impl Iterator<Item = TargetEntity>) -> Vec<TargetEntity> {
    let entities: Vec<_> = entities.collect();
    if entities.is_empty() { vec![TargetEntity::All(EntityKind::Application)] } else { entities }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_with_an_ambiguous_name_is_unresolved() {
        for name in ["web/0", "web-app/10", "web/leader"] {
            assert!(unit(name).application().is_some(), "{name}");
        }
        for name in ["payment/x/leader", "payment//leader", "payment/", "/0", "payment", "payment/+1"] {
            assert_eq!(unit(name), TargetEntity::unresolved(EntityKind::Unit, name));
        }
    }
}
