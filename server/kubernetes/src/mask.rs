//! Removes secret values from objects before anything else sees them.

use serde_json::{Map, Value};

use crate::object::text;

/// What replaces a secret value.
pub const MASK: &str = "(masked)";
/// The annotation in which `kubectl apply` repeats an object, secret values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is secret beside the values of a Secret.
pub struct Masks<'a> {
    /// Whether a value of this name is secret.
    pub is_secret_name: &'a dyn Fn(&str) -> bool,
    /// A text without the secrets in it.
    pub redact: &'a dyn Fn(&str) -> String,
}

impl Masks<'_> {
    fn mask(&self, name: &str, value: &mut Value) {
        match value {
            _ if (self.is_secret_name)(name) => *value = MASK.into(),
            Value::String(text) => *text = (self.redact)(text),
            _ => {}
        }
    }

    /// Masks the members of `object.member`.
    fn mask_members(&self, object: &mut Value, member: &str) {
        let members = object.get_mut(member).and_then(Value::as_object_mut);
        members.into_iter().flat_map(Map::iter_mut).for_each(|(name, value)| self.mask(name, value));
    }

    /// Masks literal values of environment variables, and secrets in command lines, wherever a pod template is.
    fn mask_pods(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    match (name.as_str(), inner) {
                        ("env", Value::Array(variables)) => variables.iter_mut().for_each(|variable| {
                            let name = text(variable, "/name").to_owned();
                            if let Some(value) = variable.get_mut("value") {
                                self.mask(&name, value);
                            }
                        }),
                        ("args" | "command", Value::Array(words)) => {
                            for word in words {
                                self.mask("", word);
                            }
                        }
                        (_, inner) => self.mask_pods(inner),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_pods(item)),
            _ => {}
        }
    }
}

/// Masks the secret values of an object: all values of a Secret, and those of environment variables, command lines and a `ConfigMap` that
/// `masks` selects. Who manages which field is left out, and so is the annotation of `kubectl apply`.
pub fn mask_object(object: &mut Value, masks: &Masks<'_>) {
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
    let everything = Masks { is_secret_name: &|_| true, redact: masks.redact };
    match kind.as_str() {
        "Secret" => {
            everything.mask_members(object, "data");
            everything.mask_members(object, "stringData");
        }
        "ConfigMap" => {
            masks.mask_members(object, "data");
            masks.mask_members(object, "binaryData");
        }
        kind if kind.ends_with("List") => {
            let item_kind = kind.trim_end_matches("List").to_owned();
            for item in object.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                // the items of a list may lack their kind
                if item.get("kind").is_none() && item.is_object() {
                    item["kind"] = Value::String(item_kind.clone());
                }
                mask_object(item, masks);
            }
        }
        _ => masks.mask_pods(object),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masked(mut object: Value) -> String {
        let is_secret_name = |name: &str| name.to_lowercase().contains("password");
        let redact = |text: &str| text.replace("--token=canary", "--token=...");
        mask_object(&mut object, &Masks { is_secret_name: &is_secret_name, redact: &redact });
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
            {"name": "DB_PASSWORD", "value": "canary"}, {"name": "MODE", "value": "fast"}],
            "args": ["--token=canary"]}]}}}});
        let shown = masked(pod);
        assert!(!shown.contains("canary") && shown.contains("fast"), "{shown}");
        let map = json!({"kind": "ConfigMap", "data": {"password": "canary", "mode": "fast"}});
        let shown = masked(map);
        assert!(!shown.contains("canary") && shown.contains("fast"), "{shown}");
    }
}
