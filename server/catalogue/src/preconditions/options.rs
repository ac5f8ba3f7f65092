//! Whether an application or a model has options, and whether they can have values, as Juju reads them.

use std::collections::BTreeMap;

use juju_wire::{
    Code,
    facade::{
        application::{
            Get,
            config::{ApplicationGet, ApplicationGetResults},
        },
        model_config::ModelGet,
    },
};
use serde_json::Value;

use super::{
    facts::Facts,
    unmet::{suggest, unmet},
};
use crate::{Failure, ResolvedTarget, entity, nearest};

/// Options of a model that cannot be set.
const FIXED_OPTIONS: [&str; 3] = ["agent-version", "type", "uuid"];

/// Fails where an application lacks an option, or the option cannot have the value.
pub(super) async fn check(
    application: &str,
    values: &BTreeMap<String, Value>,
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    if values.is_empty() {
        return Ok(());
    }
    let known = read(application, target).await?;
    for (name, value) in values {
        let kind = find(&known, name)?.get("type").and_then(Value::as_str).unwrap_or_default();
        let text = entity::text(value);
        if let Some(remedy) = misfit(kind, &text) {
            let message = format!("option \"{name}\" expected {kind}, got \"{text}\"");
            return Err(unmet(Code::None, message, remedy.to_owned()));
        }
    }
    Ok(())
}

/// Fails where an application lacks an option.
pub(super) async fn check_names(application: &str, names: &[String], target: &ResolvedTarget) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let known = read(application, target).await?;
    names.iter().try_for_each(|name| find(&known, name).map(drop))
}

async fn read(application: &str, target: &ResolvedTarget) -> Result<ApplicationGetResults, Failure> {
    let get = ApplicationGet { application: application.to_owned(), branch: "master".to_owned() };
    Ok(target.model_connection().await?.call::<Get>(get).await?)
}

fn find<'a>(known: &'a ApplicationGetResults, name: &str) -> Result<&'a Value, Failure> {
    known.config.get(name).or_else(|| known.application_config.get(name)).ok_or_else(|| {
        let all = known.config.keys().chain(known.application_config.keys()).map(String::as_str);
        let remedy = suggest(name, all, "list options with juju_config");
        unmet(Code::None, format!("unknown option \"{name}\""), remedy)
    })
}

/// Why an option of this type cannot have the value, as Go reads numbers and words.
fn misfit(kind: &str, text: &str) -> Option<&'static str> {
    let word = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
    match kind {
        "int" if text.parse::<i64>().is_err() => Some("write a whole number"),
        "float" if text.parse::<f64>().is_err() => Some("write a number"),
        "boolean" | "bool" if !word.contains(&text) => Some("write true or false"),
        _ => None,
    }
}

/// Fails where an option of the model is fixed or cannot have the value. Juju accepts unknown ones, which a note states.
pub(super) async fn check_model(
    values: &BTreeMap<String, Value>,
    facts: &mut Facts,
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    if values.is_empty() {
        return Ok(());
    }
    let known = target.model_connection().await?.call::<ModelGet>(()).await?.config;
    for (name, value) in values {
        if FIXED_OPTIONS.contains(&name.as_str()) {
            let remedy = "leave it out".to_owned();
            return Err(unmet(Code::None, format!("{name} cannot be changed"), remedy));
        }
        let Some(option) = known.get(name) else {
            let near = nearest(name, known.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            facts.note(format!("the model has no option `{name}`: Juju stores it, and nothing reads it{near}"));
            continue;
        };
        let text = entity::text(value);
        let wrong = match &option.value {
            Value::Bool(_) => misfit("bool", &text).map(|remedy| ("bool", remedy)),
            Value::Number(_) => misfit("int", &text).map(|remedy| ("number", remedy)),
            _ => None,
        };
        if let Some((kind, remedy)) = wrong {
            let message = format!("{name}: expected {kind}, got string(\"{text}\")");
            return Err(unmet(Code::None, message, remedy.to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_options_as_juju_reads_them() {
        for (kind, text) in
            [("int", "-5"), ("float", "1e3"), ("float", "2"), ("boolean", "T"), ("bool", "false"), ("string", "x")]
        {
            assert_eq!(misfit(kind, text), None, "{kind} {text}");
        }
        for (kind, text) in [("int", "5.0"), ("int", "many"), ("float", "x"), ("boolean", "yes"), ("boolean", "")] {
            assert!(misfit(kind, text).is_some(), "{kind} {text}");
        }
    }
}
