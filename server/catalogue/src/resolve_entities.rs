//! Looks up what the arguments of an act do not show: models by name, units on machines, applications of relations.

use juju_wire::{
    code::Code,
    entity::Entities,
    facade::{
        application::GetConstraints,
        client::{application::UnitStatus, status::FullStatusResult},
    },
    tag::Tag,
};
use policy::{EntityKind, TargetEntity};

use crate::{Failure, ResolvedTarget, constraints::constraints_text, entity};

impl ResolvedTarget {
    /// Resolves entities as far as the controller knows them; machines and relations only where `applications` matter. What the
    /// controller does not know stays unresolved.
    pub(crate) async fn resolve_entities(&self, entities: Vec<TargetEntity>, applications: bool) -> Vec<TargetEntity> {
        let is_in_status = |entity: &TargetEntity| {
            matches!(entity, TargetEntity::Unresolved { kind: EntityKind::Machine | EntityKind::Relation, .. })
        };
        let status = if applications && self.location().model().is_some() && entities.iter().any(is_in_status) {
            self.full_status().await.ok()
        } else {
            None
        };
        let mut resolved = Vec::with_capacity(entities.len());
        for entity in entities {
            match &entity {
                TargetEntity::Unresolved { kind: EntityKind::Model, id } => {
                    let found = match self.controller() {
                        Ok(controller) => controller.find_model(id).await.ok(),
                        Err(_) => None,
                    };
                    resolved.push(
                        found.map_or(entity, |model| TargetEntity::Known(format!("model-{}", model.full_name()))),
                    );
                }
                _ => match status.as_ref().and_then(|status| resolve(status, &entity)) {
                    Some(several) => resolved.extend(several),
                    None => resolved.push(entity),
                },
            }
        }
        resolved
    }

    /// The constraints of the application among these entities, `cores=2 mem=4096M`: the size of its next units. `None` where there are
    /// none, or no such application.
    pub(crate) async fn application_constraints(&self, entities: &[TargetEntity]) -> Result<Option<String>, Failure> {
        let Some(name) = entities.iter().find_map(TargetEntity::application) else { return Ok(None) };
        let tags: Entities = [Tag::new("application", name)].into_iter().collect();
        let reply = self.model_connection().await?.call::<GetConstraints>(tags).await?;
        match reply.results.into_iter().next().map(|item| (item.error, item.constraints)) {
            Some((None, constraints)) => Ok(constraints_text(&constraints)),
            None => Ok(None),
            Some((Some(error), _)) if error.code == Code::NotFound => Ok(None),
            Some((Some(error), _)) => Err(error.into()),
        }
    }

    /// The number of units of the application that is the only entity; `None` where it is not known.
    pub(crate) async fn unit_count(&self, entities: &[TargetEntity]) -> Option<u64> {
        let [entity] = entities else { return None };
        let status = self.full_status().await.ok()?;
        let application = status.applications.get(entity.application()?)?;
        let scale = u64::try_from(application.int).unwrap_or_default();
        Some(scale.max(application.units.len() as u64))
    }
}

/// A machine with the units on it, or the applications of a relation.
fn resolve(status: &FullStatusResult, entity: &TargetEntity) -> Option<Vec<TargetEntity>> {
    match entity {
        TargetEntity::Unresolved { kind: EntityKind::Machine, id } => {
            let top = id.split('/').next().unwrap_or_default();
            status.machines.get(top)?;
            let is_on = |unit: &UnitStatus| {
                unit.machine == *id || unit.machine.strip_prefix(&**id).is_some_and(|rest| rest.starts_with('/'))
            };
            let units = status.applications.values().flat_map(|application| &application.units);
            let units = units.filter(|(_, unit)| is_on(unit)).flat_map(|(name, unit)| {
                std::iter::once(name)
                    .chain(unit.subordinates.keys())
                    .map(|name| TargetEntity::Known(entity::unit(name)))
            });
            Some(std::iter::once(TargetEntity::Known(entity::machine(id))).chain(units).collect())
        }
        TargetEntity::Unresolved { kind: EntityKind::Relation, id } => {
            let relation = status.relations.iter().find(|relation| relation.id.to_string() == *id)?;
            let ends = relation.endpoints.iter();
            let ends = ends.map(|end| TargetEntity::Known(entity::application(&end.application)));
            Some(ends.collect::<Vec<_>>()).filter(|ends| !ends.is_empty())
        }
        _ => None,
    }
}
