//! The table of the configuration keys.

use serde_yaml::Value as Yaml;

use super::markdown::cell;
use crate::config::{AppliedBy, Key, all_keys};

/// The complete configuration, which has an example of every key.
const EXAMPLE: &str = include_str!("../../../../docs/example/juju-mcp.yaml");

/// The keys as a table in Markdown.
pub(crate) fn configuration() -> String {
    let example: Yaml = serde_yaml::from_str(EXAMPLE).unwrap_or_default();
    let rows = all_keys().into_iter().map(|key| {
        let (default, meaning) = default_and_meaning(&key);
        let applies = AppliedBy::of(&key.path).map_or("", AppliedBy::as_str);
        let example = example_of(&example, &key.path).map(|text| format!("`{text}`")).unwrap_or_default();
        format!(
            "| `{}` | {} | {} | {} | {applies} | {} |\n",
            key.path,
            cell(kind(&key)),
            cell(&default),
            cell(&example),
            cell(&meaning)
        )
    });
    format!(
        "| key | type | default | example | applies | meaning |\n|---|---|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The type of a key: a path is a text in the schema.
fn kind(key: &Key) -> &str {
    let is_path = ["_file", "_dir", ".file", "tls.certificate", "tls.key"].iter().any(|end| key.path.ends_with(end));
    match key.kind.as_str() {
        "text" if is_path => "path",
        kind => kind,
    }
}

/// The default of a key, from the schema or from its description, and the rest of the description.
fn default_and_meaning(key: &Key) -> (String, String) {
    let description = key.description.replace('\n', " ");
    let (meaning, stated) = match description.split_once("Default: ") {
        Some((before, after)) => {
            let (default, rest) = after.split_once(". ").unwrap_or((after.trim_end_matches('.'), ""));
            (format!("{before}{rest}"), Some(default.to_owned()))
        }
        None => (description, None),
    };
    let default = stated.or_else(|| key.default.as_ref().map(|value| format!("`{value}`")));
    (default.unwrap_or_else(|| if key.required { "required".into() } else { "none".into() }), meaning)
}

/// The value of a key in the example, unless it contains keys of its own.
fn example_of(example: &Yaml, path: &str) -> Option<String> {
    let mut values = vec![example];
    for part in path.split('.') {
        let name = part.trim_end_matches("[]");
        values = values
            .into_iter()
            .flat_map(|value| match name {
                "NAME" => value.as_mapping().into_iter().flat_map(serde_yaml::Mapping::values).collect(),
                _ => value.get(name).into_iter().collect::<Vec<_>>(),
            })
            .flat_map(|value| match value.as_sequence() {
                Some(items) if part.ends_with("[]") => items.iter().collect(),
                _ => vec![value],
            })
            .collect();
    }
    let value = values.first()?;
    let has_keys = |value: &Yaml| value.is_mapping();
    if has_keys(value) || value.as_sequence().is_some_and(|items| items.iter().any(has_keys)) {
        return None;
    }
    match value {
        Yaml::String(text) => Some(text.clone()),
        other => serde_json::to_string(other).ok(),
    }
}
