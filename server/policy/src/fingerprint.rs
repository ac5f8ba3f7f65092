//! A fingerprint of a JSON value that does not depend on the order of names.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over the JSON text with sorted names, hexadecimal: equal values have equal fingerprints.
#[must_use]
pub fn fingerprint(value: &Value) -> String {
    hex::encode(Sha256::digest(sorted(value).to_string()))
}

/// Backends and callers may send the same map in another order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: std::collections::BTreeMap<_, _> =
                map.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(ordered.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fingerprint_ignores_the_order_of_names() {
        let one = json!({"a": {"x": 1, "y": [1, 2]}, "b": 2});
        assert_eq!(fingerprint(&one), fingerprint(&json!({"b": 2, "a": {"y": [1, 2], "x": 1}})));
        assert_ne!(fingerprint(&one), fingerprint(&json!({"b": 2, "a": {"y": [2, 1], "x": 1}})));
        assert_ne!(fingerprint(&one), fingerprint(&Value::Null));
    }
}
