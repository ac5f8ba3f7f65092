//! Whether charms have an action and its parameters fit, as Juju validates them.

use std::collections::{BTreeMap, BTreeSet};

use juju_wire::{
    Code,
    entity::Entities,
    facade::action::{ApplicationsCharmsActions, actions::ActionSpec},
    tag::Tag,
};
use serde_json::Value;

use super::{
    facts::Facts,
    unmet::{suggest, unmet},
};
use crate::{Failure, ResolvedTarget, nearest};

/// Fails where the charm of a unit lacks the action, or a parameter is missing or of another type.
pub(super) async fn check(
    units: &[String],
    action: &str,
    params: &BTreeMap<String, Value>,
    facts: &mut Facts,
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    let applications: BTreeSet<&str> =
        units.iter().filter_map(|unit| unit.rsplit_once('/')).map(|(application, _)| application).collect();
    let tags: Entities = applications.iter().map(|name| Tag::new("application", *name)).collect();
    let reply = target.model_connection().await?.call::<ApplicationsCharmsActions>(tags).await?;
    for (application, known) in applications.into_iter().zip(reply.results) {
        if let Some(error) = known.error {
            return Err(error.into());
        }
        let Some(spec) = known.actions.get(action) else {
            let unit = units.iter().find(|unit| unit.starts_with(&format!("{application}/")));
            let message = format!("action \"{action}\" not defined on unit \"{}\"", unit.map_or("", String::as_str));
            let remedy = if known.actions.is_empty() {
                format!("the charm of {application} has no action")
            } else {
                suggest(action, known.actions.keys().map(String::as_str), "list actions with juju_actions")
            };
            return Err(unmet(Code::None, message, remedy));
        };
        check_params(action, spec, params, facts)?;
    }
    Ok(())
}

fn check_params(
    action: &str,
    spec: &ActionSpec,
    params: &BTreeMap<String, Value>,
    facts: &mut Facts,
) -> Result<(), Failure> {
    let known = spec.params.get("properties").and_then(Value::as_object);
    let names = || known.into_iter().flat_map(|all| all.keys()).map(String::as_str);
    let required = spec.params.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) = required.filter_map(Value::as_str).find(|name| !params.contains_key(*name)) {
        let message = format!("validation failed: (root) : \"{missing}\" property is missing and required");
        return Err(unmet(Code::None, message, format!("give `params.{missing}`")));
    }
    for (name, value) in params {
        let Some(schema) = known.and_then(|all| all.get(name)) else {
            if spec.params.get("additionalProperties") == Some(&Value::Bool(false)) {
                let message = format!("validation failed: (root) : additional property \"{name}\" is not allowed");
                return Err(unmet(Code::None, message, suggest(name, names(), "the action takes no parameters")));
            }
            let near = nearest(name, names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            facts.note(format!("the action `{action}` does not describe a parameter `{name}`{near}"));
            continue;
        };
        let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        if !is_of_type(value, wanted) {
            let message = format!("validation failed: (root).{name} : must be of type {wanted}, given {value}");
            return Err(unmet(Code::None, message, format!("give `params.{name}` as {wanted}")));
        }
    }
    Ok(())
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(params: &Value) -> Option<String> {
        let schema = json!({"properties": {"path": {"type": "string"}, "keep": {"type": "integer"}},
            "required": ["path"], "additionalProperties": false});
        let spec = ActionSpec { description: String::new(), params: serde_json::from_value(schema).expect("a map") };
        let params = serde_json::from_value(params.clone()).expect("a map");
        check_params("backup", &spec, &params, &mut Facts::default()).err().map(|failure| failure.to_string())
    }

    #[test]
    fn parameters_are_checked_for_presence_type_and_name() {
        assert_eq!(refusal(&json!({"path": "/", "keep": 3})), None);
        for (params, part) in [
            (json!({}), "\"path\" property is missing"),
            (json!({"path": "/", "keep": "3"}), "(root).keep : must be of type integer"),
            (json!({"path": "/", "paht": 3}), "additional property \"paht\""),
        ] {
            let refusal = refusal(&params).expect("a refusal");
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
