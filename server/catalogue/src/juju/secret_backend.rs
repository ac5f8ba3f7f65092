//! Commands about backends that store secrets.

pub mod change;
pub mod list;
pub mod show;

use std::collections::BTreeMap;

use juju_client::Connection;
use juju_wire::facade::{
    model_manager::info::SecretBackendResult,
    secret_backends::{ListSecretBackends, ListSecretBackendsArgs},
};
use serde::Serialize;
use serde_json::Value;

use crate::Failure;

/// A backend as the client prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Backend {
    #[serde(skip_serializing_if = "String::is_empty")]
    backend: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_rotate_interval: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    config: BTreeMap<String, Value>,
    secrets: i64,
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
}

/// The backends of these names, or all, by name.
async fn backends(
    connection: &Connection,
    names: Vec<String>,
    reveal: bool,
) -> Result<BTreeMap<String, Backend>, Failure> {
    let reply = connection.call::<ListSecretBackends>(ListSecretBackendsArgs { names, reveal }).await?;
    Ok(reply.results.into_iter().map(backend).collect())
}

fn backend(wire: SecretBackendResult) -> (String, Backend) {
    let failed = wire.error.map(|error| error.message);
    let name = if failed.is_some() { format!("error-{}", wire.id) } else { wire.result.name };
    let shown = Backend {
        backend: wire.result.backend_type,
        token_rotate_interval: wire.result.token_rotate_interval,
        config: wire.result.config,
        secrets: wire.num_secrets,
        status: if failed.is_some() { "error".to_owned() } else { wire.status },
        message: wire.message,
        // those that the controller has itself are named by a UUID, which the client leaves out
        id: if failed.is_some() || !is_uuid(&wire.id) { wire.id } else { String::new() },
        error: failed.unwrap_or_default(),
    };
    (name, shown)
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id
            .bytes()
            .enumerate()
            .all(|(at, byte)| if [8, 13, 18, 23].contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
