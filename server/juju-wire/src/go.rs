//! How Go writes JSON, where it differs from Rust: lists that are `null`, keys that are left out when zero.

/// Whether a value is the zero of its type, which Go leaves out where the field has `omitempty`.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A list or map that Go writes as `null` where it is empty; for `#[serde(with = "crate::go::nil")]`.
pub mod nil {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes an empty one as `null`.
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn serialize<S, T>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        T: Serialize + Default + PartialEq,
    {
        if *value == T::default() { serializer.serialize_none() } else { value.serialize(serializer) }
    }

    /// Reads `null` as an empty one.
    ///
    /// # Errors
    /// The error of the deserializer.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de> + Default,
    {
        Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
    }
}

/// A time that Go never leaves out: where there is none it writes the year 1; for `#[serde(with = "crate::go::time")]`.
pub mod time {
    use serde::{Deserialize, Deserializer, Serializer};

    /// The text for no time.
    pub const NONE: &str = "0001-01-01T00:00:00Z";

    /// Writes an empty text as [`NONE`].
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn serialize<S: Serializer>(time: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if time.is_empty() { NONE } else { time })
    }

    /// Reads [`NONE`] and `null` as an empty text.
    ///
    /// # Errors
    /// The error of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let time = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        Ok(if time == NONE { String::new() } else { time })
    }
}
