//! Reads YAML that callers send: bounded in size, nodes and text after its aliases are expanded.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess as _, Visitor,
    },
};

/// Maximum size of a YAML text in bytes.
pub const MAX_YAML_BYTES: usize = 256 * 1024;
/// Maximum number of values in a YAML text, with each use of an alias counted in full.
pub const MAX_YAML_NODES: usize = 20_000;
/// Maximum bytes of all values in a YAML text, with each use of an alias counted in full.
pub const MAX_YAML_TEXT_BYTES: usize = MAX_YAML_BYTES;
/// Maximum nesting of flow collections, because the parser's work per bracket grows with their depth.
pub const MAX_YAML_FLOW_DEPTH: usize = 256;

/// Why a YAML text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError(String);

impl fmt::Display for YamlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for YamlError {}

impl From<serde_yaml::Error> for YamlError {
    fn from(error: serde_yaml::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads a YAML text with one document.
///
/// # Errors
/// [`YamlError`], if it exceeds a limit or does not have the form of `T`.
pub fn read_yaml<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    check_limits(text)?;
    Ok(serde_yaml::from_str(text)?)
}

/// Reads all documents of a YAML text.
///
/// # Errors
/// [`YamlError`], if it exceeds a limit or a document is no valid YAML.
pub fn read_yaml_documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    check_limits(text)?;
    Ok(serde_yaml::Deserializer::from_str(text).map(T::deserialize).collect::<Result<_, _>>()?)
}

/// Walks all documents without building them, and stops at the first limit.
fn check_limits(text: &str) -> Result<(), YamlError> {
    if text.len() > MAX_YAML_BYTES {
        return Err(YamlError(format!("the YAML has {} bytes, more than {MAX_YAML_BYTES}", text.len())));
    }
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if brackets > MAX_YAML_FLOW_DEPTH && flow_depth(text) > MAX_YAML_FLOW_DEPTH {
        return Err(YamlError(format!("the YAML nests more than {MAX_YAML_FLOW_DEPTH} brackets")));
    }
    let mut left = Left { nodes: MAX_YAML_NODES, bytes: MAX_YAML_TEXT_BYTES };
    for document in serde_yaml::Deserializer::from_str(text) {
        left.deserialize(document)?;
    }
    Ok(())
}

/// An upper bound of the nesting of brackets: brackets in quotes count too.
fn flow_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What the rest of a text may contain.
struct Left {
    nodes: usize,
    bytes: usize,
}

impl Left {
    fn take<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        let many =
            || E::custom(format!("the YAML has more than {MAX_YAML_NODES} values after its aliases are expanded"));
        let long =
            || E::custom(format!("the YAML has more than {MAX_YAML_TEXT_BYTES} bytes after its aliases are expanded"));
        self.nodes = self.nodes.checked_sub(1).ok_or_else(many)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(long)?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Left {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Left {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any YAML")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.take(0)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<(), E> {
        self.take(0)
    }

    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<(), E> {
        self.take(0)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.take(text.len())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.take(0)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.take(0)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.take::<A::Error>(0)?;
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.take::<A::Error>(0)?;
        while members.next_key_seed(&mut *self)?.is_some() {
            members.next_value_seed(&mut *self)?;
        }
        Ok(())
    }

    /// A value with a tag of its own.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let ((), value) = tagged.variant_seed(&mut *self)?;
        value.newtype_variant_seed(self).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A sequence of `n` values to which `m` aliases refer.
    fn bomb(n: usize, m: usize) -> String {
        format!("a: &a [{}]\nb: [{}]\n", vec!["x"; n].join(","), vec!["*a"; m].join(","))
    }

    #[test]
    fn read_yaml_rejects_expanding_aliases_before_it_builds_them() {
        for (text, problem) in [
            (bomb(9_000, 9_000), "20000 values"),
            (bomb(200, 200), "20000 values"),
            (format!("a: &a \"{}\"\nb: [{}]", "x".repeat(100_000), vec!["*a"; 1_000].join(",")), "262144 bytes"),
            (format!("a: &a !t [{}]\nb: [{}]", vec!["x"; 300].join(","), vec!["*a"; 300].join(",")), "20000 values"),
            ("x".repeat(MAX_YAML_BYTES + 1), "more than 262144"),
            ("[".repeat(MAX_YAML_BYTES), "256 brackets"),
            ("{a: ".repeat(MAX_YAML_BYTES / 4), "256 brackets"),
            ("---\n".repeat(MAX_YAML_BYTES / 4), "20000 values"),
        ] {
            let error = read_yaml_documents::<Value>(&text).expect_err("a limit").to_string();
            assert!(error.contains(problem), "{error}");
            assert!(read_yaml::<Value>(&text).is_err());
        }
    }

    #[test]
    fn read_yaml_accepts_aliases_within_the_limits() {
        let text = "a: &a {cpu: 1, tags: [x, 2.5, null, true]}\nb: *a\n";
        let expected = json!({"cpu": 1, "tags": ["x", 2.5, null, true]});
        assert_eq!(read_yaml::<Value>(text).expect("valid"), json!({"a": expected, "b": expected}));
        assert_eq!(
            read_yaml_documents::<Value>("a: 1\n---\nb: 2\n").expect("valid"),
            [json!({"a": 1}), json!({"b": 2})]
        );
        assert!(read_yaml::<Value>("a: [1").is_err());
    }
}
