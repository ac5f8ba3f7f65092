//! A secret as the client prints it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_wire::{
    facade::secrets::list::{ListSecretResult, SecretRevision},
    tag::Tag,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::juju::render::timestamp;

/// A secret.
#[derive(Debug, Serialize)]
pub struct Secret {
    revision: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    rotation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotates: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    owner: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    created: String,
    updated: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revisions: Vec<Revision>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    access: Vec<Access>,
}

/// A revision of a secret.
#[derive(Debug, Serialize)]
pub struct Revision {
    revision: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<String>,
    created: String,
    updated: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

/// Who may read a secret.
#[derive(Debug, Serialize)]
pub struct Access {
    target: String,
    scope: String,
    role: String,
}

/// What of secrets is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) content: bool,
    pub(super) revisions: bool,
    pub(super) access: bool,
}

/// Secrets by their ids.
pub(super) fn secrets(wire: Vec<ListSecretResult>, parts: Parts) -> BTreeMap<String, Secret> {
    wire.into_iter().map(|one| (secret_id(&one.uri), secret(one, parts))).collect()
}

fn secret_id(uri: &str) -> String {
    uri.rsplit([':', '/']).next().unwrap_or_default().to_owned()
}

fn secret(wire: ListSecretResult, parts: Parts) -> Secret {
    let (mut name, mut label) = (String::new(), wire.label);
    let owner = match Tag::parse(&wire.owner_tag) {
        // secrets of users have a name, those of applications a label
        Ok(tag) if tag.kind() == "model" => {
            std::mem::swap(&mut name, &mut label);
            "<model>".to_owned()
        }
        Ok(tag) => tag.id().to_owned(),
        Err(_) => String::new(),
    };
    let value = wire.value.filter(|_| parts.content).unwrap_or_default();
    let content = (!value.data.is_empty()).then(|| decoded(&value.data));
    let revision = |one: SecretRevision| Revision {
        revision: one.revision,
        backend: one.backend_name,
        created: one.create_time,
        updated: one.update_time,
        expires: one.expire_time,
    };
    Secret {
        revision: wire.latest_revision,
        checksum: if content.is_some() { wire.latest_revision_checksum } else { String::new() },
        expires: wire.latest_expire_time,
        rotation: wire.rotate_policy,
        rotates: wire.next_rotate_time,
        owner,
        description: wire.description,
        name,
        label,
        created: wire.create_time,
        updated: wire.update_time,
        error: value.error.map(|error| error.message).unwrap_or_default(),
        content,
        revisions: wire.revisions.into_iter().filter(|_| parts.revisions).map(revision).collect(),
        access: wire
            .access
            .into_iter()
            .filter(|_| parts.access)
            .map(|one| Access { target: one.target_tag, scope: one.scope_tag, role: one.role })
            .collect(),
    }
}

/// The content as the client prints it: its values are base64 on the wire.
fn decoded(data: &BTreeMap<String, String>) -> Value {
    let value = |text: &String| {
        let bytes = STANDARD.decode(text).unwrap_or_else(|_| text.clone().into_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    json!({"Data": data.iter().map(|(name, text)| (name, value(text))).collect::<BTreeMap<_, _>>()})
}

impl Secret {
    /// The secret for a reader: id, name or label, owner, revision, rotation, last update, description.
    pub(super) fn row(&self, id: &str) -> Vec<String> {
        let name = if self.name.is_empty() { &self.label } else { &self.name };
        let updated = timestamp(Some(&self.updated));
        let cells = [id, name, &self.owner, &self.revision.to_string(), &self.rotation, &updated, &self.description];
        cells.map(str::to_owned).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_of_a_user_has_a_name_and_that_of_an_application_a_label() {
        let wire = |owner: &str| ListSecretResult {
            uri: "secret:9m4e2mr0ui3e8a215n4g".to_owned(),
            owner_tag: owner.to_owned(),
            label: "key".to_owned(),
            ..ListSecretResult::default()
        };
        let shown = secrets(vec![wire("model-deadbeef-0bad-400d-8000-4b1d0d06f00d")], Parts::default());
        let secret = &shown["9m4e2mr0ui3e8a215n4g"];
        assert_eq!((secret.owner.as_str(), secret.name.as_str(), secret.label.as_str()), ("<model>", "key", ""));
        let shown = secrets(vec![wire("unit-web-0")], Parts::default());
        let secret = &shown["9m4e2mr0ui3e8a215n4g"];
        assert_eq!((secret.owner.as_str(), secret.name.as_str(), secret.label.as_str()), ("web/0", "", "key"));
    }
}
