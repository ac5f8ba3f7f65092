//! Facade `KeyManager`: SSH keys that may log in to the machines of a model; they stand in its configuration.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_wire::{
    ErrorResult, RemoteError,
    bulk::{StringsResult, StringsResults},
    code::ErrorResults,
    facade::key_manager::{AddKeys, DeleteKeys, ImportKeys, ListKeys, ListSSHKeys, ModifyUserSSHKeys},
};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::{
    call::Call,
    methods::Methods,
    state::{Model, ModelAccess},
};

/// The setting that holds the keys, one a line.
const SETTING: &str = "authorized-keys";
/// Comments of keys that are Juju's own; lists leave them out.
const OWN: [&str; 2] = ["juju-client-key", "juju-system-key"];
/// Kinds of key that machines take.
const KINDS: [&str; 6] =
    ["ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListKeys>(list);
    methods.on::<AddKeys>(add);
    methods.on::<DeleteKeys>(delete);
    methods.on::<ImportKeys>(import);
}

fn keys(model: &Model) -> Vec<String> {
    let text = model.config.get(SETTING).and_then(Value::as_str).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn store_keys(model: &mut Model, keys: &[String]) {
    model.config.insert(SETTING.to_owned(), json!(keys.join("\n")));
}

/// Fingerprint (MD5, as the API has it) and comment of a key; nothing where it is none.
fn read(key: &str) -> Option<(String, &str)> {
    let (kind, rest) = key.split_once(' ')?;
    let (encoded, comment) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    let bytes = STANDARD.decode(encoded).ok()?;
    // the key begins with its kind, after four bytes that say how long that is
    let named = bytes.get(4..).is_some_and(|body| body.starts_with(kind.as_bytes()));
    if !KINDS.contains(&kind) || !named || bytes.len() < kind.len() + 32 {
        return None;
    }
    let sum: Vec<_> = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Some((sum.join(":"), comment.trim()))
}

fn list(call: &Call, params: ListSSHKeys) -> Result<StringsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    let keys = call.read(|state| state.models.get(uuid).map(keys)).unwrap_or_default();
    let shown = |key: &String| match read(key) {
        None => Some(format!("Invalid key: {key}")),
        Some((_, comment)) if OWN.contains(&comment) => None,
        Some(_) if params.mode => Some(key.clone()),
        Some((fingerprint, "")) => Some(fingerprint),
        Some((fingerprint, comment)) => Some(format!("{fingerprint} ({comment})")),
    };
    let result: Vec<_> = keys.iter().filter_map(shown).collect();
    let one = |_| StringsResult { result: result.clone(), error: None };
    Ok(StringsResults { results: params.entities.entities.iter().map(one).collect() })
}

fn add(call: &Call, params: ModifyUserSSHKeys) -> Result<ErrorResults, RemoteError> {
    call.write_model_as(ModelAccess::Admin, |model| {
        let mut known_keys = keys(model);
        let one = |key: &String| {
            let refused = |why: &str| Err(RemoteError::plain(format!("{why}: {key}")));
            let Some((fingerprint, comment)) = read(key) else { return refused("invalid ssh key") };
            if OWN.contains(&comment) {
                return refused(&format!("may not add key with comment {comment}"));
            }
            if known_keys.iter().filter_map(|known| read(known)).any(|(known, _)| known == fingerprint) {
                return refused("duplicate ssh key");
            }
            known_keys.push(key.clone());
            Ok(())
        };
        let results = params.ssh_keys.iter().map(one).map(ErrorResult::of).collect();
        store_keys(model, &known_keys);
        Ok(ErrorResults { results })
    })
}

/// Keys of accounts elsewhere: each account of the simulated sites has one, except those with a name that begins with `no`.
fn import(call: &Call, params: ModifyUserSSHKeys) -> Result<ErrorResults, RemoteError> {
    call.write_model_as(ModelAccess::Admin, |model| {
        let mut known_keys = keys(model);
        let one = |account: &String| {
            let name = account.split_once(':').map_or(account.as_str(), |(_, name)| name);
            if name.starts_with("no") {
                return Err(RemoteError::plain(format!("invalid ssh key id: {account}")));
            }
            // the length of the kind, the kind, and a body that is another one for each account
            let sum = Md5::digest(account);
            let body = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 32], sum.as_slice(), &[7; 16]];
            let key = format!("ssh-ed25519 {} # ssh-import-id {account}", STANDARD.encode(body.concat()));
            if known_keys.contains(&key) {
                return Err(RemoteError::plain(format!("duplicate ssh key: {key}")));
            }
            known_keys.push(key);
            Ok(())
        };
        let results = params.ssh_keys.iter().map(one).map(ErrorResult::of).collect();
        store_keys(model, &known_keys);
        Ok(ErrorResults { results })
    })
}

fn delete(call: &Call, params: ModifyUserSSHKeys) -> Result<ErrorResults, RemoteError> {
    call.write_model_as(ModelAccess::Admin, |model| {
        let mut known_keys = keys(model);
        let one = |wanted: &String| {
            let meant = |key: &String| match read(key) {
                Some((fingerprint, comment)) => fingerprint == *wanted || comment == wanted,
                None => key == wanted,
            };
            if OWN.contains(&wanted.as_str()) && known_keys.iter().any(meant) {
                return Err(RemoteError::plain(format!("may not delete internal key: {wanted}")));
            }
            let before = known_keys.len();
            known_keys.retain(|key| !meant(key));
            if known_keys.len() == before {
                Err(RemoteError::plain(format!("key not found: {wanted}")))
            } else {
                Ok(())
            }
        };
        let results = params.ssh_keys.iter().map(one).map(ErrorResult::of).collect();
        if known_keys.is_empty() {
            return Err(RemoteError::plain("cannot delete all keys"));
        }
        store_keys(model, &known_keys);
        Ok(ErrorResults { results })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_gets_the_fingerprint_of_the_real_server() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmXXbpVhM9Z9qvW3jGk1nWbOZkZb3R1cR1oV1x1Zb0b me@there";
        let fingerprint = "0b:d7:49:e1:f5:95:dc:e3:e8:a5:5c:da:e8:e2:57:d3".to_owned();
        assert_eq!(read(key), Some((fingerprint, "me@there")));
        for no_key in ["rubbish", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGdd me@there", "ssh-rsa !!! me"] {
            assert_eq!(read(no_key), None, "{no_key}");
        }
    }
}
