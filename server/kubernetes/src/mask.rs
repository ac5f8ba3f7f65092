//! Removes secret values from objects before anything else sees them.

use serde_json::{Map, Value};

use crate::object::text;

/// What replaces a secret value.
pub const MASK: &str = "(masked)";
/// The annotation in which `kubectl apply` repeats an object, secret values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Masks the secret values of an object: all values of a Secret, and values of environment variables and of a `ConfigMap` that
/// `is_secret_name` selects by their name. Who manages which field is left out, and so is the annotation of `kubectl apply`.
pub fn mask_object(object: &mut Value, is_secret_name: &dyn Fn(&str) -> bool) {
    let kind = text(object, "/kind").to_owned();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        let annotations = metadata.get_mut("annotations").and_then(Value::as_object_mut);
        let emptied = annotations.is_some_and(|annotations| {
            annotations.remove(LAST_APPLIED);
            annotations.is_empty()
        });
        if emptied {
            metadata.remove("annotations");
        }
    }
    match kind.as_str() {
        "Secret" => {
            mask_members(object, "data", &|_| true);
            mask_members(object, "stringData", &|_| true);
        }
        "ConfigMap" => {
            mask_members(object, "data", is_secret_name);
            mask_members(object, "binaryData", is_secret_name);
        }
        kind if kind.ends_with("List") => {
            let item_kind = kind.trim_end_matches("List").to_owned();
            for item in object.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                // the items of a list may lack their kind
                if item.get("kind").is_none() && item.is_object() {
                    item["kind"] = Value::String(item_kind.clone());
                }
                mask_object(item, is_secret_name);
            }
        }
        _ => mask_environment(object, is_secret_name),
    }
}

/// Masks the members of `object.member` that are selected by their name.
fn mask_members(object: &mut Value, member: &str, select: &dyn Fn(&str) -> bool) {
    let members = object.get_mut(member).and_then(Value::as_object_mut);
    members.into_iter().flat_map(Map::iter_mut).filter(|(name, _)| select(name)).for_each(|(_, value)| {
        *value = MASK.into();
    });
}

/// Masks `env` entries with a literal value, wherever a pod template is.
fn mask_environment(value: &mut Value, is_secret_name: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match inner {
                    Value::Array(variables) if name == "env" => variables.iter_mut().for_each(|variable| {
                        let secret = is_secret_name(text(variable, "/name"));
                        if let Some(literal) = variable.get_mut("value").filter(|_| secret) {
                            *literal = MASK.into();
                        }
                    }),
                    inner => mask_environment(inner, is_secret_name),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_environment(item, is_secret_name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masked(mut object: Value) -> String {
        mask_object(&mut object, &|name| name.to_lowercase().contains("password"));
        object.to_string()
    }

    #[test]
    fn values_of_secrets_never_pass() {
        let secret = json!({"kind": "Secret", "metadata": {"name": "db", "annotations": {LAST_APPLIED: "{\"data\":\"canary\"}"},
            "managedFields": [{"canary": 1}]}, "data": {"user": "canary"}, "stringData": {"x": "canary"}, "type": "Opaque"});
        let shown = masked(secret.clone());
        assert!(
            !shown.contains("canary") && shown.contains("\"user\":\"(masked)\"") && !shown.contains("annotations"),
            "{shown}"
        );
        let without_kind =
            json!({"kind": "SecretList", "items": [{"metadata": {}, "data": {"user": "canary"}}, secret]});
        let shown = masked(without_kind);
        assert!(!shown.contains("canary"), "{shown}");
        let list = json!({"kind": "List", "items": [{"kind": "Secret", "data": {"a": "canary"}}]});
        assert!(!masked(list).contains("canary"));
    }

    #[test]
    fn literal_passwords_are_masked_by_the_name_of_their_variable() {
        let pod = json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"env": [
            {"name": "DB_PASSWORD", "value": "canary"}, {"name": "MODE", "value": "fast"}]}]}}}});
        let shown = masked(pod);
        assert!(!shown.contains("canary") && shown.contains("fast"), "{shown}");
        let map = json!({"kind": "ConfigMap", "data": {"password": "canary", "mode": "fast"}});
        let shown = masked(map);
        assert!(!shown.contains("canary") && shown.contains("fast"), "{shown}");
    }
}
