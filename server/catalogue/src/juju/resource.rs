//! Commands about resources of charms.

pub mod attach;
pub mod list;
pub mod of_charm;

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use juju_wire::facade::resources::CharmResource;
use serde::Serialize;

/// A resource as a charm's store has it.
#[derive(Debug, Serialize)]
pub struct Stored {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "crate::juju::render::is_default")]
    revision: i64,
    fingerprint: String,
    size: i64,
    origin: String,
}

impl Stored {
    fn of(wire: CharmResource) -> Self {
        Self {
            fingerprint: hexadecimal(&wire.fingerprint),
            name: wire.name,
            kind: wire.kind,
            path: wire.path,
            description: wire.description,
            revision: wire.revision,
            size: wire.size,
            origin: wire.origin,
        }
    }

    /// The resource for a reader: name, type, revision, size in bytes, origin, description.
    fn row(&self) -> Vec<String> {
        let Self { name, kind, revision, size, origin, description, .. } = self;
        [name, kind, &revision.to_string(), &size.to_string(), origin, description].map(ToString::to_string).to_vec()
    }
}

/// Names of the columns of [`Stored::row`].
const HEADING: [&str; 6] = ["Resource", "Type", "Revision", "Size", "Origin", "Description"];

/// A fingerprint, base64 on the wire, as the client prints it.
fn hexadecimal(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).unwrap_or_default();
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // writing to a string cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
