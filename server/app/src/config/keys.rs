//! Every key of the configuration, from its schema.

use schemars::schema_for;
use serde_json::Value;

use super::Config;

/// A key: its path (`controllers[].name`), and what its documentation states.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The path, with `[]` for each item of a list and `.NAME` for each entry of a map.
    pub(crate) path: String,
    /// The documentation of the key.
    pub(crate) description: String,
    /// Whether further keys are below it.
    pub(crate) has_keys: bool,
}

/// All keys, in the order of the schema.
pub(crate) fn keys() -> Vec<Key> {
    let schema = schema_for!(Config).to_value();
    let mut keys = Vec::new();
    collect(&schema, &schema, "", &mut keys);
    keys
}

/// The keys as a table in Markdown.
pub(crate) fn reference() -> String {
    let rows = keys().into_iter().map(|Key { path, description, .. }| {
        let description = description.replace('\n', " ").replace('|', "\\|");
        format!("| `{path}` | {description} |\n")
    });
    format!("| key | meaning |\n|---|---|\n{}", rows.collect::<Vec<_>>().concat())
}

fn collect(root: &Value, schema: &Value, prefix: &str, keys: &mut Vec<Key>) {
    let schema = resolve(root, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let (below, suffix) = below(root, property);
        let description = property["description"].as_str().unwrap_or_default().to_owned();
        let has_keys = below.is_some_and(|below| resolve(root, below)["properties"].is_object());
        keys.push(Key { path: path.clone(), description, has_keys });
        if let Some(below) = below {
            collect(root, below, &format!("{path}{suffix}"), keys);
        }
    }
}

/// The schema of what is inside a property, and how its path continues.
fn below<'a>(root: &'a Value, property: &'a Value) -> (Option<&'a Value>, &'static str) {
    let property = resolve(root, property);
    if property["items"].is_object() {
        (Some(&property["items"]), "[]")
    } else if property["additionalProperties"].is_object() {
        (Some(&property["additionalProperties"]), ".NAME")
    } else if property["properties"].is_object() {
        (Some(property), "")
    } else {
        (None, "")
    }
}

/// Follows references, and takes the alternative that is not null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        return resolve(root, &root["$defs"][name]);
    }
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let mut real = alternatives.filter(|alternative| alternative["type"] != "null");
    match (real.next(), real.next()) {
        (Some(only), None) => resolve(root, only),
        _ => schema,
    }
}
