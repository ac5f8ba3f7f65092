//! Values as words of a command line.

use serde_json::Value;

/// A value as texts, members of an object as `name=value`.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                // the default of all endpoints
                Value::String(text) if name.is_empty() => text.clone(),
                Value::String(text) => format!("{name}={text}"),
                other => format!("{name}={other}"),
            })
            .collect(),
        other => vec![other.to_string()],
    }
}

/// A word, quoted for a POSIX shell where that is needed.
pub(crate) fn shell_quote(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
