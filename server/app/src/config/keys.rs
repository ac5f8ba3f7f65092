//! Every key of the configuration, from its schema.

use schemars::schema_for;
use serde_json::Value;
use serde_yaml::{Mapping, Value as Yaml};

use super::Config;

/// Keys that a running server applies when the file changes, each with all keys below it.
const RELOADED: [&str; 14] = [
    "allowed_hosts",
    "allowed_origins",
    "juju_data_dir",
    "controllers",
    "default_controller",
    "tokens",
    "reject_all_callers",
    "limits",
    "oauth",
    "role_bindings",
    "policy",
    "observer",
    "notifications",
    "log",
];
/// Keys that only a restart applies, each with all keys below it. They count before [`RELOADED`].
const RESTARTED: [&str; 20] = [
    "listen",
    "tls",
    "metrics_listen",
    "state_dir",
    "limits.max_request_bytes",
    "approvals",
    "ledger",
    "charmhub",
    "console",
    "oauth.public_url",
    "observer.enabled",
    "kubernetes",
    "prometheus",
    "alertmanager",
    "thresholds",
    "loki",
    "prompts",
    "tracing",
    "controllers[].act_as_caller",
    "login_tokens",
];

/// What applies a changed key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppliedBy {
    /// The running server, within seconds or at SIGHUP.
    Reload,
    /// A restart.
    Restart,
}

impl AppliedBy {
    /// What applies a change of the key with this path; `None` if the key is not declared.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let covers = |key: &&str| {
            path.strip_prefix(*key).is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b'.' | b'[')))
        };
        if RESTARTED.iter().any(covers) {
            return Some(Self::Restart);
        }
        RELOADED.iter().any(covers).then_some(Self::Reload)
    }

    /// The word in the reference of the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Restart => "restart",
        }
    }
}

/// The keys that differ between two texts of a configuration: those of the first two levels.
pub(crate) fn changed_keys(before: &Mapping, after: &Mapping) -> Vec<String> {
    let mut changed = Vec::new();
    for name in names(before, after) {
        match (before.get(&name), after.get(&name)) {
            (before, after) if before == after => {}
            (Some(Yaml::Mapping(before)), Some(Yaml::Mapping(after))) => {
                let below = names(before, after).into_iter().filter(|key| before.get(key) != after.get(key));
                changed.extend(below.map(|key| format!("{name}.{key}")));
            }
            // a section that appears or disappears changes all its keys
            (before, after) => match before.or(after).and_then(Yaml::as_mapping) {
                Some(section) => {
                    changed.extend(section.keys().filter_map(Yaml::as_str).map(|key| format!("{name}.{key}")));
                }
                None => changed.push(name),
            },
        }
    }
    changed
}

/// The names of the keys of two maps.
fn names(before: &Mapping, after: &Mapping) -> Vec<String> {
    let mut names: Vec<String> =
        before.keys().chain(after.keys()).filter_map(Yaml::as_str).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// A key: its path (`controllers[].name`), and what its documentation states.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The path, with `[]` for each item of a list and `.NAME` for each entry of a map.
    pub(crate) path: String,
    /// The documentation of the key.
    pub(crate) description: String,
    /// The type of its value, for people.
    pub(crate) kind: String,
    /// The default in the schema, as JSON; `None` if it is null or empty.
    pub(crate) default: Option<Value>,
    /// Whether its section needs it.
    pub(crate) required: bool,
}

/// All keys, in the order of the schema.
pub(crate) fn all_keys() -> Vec<Key> {
    let schema = schema_for!(Config).to_value();
    let mut keys = Vec::new();
    collect(&schema, &schema, "", &mut keys);
    keys
}

fn collect(root: &Value, schema: &Value, prefix: &str, keys: &mut Vec<Key>) {
    let schema = resolve(root, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let (below, suffix) = below(root, property);
        let description = property["description"].as_str().unwrap_or_default().to_owned();
        let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
        let default = Some(property["default"].clone()).filter(is_stated);
        keys.push(Key { path: path.clone(), description, kind: kind(root, property), default, required });
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

/// Whether a default is worth a mention: neither null, nor empty, nor a section.
fn is_stated(default: &Value) -> bool {
    match default {
        Value::Null | Value::Object(_) => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

/// The type of a value, in one or a few words.
fn kind(root: &Value, property: &Value) -> String {
    let schema = resolve(root, property);
    let alternatives = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(alternatives) = alternatives {
        let real = alternatives.iter().filter(|alternative| alternative["type"] != "null");
        let kinds: Vec<_> = real.map(|alternative| kind(root, alternative)).collect();
        let words = kinds.iter().all(|kind| kind.starts_with('`'));
        return kinds.join(if words { ", " } else { " or " });
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    let name = |name: &str| match name {
        "array" => match schema["items"].is_object() {
            true if is_section(root, &schema["items"]) => "list of sections".to_owned(),
            true => format!("list of {}s", kind(root, &schema["items"])),
            false => "list of sections".to_owned(),
        },
        "object" if schema["additionalProperties"].is_object() => "map of sections by name".to_owned(),
        "object" => "section".to_owned(),
        "string" => "text".to_owned(),
        "boolean" => "boolean".to_owned(),
        other => other.to_owned() + &bounds(schema),
    };
    match &schema["type"] {
        Value::String(one) => name(one),
        Value::Array(several) => {
            let real = several.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            real.map(name).collect::<Vec<_>>().join(" or ")
        }
        _ => "section".to_owned(),
    }
}

fn is_section(root: &Value, schema: &Value) -> bool {
    resolve(root, schema)["properties"].is_object()
}

/// The bounds of a number, if it has any beyond those of its type.
fn bounds(schema: &Value) -> String {
    let (least, most) = (schema["minimum"].as_u64().filter(|least| *least > 0), schema["maximum"].as_u64());
    match (least, most) {
        (None, None) => String::new(),
        (Some(least), None) => format!(" from {least}"),
        (least, Some(most)) => format!(" {} to {most}", least.unwrap_or(0)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_declared_as_reload_or_restart() {
        for key in all_keys() {
            assert!(AppliedBy::of(&key.path).is_some(), "{}: add it to RELOADED or RESTARTED", key.path);
        }
        let known = all_keys();
        for declared in RELOADED.iter().chain(&RESTARTED) {
            assert!(known.iter().any(|key| key.path == *declared), "{declared} is no key");
        }
        assert_eq!(AppliedBy::of("limits.max_request_bytes"), Some(AppliedBy::Restart));
        assert_eq!(AppliedBy::of("limits.burst"), Some(AppliedBy::Reload));
        assert_eq!(AppliedBy::of("logs"), None);
    }

    #[test]
    fn changed_keys_are_those_of_two_levels() {
        let map = |text: &str| serde_yaml::from_str::<Mapping>(text).expect("a map");
        let before =
            map("{listen: a, limits: {burst: 1, calls_per_minute: 2}, tokens: [{role: a}], ledger: {max_size_mb: 1}}");
        let after =
            map("{listen: a, limits: {burst: 3, calls_per_minute: 2}, tokens: [{role: b}], console: {client_id: c}}");
        let changed = ["console.client_id", "ledger.max_size_mb", "limits.burst", "tokens"];
        assert_eq!(changed_keys(&before, &after), changed);
        assert!(changed_keys(&after, &after).is_empty());
    }
}
