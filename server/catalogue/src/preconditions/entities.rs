//! Whether the entities of an act exist: an approver must not be asked about a mistyped name.

use juju_wire::{Code, tag::Tag};
use policy::TargetEntity;

use super::{
    facts::Facts,
    unmet::{first_names, suggest, unmet},
};
use crate::Failure;

/// Fails as the controller would where an application, a unit or a machine does not exist. Other kinds are not checked.
pub(super) fn check(facts: &Facts, entities: &[TargetEntity]) -> Result<(), Failure> {
    entities.iter().try_for_each(|entity| check_entity(facts, entity))
}

fn check_entity(facts: &Facts, entity: &TargetEntity) -> Result<(), Failure> {
    let Some(tag) = entity.tag().and_then(|tag| Tag::parse(&tag).ok()) else { return Ok(()) };
    let (status, id) = (&facts.status, tag.id());
    let applications = || status.applications.keys().chain(status.remote_applications.keys()).map(String::as_str);
    let missing = |message: String, remedy: String| Err(unmet(Code::NotFound, message, remedy));
    match tag.kind() {
        "application" if applications().any(|name| name == id) => Ok(()),
        "application" => missing(
            format!("application \"{id}\" not found"),
            suggest(id, applications(), "list applications with juju_status"),
        ),
        "unit" => {
            let (application, number) = id.rsplit_once('/').unwrap_or((id, ""));
            // the controller finds the leader
            let leads = number == "leader" && status.applications.contains_key(application);
            if leads || facts.unit(id).is_some() {
                return Ok(());
            }
            let of_application: Vec<_> = facts.units_of(application).map(String::as_str).collect();
            let remedy = if of_application.is_empty() {
                suggest(id, facts.units().map(|(name, _)| name.as_str()), "list units with juju_status")
            } else {
                format!("units of {application}: {}", first_names(&of_application))
            };
            missing(format!("unit \"{id}\" not found"), remedy)
        }
        "machine" if facts.machine(id).is_none() => {
            let known: Vec<_> = facts.machines().into_iter().map(|(id, _)| id.as_str()).collect();
            let remedy = if known.is_empty() {
                "the model has no machine".to_owned()
            } else {
                format!("machines: {}", first_names(&known))
            };
            missing(format!("machine {id} not found"), remedy)
        }
        _ => Ok(()),
    }
}

/// Fails where an application has the name already, or none can have it (`names.IsValidApplication`).
pub(super) fn check_new_application(facts: &Facts, name: &str) -> Result<(), Failure> {
    if !is_application_name(name) {
        let remedy = "use small letters, digits and hyphens, with a letter in each part".to_owned();
        return Err(unmet(Code::None, format!("cannot add application \"{name}\": invalid name"), remedy));
    }
    let taken = facts.status.applications.contains_key(name);
    if !taken {
        return Ok(());
    }
    let remedy = "give another name, or remove the application first".to_owned();
    Err(unmet(Code::AlreadyExists, format!("application \"{name}\" already exists"), remedy))
}

fn is_application_name(name: &str) -> bool {
    let word = |word: &str| {
        word.bytes().any(|letter| letter.is_ascii_lowercase())
            && word.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_names_are_those_of_juju() {
        for name in ["web", "web-app", "s3", "a1-b2"] {
            assert!(is_application_name(name), "{name}");
        }
        for name in ["", "Web", "web-2", "2web", "web_app", "-web", "web-", "wéb"] {
            assert!(!is_application_name(name), "{name}");
        }
    }
}
