//! Commands about credentials for clouds.

pub mod change;
pub mod list;
pub mod set;
pub mod show;

use std::collections::BTreeMap;

use juju_client::Connection;
use juju_wire::facade::cloud::{
    CredentialContents,
    credential::{CloudCredentialArg, CloudCredentialArgs, CredentialContentResult},
};
use serde_json::{Value, json};

use crate::{Failure, ResolvedTarget};

/// The user's credentials at the controller, or those that are named.
async fn contents(
    connection: &Connection,
    credentials: Vec<CloudCredentialArg>,
    include_secrets: bool,
) -> Result<Vec<CredentialContentResult>, Failure> {
    Ok(connection.call::<CredentialContents>(CloudCredentialArgs { credentials, include_secrets }).await?.results)
}

/// Attributes of a credential; what looks secret is masked for callers that may not read content.
fn attributes(target: &ResolvedTarget, attributes: BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let mask = target.option_mask(Vec::new());
    let shown = attributes.into_iter().map(|(name, text)| {
        let mut value = json!(text);
        if let Some(mask) = &mask {
            mask.mask(&name, &mut value);
        }
        (name, value)
    });
    shown.collect()
}
