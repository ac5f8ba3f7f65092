//! Commands about secrets of users and applications.

pub mod access;
pub mod add;
pub mod list;
pub mod remove;
pub mod shape;
pub mod show;
pub mod update;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_client::Error;
use juju_wire::{
    RemoteError,
    facade::secrets::{
        ListSecrets,
        list::{ListSecretsArgs, SecretsFilter},
    },
};
use policy::{EntityKind, TargetEntity};

use crate::{Failure, ResolvedTarget};

/// A secret by its id or by its name, as the API takes them.
struct Reference {
    /// `secret:9m4e2mr0ui3e8a215n4g`; empty for a name.
    uri: String,
    /// Its name; empty for an id.
    name: String,
}

impl Reference {
    /// Reads `ID`, `secret:ID`, `secret://MODEL/ID` or a name, as the client does (`core/secrets`).
    fn parse(text: &str) -> Self {
        let path = text.strip_prefix("secret:").unwrap_or(text).trim_start_matches('/');
        let (source, id) = match path.rsplit_once('/') {
            Some((source, id)) => (Some(source), id),
            None => (None, path),
        };
        let is_source =
            |source: &str| source.len() == 36 && source.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if !is_id(id) || source.is_some_and(|source| !is_source(source)) {
            return Self { uri: String::new(), name: text.to_owned() };
        }
        let uri = source.map_or_else(|| format!("secret:{id}"), |source| format!("secret://{source}/{id}"));
        Self { uri, name: String::new() }
    }
}

/// Whether a text is the id of a secret: 20 digits of base 32, the last of which has a single bit.
fn is_id(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'v').contains(&byte);
    text.len() == 20 && text.bytes().all(is_digit) && text.ends_with(['0', 'g'])
}

/// The secret that an argument names. Only the controller knows which application owns it.
fn target_entity(text: &str) -> TargetEntity {
    TargetEntity::unresolved(EntityKind::Secret, text)
}

/// Fails where the model has no such secret, so that no approver is asked about a mistyped name.
async fn require(target: &ResolvedTarget, text: &str) -> Result<(), Failure> {
    let Reference { uri, name } = Reference::parse(text);
    let filter = SecretsFilter {
        uri: Some(uri).filter(|uri| !uri.is_empty()),
        label: Some(name).filter(|name| !name.is_empty()),
        ..SecretsFilter::default()
    };
    let connection = target.model_connection().await?;
    let reply = connection.call::<ListSecrets>(ListSecretsArgs { show_secrets: false, filter }).await?;
    if reply.results.is_empty() {
        return Err(Error::Remote(RemoteError::not_found(format!("secret \"{text}\""))).into());
    }
    Ok(())
}

/// Most bytes of the encoded content of a secret (`core/secrets`).
const MAX_CONTENT_BYTES: usize = 1_000_000;
/// A key with this ending has a value that is encoded already.
const ENCODED: &str = "#base64";

/// The content as the API takes it: its values in base64.
fn encoded(content: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut data = BTreeMap::new();
    for (given, value) in content {
        let (key, value) = match given.strip_suffix(ENCODED) {
            Some(key) if STANDARD.decode(value).is_err() => {
                return Err(format!("the value of `{key}` in `secret_content` is not base64"));
            }
            Some(key) => (key, value.clone()),
            None => (given.as_str(), STANDARD.encode(value)),
        };
        if !is_key(key) {
            return Err(format!(
                "the keys of `secret_content` have at least 3 lower-case letters, digits and single hyphens and begin with a letter, not: {key}"
            ));
        }
        if data.insert(key.to_owned(), value).is_some() {
            return Err(format!("`{key}` is twice in `secret_content`"));
        }
    }
    let bytes: usize = data.values().map(String::len).sum();
    if bytes > MAX_CONTENT_BYTES {
        return Err(format!(
            "`secret_content` has {bytes} bytes in base64, and at most {MAX_CONTENT_BYTES} are accepted"
        ));
    }
    Ok(data)
}

/// Whether a text is a key of a secret's content, `^([a-z](?:-?[a-z0-9]){2,})$`.
fn is_key(text: &str) -> bool {
    let letters = text.bytes().filter(|byte| *byte != b'-').count();
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.contains("--")
        && !text.ends_with('-')
        && letters >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_encoded_and_its_keys_are_checked() {
        let read = |key: &str, value: &str| encoded(&BTreeMap::from([(key.to_owned(), value.to_owned())]));
        assert_eq!(read("api-key", "s3cret"), Ok(BTreeMap::from([("api-key".to_owned(), "czNjcmV0".to_owned())])));
        assert_eq!(read("api-key#base64", "czNjcmV0"), read("api-key", "s3cret"));
        for key in ["", "ab", "1ab", "a--b", "ab-", "Abc", "a b c", "-abc", "file#file"] {
            assert!(read(key, "x").is_err(), "{key}");
        }
        assert!(read("api-key#base64", "!").expect_err("no base64").contains("api-key"));
    }

    #[test]
    fn reference_is_an_id_in_each_of_its_forms_or_a_name() {
        let read = |text: &str| {
            let Reference { uri, name } = Reference::parse(text);
            [uri, name]
        };
        let id = "9m4e2mr0ui3e8a215n4g";
        let model = "deadbeef-0bad-400d-8000-4b1d0d06f00d";
        for text in [id.to_owned(), format!("secret:{id}")] {
            assert_eq!(read(&text), [format!("secret:{id}"), String::new()]);
        }
        for text in [format!("{model}/{id}"), format!("secret:{model}/{id}"), format!("secret://{model}/{id}")] {
            assert_eq!(read(&text), [format!("secret://{model}/{id}"), String::new()]);
        }
        for name in ["my-secret", "9m4e2mr0ui3e8a215n4", "9m4e2mr0ui3e8a215n4x", "other/9m4e2mr0ui3e8a215n4g"] {
            assert_eq!(read(name), [String::new(), name.to_owned()]);
        }
    }
}
