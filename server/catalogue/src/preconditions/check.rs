//! Checks what an act needs, and explains the failure of one that lacked it.

use juju_client::Error;
use juju_wire::{Code, RemoteError};
use policy::TargetEntity;

use super::{
    access, actions, charms, controller, entities,
    facts::Facts,
    options, placement,
    precondition::{Access, Blocks, Precondition},
    relations, removal,
};
use crate::{Failure, ResolvedTarget};

/// Everything that an act needs.
#[derive(Debug, Default)]
pub(crate) struct Preconditions {
    /// Absent for a read.
    pub(crate) access: Option<Access>,
    pub(crate) blocks: Blocks,
    pub(crate) entities: Vec<TargetEntity>,
    pub(crate) others: Vec<Precondition>,
}

impl Preconditions {
    /// Reads the facts that an act depends on, and checks it against them.
    ///
    /// # Errors
    /// The refusal of the controller as it would be, or [`Failure`] where the controller does not answer.
    pub(crate) async fn check(&self, target: &ResolvedTarget) -> Result<Facts, Failure> {
        if let Some(wanted) = self.access {
            access::check(wanted, target).await?;
        }
        access::check_blocks(self.blocks, target).await?;
        let mut facts = Facts::read(target).await?;
        // a cluster has no machines, so their names mean nothing there
        let is_first = |other: &&Precondition| {
            matches!(other, Precondition::Substrate(..))
                || (facts.kubernetes && matches!(other, Precondition::Placements(..)))
        };
        let (first, others): (Vec<_>, Vec<_>) = self.others.iter().partition(is_first);
        for precondition in first {
            check(precondition, &mut facts, target).await?;
        }
        entities::check(&facts, &self.entities)?;
        for precondition in others {
            check(precondition, &mut facts, target).await?;
        }
        Ok(facts)
    }

    /// The failure of an act with the remedy of the precondition that was the cause of it; the failure as it is, if none was.
    pub(crate) async fn explain(&self, failure: Failure, target: &ResolvedTarget) -> Failure {
        let Failure::Juju(Error::Remote(theirs)) = &failure else { return failure };
        let explained = matches!(theirs.code, Code::NotFound | Code::AlreadyExists | Code::NotValid | Code::None);
        if !explained || failure.remedy().is_some() {
            return failure;
        }
        match self.check(target).await {
            Err(Failure::Unmet { error: ours, remedy }) if is_same_cause(&ours, theirs) => {
                Failure::Unmet { error: Box::new(theirs.clone()), remedy }
            }
            _ => failure,
        }
    }
}

async fn check(precondition: &Precondition, facts: &mut Facts, target: &ResolvedTarget) -> Result<(), Failure> {
    match precondition {
        Precondition::Substrate(wanted, other) => access::check_substrate(*wanted, other, target),
        Precondition::OwnUnits(application) => charms::check_own_units(facts, application, target).await,
        Precondition::NewApplication(name) => entities::check_new_application(facts, name),
        Precondition::NewRelation(endpoints) => relations::check_new(facts, endpoints, target).await,
        Precondition::Relation(endpoints) => relations::check_existing(facts, endpoints),
        Precondition::RelationNumber(number) => relations::check_number(facts, *number),
        Precondition::Endpoints(application, endpoints) => {
            charms::check_endpoints(facts, application, endpoints, target).await
        }
        Precondition::RelationEndpoints(application, endpoints) => {
            charms::check_relation_endpoints(facts, application, endpoints, target).await
        }
        Precondition::ExposedEndpoints(application, endpoints) => charms::check_exposed(facts, application, endpoints),
        Precondition::Spaces(names) => placement::check_spaces(names, facts, target).await,
        Precondition::Constraints(text) => placement::check_constraints(text, facts, target).await,
        Precondition::Placements(application, directives) => {
            placement::check(facts, application.as_deref(), directives, target)
        }
        Precondition::DetachedStorage(ids) => placement::check_detached(ids, target).await,
        Precondition::StoragePools(names) => placement::check_pools(names, facts, target).await,
        Precondition::Options(application, values) => options::check(application, values, target).await,
        Precondition::OptionNames(application, names) => options::check_names(application, names, target).await,
        Precondition::ModelOptions(values) => options::check_model(values, facts, target).await,
        Precondition::Action { units, action, params } => actions::check(units, action, params, facts, target).await,
        Precondition::UnitsInError(units) => removal::check_in_error(facts, units),
        Precondition::Principals(units) => removal::check_principals(facts, units),
        Precondition::UnusedMachines(ids) => removal::check_unused(facts, ids),
        Precondition::NoPersistentStorage => removal::check_persistent_storage(target).await,
        Precondition::HostedModel => removal::check_hosted(target),
        Precondition::NewModel { name, cloud, region, credential } => {
            let wanted = controller::WantedModel {
                name,
                cloud: cloud.as_deref(),
                region: region.as_deref(),
                credential: credential.as_deref(),
            };
            controller::check(&wanted, target).await
        }
    }
}

/// Whether two errors are about the same: the same code, and without one the same names or the same beginning.
fn is_same_cause(ours: &RemoteError, theirs: &RemoteError) -> bool {
    let quoted = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let names = quoted(&theirs.message);
    let related = ours.message.contains(&theirs.message)
        || theirs.message.contains(&ours.message)
        || quoted(&ours.message).iter().any(|name| names.contains(name));
    ours.code == theirs.code && (ours.code != Code::None || related)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_without_code_is_explained_only_by_the_same_names() {
        let plain = |text: &str| RemoteError::plain(text);
        assert!(is_same_cause(&plain("unknown option \"titel\""), &plain("parsing: unknown option \"titel\"")));
        assert!(!is_same_cause(&plain("unknown option \"titel\""), &plain("leader of \"web\" is gone")));
        assert!(!is_same_cause(&RemoteError::not_found("x"), &plain("x not found")));
    }
}
