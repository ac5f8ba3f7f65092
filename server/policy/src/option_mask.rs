//! Masks the values of secret options for callers that may not read content. The names stay, and equal values have equal masks.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::{is_secret_name, is_secret_reference, redact_text};

/// Bytes of the hash that a mask shows: enough to compare two values, too few to be worth a search.
const MASK_BYTES: usize = 6;
/// Members of an option that have its value; the others describe it.
const VALUE_MEMBERS: [&str; 4] = ["value", "Value", "default", "Default"];

/// Masks values with a keyed hash, so that a caller cannot test guesses against a mask.
#[derive(Clone)]
pub struct OptionMask([u8; 32]);

impl std::fmt::Debug for OptionMask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OptionMask")
    }
}

impl OptionMask {
    /// A mask with a key of its own, derived from a key of the server.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let derived = keyed(key).chain_update(b"juju-mcp option mask 1").finalize();
        Self(derived.into_bytes().into())
    }

    /// Masks an option in place: `value` is its value, or an object with its value and its description.
    pub fn mask(&self, name: &str, value: &mut Value) {
        match value {
            Value::Object(members) if VALUE_MEMBERS.iter().any(|member| members.contains_key(*member)) => {
                for member in VALUE_MEMBERS {
                    if let Some(value) = members.get_mut(member) {
                        self.mask_value(name, value);
                    }
                }
            }
            other => self.mask_value(name, other),
        }
    }

    fn mask_value(&self, name: &str, value: &mut Value) {
        let is_masked = match &*value {
            Value::Null | Value::Bool(_) => false,
            Value::String(text) if text.is_empty() || is_secret_reference(text) => false,
            Value::String(text) => is_secret_name(name) || redact_text(text) != *text,
            _ => is_secret_name(name),
        };
        if is_masked {
            let hash = self.hash(value);
            let shown = match &*value {
                // what is no secret of a URL or a longer text stays readable
                Value::String(text) if !is_secret_name(name) => format!("{} (hash {hash})", redact_text(text)),
                _ => format!("(masked, hash {hash})"),
            };
            *value = Value::String(shown);
        }
    }

    fn hash(&self, value: &Value) -> String {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let hash = keyed(&self.0).chain_update(text.as_bytes()).finalize().into_bytes();
        hex::encode(&hash[..MASK_BYTES])
    }
}

/// HMAC-SHA256 with a key of 32 bytes, which RFC 2104 pads with zeros to the block size.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mask_hides_values_of_secret_options_and_keeps_them_comparable() {
        let mask = OptionMask::new(&[7; 32]);
        let masked = |name: &str, mut value: Value| {
            mask.mask(name, &mut value);
            value
        };
        let first =
            masked("admin-password", json!({"value": "hunter2", "default": "", "description": "d", "type": "string"}));
        assert!(first["value"].as_str().is_some_and(|text| text.starts_with("(masked, hash ")), "{first}");
        assert_eq!((&first["default"], &first["description"]), (&json!(""), &json!("d")));
        assert_eq!(first["value"], masked("db-password", json!("hunter2")), "equal values have equal masks");
        assert_ne!(first["value"], masked("db-password", json!("hunter3")));
        let mut other = json!("hunter2");
        OptionMask::new(&[8; 32]).mask("password", &mut other);
        assert_ne!(first["value"], other, "the key decides");
        let proxy = masked("http-proxy", json!({"Value": "http://u:hunter2@proxy:3128", "Source": "model"}));
        let text = proxy["Value"].as_str().expect("a text");
        assert!(text.contains("@proxy:3128") && !text.contains("hunter2"), "{text}");
        for (name, value) in [
            ("title", json!({"value": "Shop"})),
            ("password", json!({"value": null})),
            ("use-token", json!(true)),
            ("password", json!("secret:9m4e2mr0ui3e8a215n4g")),
        ] {
            assert_eq!(masked(name, value.clone()), value);
        }
    }
}
