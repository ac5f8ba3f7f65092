//! What keeps units, machines and models from being removed, and units from being resolved.

use juju_wire::Code;

use super::{
    facts::Facts,
    unmet::{first_names, suggest, unmet},
};
use crate::{Failure, ResolvedTarget, entity};

/// Job of the machines that the controller itself runs on.
const CONTROLLER_JOB: &str = "JobManageModel";

/// Fails where none of the units is in error; no unit means all of them.
pub(super) fn check_in_error(facts: &Facts, units: &[String]) -> Result<(), Failure> {
    let has_error = |name: &String| facts.unit(name).is_some_and(|unit| unit.workload_status.status == "error");
    let Some(first) = units.first() else { return Ok(()) };
    if units.iter().any(has_error) {
        return Ok(());
    }
    let failed: Vec<_> =
        facts.units().map(|(name, _)| name).filter(|name| has_error(name)).map(String::as_str).collect();
    let remedy = match failed.as_slice() {
        [] => "no unit is in an error state".to_owned(),
        failed => format!("in error: {}", failed.join(", ")),
    };
    Err(unmet(Code::None, format!("unit \"{first}\" is not in an error state"), remedy))
}

/// Fails where a unit does not exist, in the words of this one method, or is a subordinate.
pub(super) fn check_principals(facts: &Facts, units: &[String]) -> Result<(), Failure> {
    if let Some(name) = units.iter().find(|name| facts.unit(name).is_none()) {
        let application = name.rsplit_once('/').map_or("", |(application, _)| application);
        let known: Vec<_> = facts.units_of(application).map(String::as_str).collect();
        let remedy = if known.is_empty() {
            suggest(name, facts.units().map(|(name, _)| name.as_str()), "list units with juju_status")
        } else {
            format!("units of {application}: {}", first_names(&known))
        };
        return Err(unmet(Code::None, format!("unit \"{name}\" does not exist"), remedy));
    }
    let principals = || facts.status.applications.values().flat_map(|application| &application.units);
    let is_below = |name: &&String| principals().any(|(_, unit)| unit.subordinates.contains_key(*name));
    match units.iter().find(is_below) {
        Some(name) => {
            let remedy = "remove the relation with its principal, or the unit of the principal".to_owned();
            Err(unmet(Code::None, format!("unit \"{name}\" is a subordinate, to remove use remove-relation"), remedy))
        }
        None => Ok(()),
    }
}

/// Fails where a machine has units or containers, or runs the controller.
pub(super) fn check_unused(facts: &Facts, ids: &[String]) -> Result<(), Failure> {
    for id in ids {
        let Some(machine) = facts.machine(id) else { continue };
        if machine.jobs.iter().any(|job| job == CONTROLLER_JOB) {
            let remedy = "remove another machine".to_owned();
            return Err(unmet(Code::None, format!("machine {id} is required by the model"), remedy));
        }
        let remedy = || "remove the units and containers of the machine first, or use force".to_owned();
        let containers: Vec<_> = machine.containers.keys().map(String::as_str).collect();
        if !containers.is_empty() {
            let message = format!("machine {id} is hosting containers \"{}\"", containers.join(","));
            return Err(unmet(Code::MachineHostsContainers, message, remedy()));
        }
        let principals = facts.status.applications.values().flat_map(|application| &application.units);
        let on_it: Vec<_> = principals.filter(|(_, unit)| unit.machine == *id).map(|(name, _)| name.as_str()).collect();
        if !on_it.is_empty() {
            let message = format!("machine {id} has unit \"{}\" assigned", on_it.join("\", \""));
            return Err(unmet(Code::MachineHasAssignedUnits, message, remedy()));
        }
    }
    Ok(())
}

/// Fails where the model has storage that outlives its units, and the caller does not choose what happens to it.
pub(super) async fn check_persistent_storage(target: &ResolvedTarget) -> Result<(), Failure> {
    let (status, _) = target.status_with_storage(Vec::new()).await?;
    let persistent = status.storage.iter().filter(|storage| storage.persistent);
    let names: Vec<_> = persistent.map(|storage| entity::name(&storage.storage_tag)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("cannot destroy model: model has persistent storage: {}", names.join(", "));
    let remedy = "choose `destroy_storage` or `release_storage`".to_owned();
    Err(unmet(Code::PersistentStorage, message, remedy))
}

/// Fails for the model of the controller itself.
pub(super) fn check_hosted(target: &ResolvedTarget) -> Result<(), Failure> {
    if target.model_name().rsplit('/').next() == Some("controller") {
        let remedy = "name a model that the controller hosts".to_owned();
        return Err(unmet(Code::None, "a controller model cannot be destroyed like another model", remedy));
    }
    Ok(())
}
