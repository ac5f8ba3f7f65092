//! One YAML file of the client; changes preserve all other keys.

use std::{fs, io::ErrorKind, path::Path};

use serde_yaml::{Mapping, Value};

use super::ClientFilesError;

/// The content of one file.
#[derive(Debug)]
pub(super) struct Document(pub(super) Value);

impl Document {
    /// Reads the file; a missing file is an empty mapping.
    pub(super) fn read(path: &Path) -> Result<Self, ClientFilesError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Self(Value::Mapping(Mapping::new()))),
            Err(cause) => return Err(ClientFilesError::Unreadable { file: path.to_owned(), cause }),
        };
        serde_yaml::from_str(&text).map(Self).map_err(|cause| ClientFilesError::Unfit { file: path.to_owned(), cause })
    }

    /// Replaces the file atomically; only its owner can read it.
    pub(super) fn write(&self, path: &Path) -> Result<(), ClientFilesError> {
        let failed = |cause| ClientFilesError::Unwritable { file: path.to_owned(), cause };
        let text =
            serde_yaml::to_string(&self.0).map_err(|cause| ClientFilesError::Unfit { file: path.to_owned(), cause })?;
        private_file::replace(path, text.as_bytes()).map_err(failed)
    }

    /// Value at the path `keys`.
    pub(super) fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(&self.0, |value, key| value.get(*key))
    }

    /// Value at the path `keys`, created if missing.
    pub(super) fn get_or_create(&mut self, keys: &[&str]) -> &mut Value {
        keys.iter().fold(&mut self.0, |value, key| {
            mapping(value).entry(Value::from(*key)).or_insert_with(|| Value::Mapping(Mapping::new()))
        })
    }

    /// Removes `key` from the mapping at the path `keys`.
    pub(super) fn remove(&mut self, keys: &[&str], key: &str) {
        let parent = keys.iter().try_fold(&mut self.0, |value, key| value.get_mut(*key));
        if let Some(Value::Mapping(parent)) = parent {
            parent.shift_remove(key);
        }
    }
}

/// Sets one key.
pub(super) fn set_text(value: &mut Value, key: &str, text: &str) {
    mapping(value).insert(Value::from(key), Value::from(text));
}

/// Text of `key`; `None` if it is missing or empty.
pub(super) fn get_text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn mapping(value: &mut Value) -> &mut Mapping {
    if !value.is_mapping() {
        *value = Value::Mapping(Mapping::new());
    }
    match value {
        Value::Mapping(mapping) => mapping,
        _ => unreachable!("assigned above"),
    }
}
