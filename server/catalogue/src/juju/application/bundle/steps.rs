//! The steps that make a model like a bundle, in order: charms, applications, machines, offers, relations, units.

use std::collections::BTreeMap;

use juju_wire::constraints::Base;
use serde_json::Value;

use super::{
    document::{Application, Bundle},
    existing::{Existing, ModelView},
    step::{Action, Steps, changed, in_natural_order},
    units,
};
use crate::{constraints::parse_constraints, entity};

/// A charm as the store resolved it for one application.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ResolvedCharm {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) revision: i64,
    pub(super) channel: String,
    pub(super) architecture: String,
    pub(super) base: Base,
}

/// Finds the steps.
///
/// # Errors
/// One sentence: the bundle does not fit the model.
pub(super) fn plan(
    bundle: &Bundle,
    charms: &BTreeMap<String, ResolvedCharm>,
    model: &mut ModelView,
) -> Result<Steps, String> {
    let mut steps = Steps::default();
    let mut deployed = applications(bundle, charms, model, &mut steps)?;
    let machines = if bundle.is_kubernetes() { BTreeMap::new() } else { units::machines(bundle, model, &mut steps) };
    for (name, saas) in &bundle.saas {
        let description = format!("consume offer {name} at {}", saas.url);
        deployed.insert(name.clone(), steps.add(Action::Consume { name: name.clone() }, Vec::new(), description));
    }
    offers(bundle, &deployed, model, &mut steps);
    for sides in &bundle.relations {
        if model.has_relation(&sides[0], &sides[1]) {
            continue;
        }
        let application = |side: &String| side.split(':').next().unwrap_or_default().to_owned();
        let requires = sides.iter().filter_map(|side| deployed.get(&application(side)).copied()).collect();
        let description = format!("add relation {} - {}", sides[0], sides[1]);
        steps.add(Action::Relate { endpoints: sides.clone() }, requires, description);
    }
    if !bundle.is_kubernetes() {
        units::add(bundle, model, &deployed, &machines, &mut steps)?;
    }
    Ok(steps)
}

/// Steps for charms and applications; the steps that deploy, by application.
fn applications(
    bundle: &Bundle,
    charms: &BTreeMap<String, ResolvedCharm>,
    model: &ModelView,
    steps: &mut Steps,
) -> Result<BTreeMap<String, usize>, String> {
    let (mut added, mut deployed) = (Vec::<(ResolvedCharm, usize)>::new(), BTreeMap::new());
    for name in in_natural_order(bundle.applications.keys()) {
        let application = &bundle.applications[name];
        let charm = charms.get(name).cloned().unwrap_or_default();
        let existing = model.applications.get(name);
        let base = application.base(bundle).map(entity::parse_full_base).transpose()?.unwrap_or_default();
        let mut charm_step = added.iter().find(|(one, _)| *one == charm).map(|(_, step)| *step);
        if charm_step.is_none() && !has_charm(model, application, &charm, &base) {
            let on =
                if base.name.is_empty() { String::new() } else { format!(" for base {}@{}", base.name, base.channel) };
            let from = if application.channel.is_empty() {
                String::new()
            } else {
                format!(" from channel {}", application.channel)
            };
            let revision = application.revision.map(|number| format!(" with revision {number}")).unwrap_or_default();
            let joined = if revision.is_empty() { " with" } else { " and" };
            let description = format!(
                "upload charm {} from charm-hub{on}{from}{revision}{joined} architecture={}",
                charm.name, charm.architecture
            );
            let step = steps.add(Action::AddCharm { application: name.clone() }, Vec::new(), description);
            added.push((charm.clone(), step));
            charm_step = Some(step);
        }
        let requires: Vec<_> = charm_step.into_iter().collect();
        match existing {
            None => {
                let step = deploy(name, application, &charm, &base, bundle, requires, steps);
                deployed.insert(name.clone(), step);
            }
            Some(existing) => update(name, application, &charm, existing, requires, bundle, steps)?,
        }
        let current = existing.map(|found| &found.annotations);
        let annotations = changed(&application.annotations, current);
        if !annotations.is_empty() {
            let action = Action::AnnotateApplication { application: name.clone(), annotations };
            let requires = deployed.get(name).copied().into_iter().collect();
            steps.add(action, requires, format!("set annotations for {name}"));
        }
    }
    Ok(deployed)
}

/// Whether the model has this charm already, for the same base and from the same channel.
fn has_charm(model: &ModelView, application: &Application, charm: &ResolvedCharm, base: &Base) -> bool {
    let channel = if application.channel.is_empty() { "stable" } else { &application.channel };
    model.applications.values().any(|found| {
        let architecture = found.constraints.arch.as_deref().unwrap_or(&charm.architecture);
        found.charm == charm.url
            && found.revision == charm.revision
            && found.channel == channel
            && architecture == charm.architecture
            && entity::base(&found.base) == entity::base(base)
    })
}

fn deploy(
    name: &str,
    application: &Application,
    charm: &ResolvedCharm,
    base: &Base,
    bundle: &Bundle,
    requires: Vec<usize>,
    steps: &mut Steps,
) -> usize {
    let units = match application.num_units {
        _ if !bundle.is_kubernetes() => String::new(),
        1 => " with 1 unit".to_owned(),
        0 => String::new(),
        many => format!(" with {many} units"),
    };
    let on = if base.name.is_empty() { String::new() } else { format!(" on {}@{}", base.name, base.channel) };
    let from = if application.channel.is_empty() { String::new() } else { format!(" with {}", application.channel) };
    let using = if charm.name == name { String::new() } else { format!(" using {}", charm.name) };
    let description = format!("deploy application {name} from charm-hub{units}{on}{from}{using}");
    let step = steps.add(Action::Deploy { application: name.to_owned() }, requires, description);
    if application.is_exposed() {
        steps.add(Action::Expose { application: name.to_owned() }, vec![step], exposure(name, application));
    }
    step
}

fn exposure(name: &str, application: &Application) -> String {
    if application.exposed_endpoints.is_empty() {
        return format!("expose all endpoints of {name} and allow access from CIDRs 0.0.0.0/0 and ::/0");
    }
    let endpoints = application.exposed_endpoints.iter().map(|(endpoint, one)| {
        let endpoint = if endpoint.is_empty() { "all endpoints" } else { endpoint };
        let from = |kind: &str, names: &[String]| (!names.is_empty()).then(|| format!("{kind} {}", names.join(", ")));
        let from = [from("spaces", &one.expose_to_spaces), from("CIDRs", &one.expose_to_cidrs)];
        format!("{endpoint} to {}", from.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    });
    format!("expose {name}: {}", endpoints.collect::<Vec<_>>().join("; "))
}

/// Steps that change an application that the model has.
fn update(
    name: &str,
    application: &Application,
    charm: &ResolvedCharm,
    existing: &Existing,
    requires: Vec<usize>,
    bundle: &Bundle,
    steps: &mut Steps,
) -> Result<(), String> {
    let owned = || name.to_owned();
    if needs_upgrade(name, application, charm, existing)? {
        let from = if application.channel.is_empty() {
            String::new()
        } else {
            format!(" from channel {}", application.channel)
        };
        let description = format!("upgrade {name} from charm-hub using charm {}{from}", charm.name);
        steps.add(Action::Upgrade { application: owned() }, requires, description);
    }
    let options: BTreeMap<_, _> = application
        .options
        .iter()
        .filter(|(option, value)| !same_option(existing.options.get(*option), value))
        .collect();
    if !options.is_empty() {
        let options = options.into_iter().map(|(option, value)| (option.clone(), value.clone())).collect();
        steps.add(
            Action::SetOptions { application: owned(), options },
            Vec::new(),
            format!("set application options for {name}"),
        );
    }
    if parse_constraints(&application.constraints)? != existing.constraints {
        let description = format!("set constraints for {name} to \"{}\"", application.constraints);
        steps.add(Action::SetConstraints { application: owned() }, Vec::new(), description);
    }
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    let wanted: BTreeMap<_, _> = application
        .exposed_endpoints
        .iter()
        .map(|(endpoint, one)| (endpoint.clone(), (sorted(&one.expose_to_cidrs), sorted(&one.expose_to_spaces))))
        .collect();
    let current: BTreeMap<_, _> = existing
        .exposed_endpoints
        .iter()
        .map(|(endpoint, (cidrs, spaces))| (endpoint.clone(), (sorted(cidrs), sorted(spaces))))
        .collect();
    if application.is_exposed() && !(existing.exposed && wanted == current) {
        steps.add(Action::Expose { application: owned() }, Vec::new(), exposure(name, application));
    }
    if bundle.is_kubernetes() && existing.scale != application.num_units {
        let description = format!("scale {name} to {} units", application.num_units);
        steps.add(Action::Scale { application: owned() }, Vec::new(), description);
    }
    Ok(())
}

fn same_option(current: Option<&Value>, wanted: &Value) -> bool {
    match (current, wanted) {
        (Some(Value::Number(one)), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (current, wanted) => current == Some(wanted),
    }
}

fn needs_upgrade(
    name: &str,
    application: &Application,
    charm: &ResolvedCharm,
    existing: &Existing,
) -> Result<bool, String> {
    // the charm of a file stays
    if existing.charm.starts_with("local:") {
        return Ok(false);
    }
    let other_charm = !existing.charm.ends_with(&format!("/{}-{}", charm.name, existing.revision));
    if !other_charm && !existing.channel.is_empty() && existing.channel != charm.channel {
        let verb = if application.channel.is_empty() { "resolved" } else { "requested" };
        return Err(format!(
            "the bundle upgrades `{name}` across channels, from {} to the {verb} {}: use juju_refresh for that",
            existing.channel, charm.channel
        ));
    }
    if !other_charm && charm.revision < existing.revision {
        return Err(format!(
            "the bundle has `{name}` in an older revision, {}, than the model, {}",
            charm.revision, existing.revision
        ));
    }
    Ok(other_charm || charm.revision > existing.revision)
}

/// Steps for offers of the bundle's applications, and for the access to them.
fn offers(bundle: &Bundle, deployed: &BTreeMap<String, usize>, model: &ModelView, steps: &mut Steps) {
    for (name, application) in &bundle.applications {
        for (offer, spec) in &application.offers {
            let is_there = model.applications.get(name).is_some_and(|found| found.offers.contains(offer));
            let verb = if is_there { "update" } else { "create" };
            let requires = deployed.get(name).copied().filter(|_| !is_there).into_iter().collect();
            let description = format!("{verb} offer {offer} using {name}:{}", spec.endpoints.join(","));
            let action = Action::Offer { application: name.clone(), offer: offer.clone() };
            let step = steps.add(action, requires, description);
            for (user, access) in &spec.acl {
                let action = Action::Grant { offer: offer.clone(), user: user.clone(), access: access.clone() };
                steps.add(action, vec![step], format!("grant user {user} {access} access to offer {offer}"));
            }
        }
    }
}
