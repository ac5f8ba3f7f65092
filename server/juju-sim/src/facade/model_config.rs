//! Facade `ModelConfig`: options and constraints of a model.

use std::collections::BTreeMap;

use juju_wire::{
    RemoteError,
    facade::{
        application::config::SetConstraintsParams,
        model_config::{
            ConfigValue, GetConstraintsResults, GetModelConstraints, ModelConfigResults, ModelGet,
            ModelSequencesResult, ModelSet, ModelSetParams, ModelUnset, ModelUnsetParams, Sequences,
            SetModelConstraints,
        },
    },
};
use serde_json::{Value, json};

use crate::{
    call::Call,
    methods::Methods,
    state::{Model, ModelAccess, Topic},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ModelGet>(get);
    methods.on::<ModelSet>(set);
    methods.on::<ModelUnset>(unset);
    methods.on::<GetModelConstraints>(constraints);
    methods.on::<SetModelConstraints>(set_constraints);
    methods.on::<Sequences>(sequences);
}

/// The settings that another facade stores and that this list leaves out.
const ELSEWHERE: [&str; 1] = ["authorized-keys"];
/// Architectures that machines can have.
const ARCHITECTURES: [&str; 5] = ["amd64", "arm64", "s390x", "ppc64el", "riscv64"];
/// Levels of the log.
const SEVERITIES: [&str; 8] = ["UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"];

/// Every setting with the value that Juju itself gives it.
pub(super) fn shipped() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("model_config/defaults.json")).unwrap_or_default()
}

/// Settings that are one of a few words.
const WORDS: [(&str, &str); 1] = [("firewall-mode", "instance global none")];

/// Refuses a name that no model may have.
pub(super) fn check_name(name: &str) -> Result<(), RemoteError> {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.chars().all(allowed) && !name.starts_with('-') {
        return Ok(());
    }
    let rule = "model names may only contain lowercase letters, digits and hyphens";
    Err(RemoteError::plain(format!("\"{name}\" is not a valid name: {rule}")))
}

/// Refuses a version newer than the controller's, of which the numbers are compared one by one.
pub(super) fn check_version(call: &Call, settings: &BTreeMap<String, Value>) -> Result<(), RemoteError> {
    let own = call.read(|state| state.controller.agent_version.clone());
    let parts = |text: &str| text.split('.').map(|part| part.parse().unwrap_or(0_u32)).collect::<Vec<_>>();
    match settings.get("agent-version").and_then(Value::as_str).filter(|wanted| parts(wanted) > parts(&own)) {
        Some(newer) => {
            let message = format!("agent-version ({newer}) cannot be greater than the controller ({own})");
            Err(RemoteError::plain(message))
        }
        None => Ok(()),
    }
}

/// Refuses a value of another type than the setting's own.
fn check_type(name: &str, value: &Value) -> Result<(), RemoteError> {
    let wanted = match shipped().get(name) {
        Some(Value::Bool(_)) if value.as_str().is_none_or(|text| text.parse::<bool>().is_ok()) => return Ok(()),
        Some(Value::Number(_)) if value.as_str().is_none_or(|text| text.parse::<i64>().is_ok()) => return Ok(()),
        Some(Value::Bool(_)) => "bool",
        Some(Value::Number(_)) => "number",
        _ => return Ok(()),
    };
    let given = value.as_str().unwrap_or_default();
    Err(RemoteError::plain(format!("{name}: expected {wanted}, got string(\"{given}\")")))
}

/// Refuses values that the real server refuses: of another type, unknown words, levels of the log, and times.
pub(super) fn check(settings: &BTreeMap<String, Value>) -> Result<(), RemoteError> {
    settings.iter().try_for_each(|(name, value)| check_type(name, value))?;
    for (name, known) in WORDS {
        let given = settings.get(name).and_then(Value::as_str);
        if let Some(odd) = given.filter(|given| !known.split(' ').any(|known| known == *given)) {
            return Err(RemoteError::plain(format!("{name}: expected one of [{known}], got \"{odd}\"")));
        }
    }
    if let Some(name) = settings.get("name").and_then(Value::as_str) {
        check_name(name)?;
    }
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    for part in text("logging-config").unwrap_or_default().split(';').filter(|part| !part.trim().is_empty()) {
        let level = part.rsplit('=').next().unwrap_or_default().trim();
        if !SEVERITIES.contains(&level.to_uppercase().as_str()) {
            return Err(RemoteError::plain(format!("unknown severity level \"{level}\"")));
        }
    }
    let interval = text("update-status-hook-interval").unwrap_or("5m");
    let numbered = interval.starts_with(|letter: char| letter.is_ascii_digit());
    if !numbered || !interval.ends_with(['s', 'm', 'h']) {
        let cause = format!("time: invalid duration \"{interval}\"");
        let message = format!("invalid update status hook interval in model configuration: {cause}");
        return Err(RemoteError::plain(message));
    }
    Ok(())
}

/// Each option that this facade shows, with its value and where that comes from.
fn effective(model: &Model) -> BTreeMap<String, (Value, &'static str)> {
    let mut options = whole(model);
    options.retain(|name, _| !ELSEWHERE.contains(&name.as_str()));
    options
}

/// Each option with its value and where that comes from.
pub(super) fn whole(model: &Model) -> BTreeMap<String, (Value, &'static str)> {
    let defaults = shipped();
    let of_the_model = ["agent-version", "logging-config", "resource-tags"];
    let source = |name: &str| if of_the_model.contains(&name) { "model" } else { "default" };
    let mut options: BTreeMap<_, _> =
        defaults.into_iter().map(|(name, value)| (name.clone(), (value, source(&name)))).collect();
    let own = model.cloud.settings.iter();
    options.extend(own.map(|(name, value)| (name.clone(), (value.clone(), "default"))));
    options.insert("name".to_owned(), (json!(model.name), "model"));
    options.insert("uuid".to_owned(), (json!(model.uuid), "model"));
    options.insert("type".to_owned(), (json!(model.cloud.kind), "model"));
    options.extend(model.inherited.clone());
    options.extend(model.config.iter().map(|(name, value)| (name.clone(), (value.clone(), "model"))));
    options
}

fn get(call: &Call, (): ()) -> Result<ModelConfigResults, RemoteError> {
    let uuid = call.model_uuid();
    let controller = call
        .read(|state| state.models.values().find(|model| model.name == "controller").map(|model| model.uuid.clone()));
    // a connection to the controller is one to its own model here
    let uuid = uuid.map(str::to_owned).or_else(|error| controller.ok_or(error))?;
    call.require_on(&uuid, ModelAccess::Read)?;
    call.read(|state| {
        let model = state.models.get(&uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let shown = effective(model).into_iter();
        let config =
            shown.map(|(name, (value, source))| (name, ConfigValue { value, source: source.to_owned() })).collect();
        Ok(ModelConfigResults { config })
    })
}

fn set(call: &Call, params: ModelSetParams) -> Result<(), RemoteError> {
    call.require(ModelAccess::Write)?;
    if let Some(fixed) = ["agent-version", "uuid", "type"].iter().find(|name| params.config.contains_key(**name)) {
        return Err(RemoteError::plain(format!("{fixed} cannot be changed")));
    }
    check(&params.config)?;
    change(call, |model| {
        model.config.extend(params.config);
        model.journal.mark_changed(Topic::Model);
    })
}

fn unset(call: &Call, params: ModelUnsetParams) -> Result<(), RemoteError> {
    call.require(ModelAccess::Write)?;
    change(call, |model| {
        model.config.retain(|name, _| !params.keys.contains(name));
        model.journal.mark_changed(Topic::Model);
    })
}

fn constraints(call: &Call, (): ()) -> Result<GetConstraintsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    let constraints = call.read(|state| state.models.get(uuid).map(|model| model.constraints.clone()));
    Ok(GetConstraintsResults { constraints: constraints.unwrap_or_default() })
}

fn set_constraints(call: &Call, params: SetConstraintsParams) -> Result<(), RemoteError> {
    call.require(ModelAccess::Write)?;
    if let Some(odd) = params.constraints.arch.as_ref().filter(|arch| !ARCHITECTURES.contains(&arch.as_str())) {
        let known = ARCHITECTURES.join(" ");
        return Err(RemoteError::plain(format!("invalid constraint value: arch={odd}\nvalid values are: {known}")));
    }
    change(call, |model| model.constraints = params.constraints)
}

fn sequences(call: &Call, (): ()) -> Result<ModelSequencesResult, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    Ok(call.read(|state| {
        let applications = state.models.get(uuid).into_iter().flat_map(|model| model.applications.values());
        let sequences = applications
            .map(|application| (format!("application-{}", application.name), i64::from(application.next_unit)));
        let mut sequences: BTreeMap<String, i64> = sequences.collect();
        if let Some(model) = state.models.get(uuid) {
            let numbers = [("machine", i64::from(model.next_machine)), ("relation", model.next_relation)];
            let containers = model.next_container.iter();
            sequences.extend(
                containers.map(|((host, kind), next)| (format!("machine{host}{kind}Container"), i64::from(*next))),
            );
            sequences
                .extend(numbers.into_iter().filter(|(_, next)| *next > 0).map(|(name, next)| (name.to_owned(), next)));
        }
        ModelSequencesResult { sequences }
    }))
}

fn change(call: &Call, change: impl FnOnce(&mut Model)) -> Result<(), RemoteError> {
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).ok_or_else(|| RemoteError::not_found("model"))
}
