//! Removes secrets from arguments before the ledger records them.

use serde_json::{Map, Value};

const HIDDEN: &str = "(redacted)";
/// Parts of names that mark a secret value.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "private-key",
    "private_key",
    "api-key",
    "api_key",
    "apikey",
    "macaroon",
];

/// Returns the value with every secret replaced. A value is secret if its name contains one of the secret words; names are the
/// keys of objects and the left side of `key=value` strings.
#[must_use]
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(redact_member).collect::<Map<_, _>>()),
        Value::Array(items) => Value::Array(items.iter().map(redact).collect()),
        Value::String(text) => Value::String(redact_text(text)),
        other => other.clone(),
    }
}

fn redact_member((name, value): (&String, &Value)) -> (String, Value) {
    let hidden = is_secret(name) && !matches!(value, Value::Bool(_) | Value::Null);
    (name.clone(), if hidden { Value::String(HIDDEN.to_owned()) } else { redact(value) })
}

fn redact_text(text: &str) -> String {
    match text.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        _ => text.to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn redact_replaces_only_values_with_secret_names() {
        let value = json!({
            "application": "web",
            "config": {"admin-password": "hunter2", "title": "Shop", "nested": {"api_key": ["k"]}},
            "values": ["db-password=hunter2", "title=Secret santa"],
            "reveal_secret": true,
        });
        assert_eq!(
            redact(&value),
            json!({
                "application": "web",
                "config": {"admin-password": HIDDEN, "title": "Shop", "nested": {"api_key": HIDDEN}},
                "values": ["db-password=(redacted)", "title=Secret santa"],
                "reveal_secret": true,
            })
        );
    }
}
