//! Where units and machines can be: machines, spaces, constraints that the cloud can meet, storage.

use juju_wire::{
    Code,
    constraints::Constraints,
    facade::{
        machine_manager::{
            InstanceTypes,
            instance::{ModelInstanceTypesConstraint, ModelInstanceTypesConstraints},
        },
        spaces::ListSpaces,
        storage::{
            ListPools,
            pool::{StoragePoolFilter, StoragePoolFilters},
        },
    },
};

use super::{
    facts::Facts,
    unmet::{optional, suggest, unmet},
};
use crate::{Failure, ResolvedTarget, constraints::parse_constraints, entity};

/// Scopes of placements; others are for clouds.
const SCOPES: [&str; 3] = ["lxd", "kvm", "#"];

/// Fails where a unit of the application cannot be placed: another substrate, an unknown scope, a machine that goes, another base.
pub(super) fn check(
    facts: &Facts,
    application: Option<&str>,
    directives: &[String],
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    if let (true, Some(directive)) = (facts.kubernetes, directives.first()) {
        let message = format!("cannot place a unit on `{directive}`: {} is a Kubernetes model", target.model_name());
        return Err(unmet(Code::NotSupported, message, "leave `to` out: the cluster chooses nodes".to_owned()));
    }
    directives.iter().try_for_each(|directive| check_directive(facts, application, directive, target))
}

fn check_directive(
    facts: &Facts,
    application: Option<&str>,
    directive: &str,
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    let (scope, id) = directive.split_once(':').unwrap_or(("", directive));
    let own = [target.model_uuid(), target.model_name().rsplit('/').next().unwrap_or_default()];
    if !scope.is_empty() && !SCOPES.contains(&scope) && !own.contains(&scope) {
        let remedy = suggest(scope, SCOPES, "write `3`, `lxd` or `lxd:3`");
        return Err(unmet(Code::None, format!("placement scope: invalid model UUID \"{scope}\""), remedy));
    }
    if !entity::is_machine(id) {
        return Ok(());
    }
    let Some(machine) = facts.machine(id) else { return Ok(()) };
    if machine.agent_status.life.is_ending() {
        let remedy = "choose a machine that stays".to_owned();
        return Err(unmet(Code::None, format!("machine {id} is not alive: it is being removed"), remedy));
    }
    let base = application.and_then(|name| facts.application(name)).map(|application| &application.base);
    let shown = |base: &juju_wire::constraints::Base| entity::base(base);
    match base {
        Some(base) if scope.is_empty() && !base.name.is_empty() && shown(base) != shown(&machine.base) => {
            let message = format!(
                "base does not match: unit has \"{}\", machine {id} has \"{}\"",
                shown(base),
                shown(&machine.base)
            );
            let remedy =
                "choose a machine with the base of the application, or a container in it: `lxd:".to_owned() + id + "`";
            Err(unmet(Code::None, message, remedy))
        }
        _ => Ok(()),
    }
}

/// Fails where the model has no such space.
pub(super) async fn check_spaces(names: &[String], facts: &mut Facts, target: &ResolvedTarget) -> Result<(), Failure> {
    if names.iter().all(String::is_empty) {
        return Ok(());
    }
    let listed = target.model_connection().await?.call::<ListSpaces>(()).await;
    let Some(listed) = optional(listed, "spaces", facts)? else { return Ok(()) };
    let known: Vec<_> = listed.results.iter().map(|space| space.name.as_str()).collect();
    match names.iter().find(|name| !name.is_empty() && !known.contains(&name.as_str())) {
        Some(name) => {
            let remedy = suggest(name, known, "list spaces with `juju spaces`");
            Err(unmet(Code::NotFound, format!("space \"{name}\" not found"), remedy))
        }
        None => Ok(()),
    }
}

/// Fails where a space of the constraints does not exist, or the cloud has no machine that meets them.
pub(super) async fn check_constraints(text: &str, facts: &mut Facts, target: &ResolvedTarget) -> Result<(), Failure> {
    let parsed = parse_constraints(text).map_err(Failure::bad_argument)?;
    let spaces = parsed.spaces.iter().flatten().map(|name| name.trim_start_matches('^').to_owned());
    check_spaces(&spaces.collect::<Vec<_>>(), facts, target).await?;
    if facts.kubernetes || parsed == Constraints::default() {
        return Ok(());
    }
    let wanted = ModelInstanceTypesConstraint { value: Some(parsed) };
    let params = ModelInstanceTypesConstraints { constraints: vec![wanted] };
    let reply = target.model_connection().await?.call::<InstanceTypes>(params).await;
    let Some(reply) = optional(reply, "instance types", facts)? else { return Ok(()) };
    let Some(result) = reply.results.into_iter().next() else { return Ok(()) };
    let problem = match result.error {
        // a cloud without kinds of machines makes each as it is wanted
        Some(error) if matches!(error.code, Code::NotSupported | Code::NotImplemented) => return Ok(()),
        Some(error) => error.message,
        None if result.instance_types.is_empty() => "no instance type of the cloud matches".to_owned(),
        None => return Ok(()),
    };
    let remedy = "lower the constraints, or leave out those that the cloud cannot meet".to_owned();
    Err(unmet(Code::None, format!("no machine can meet the constraints `{text}`: {problem}"), remedy))
}

/// Fails where a storage instance does not exist, or a unit has it.
pub(super) async fn check_detached(ids: &[String], target: &ResolvedTarget) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    let (status, problem) = target.status_with_storage(Vec::new()).await?;
    if problem.is_some() {
        return Ok(());
    }
    let known: Vec<_> = status.storage.iter().map(|storage| (entity::name(&storage.storage_tag), storage)).collect();
    for id in ids {
        let Some((_, storage)) = known.iter().find(|(name, _)| name == id) else {
            let detached = known.iter().filter(|(_, storage)| storage.attachments.is_empty());
            let remedy = suggest(id, detached.map(|(name, _)| name.as_str()), "list storage with `juju storage`");
            return Err(unmet(Code::NotFound, format!("storage instance \"{id}\" not found"), remedy));
        };
        if let Some(unit) = storage.attachments.keys().next() {
            let message = format!("storage \"{id}\" is attached to {}", entity::name(unit));
            return Err(unmet(Code::None, message, "detach it first".to_owned()));
        }
    }
    Ok(())
}

/// Fails where the model has no such pool; the empty name is the default one.
pub(super) async fn check_pools(names: &[String], facts: &mut Facts, target: &ResolvedTarget) -> Result<(), Failure> {
    if names.iter().all(String::is_empty) {
        return Ok(());
    }
    let filters = StoragePoolFilters { filters: vec![StoragePoolFilter::default()] };
    let reply = target.model_connection().await?.call::<ListPools>(filters).await;
    let Some(reply) = optional(reply, "storage pools", facts)? else { return Ok(()) };
    let pools = reply.results.iter().flat_map(|result| &result.storage_pools);
    let known: Vec<_> = pools.map(|pool| pool.name.as_str()).collect();
    match names.iter().find(|name| !name.is_empty() && !known.contains(&name.as_str())) {
        Some(name) => {
            let remedy = suggest(name, known, "list pools with `juju storage-pools`");
            Err(unmet(Code::NotFound, format!("storage pool \"{name}\" not found"), remedy))
        }
        None => Ok(()),
    }
}
