//! Commands about clouds.

pub mod access;
pub mod change;
pub mod list;
pub mod regions;
pub mod show;

use std::collections::BTreeMap;

use juju_client::Connection;
use juju_wire::{
    entity::Entities,
    facade::cloud::{
        CloudInfo,
        definition::{CloudRegion, CloudWithUsers},
    },
    tag::Tag,
};
use serde::Serialize;

use crate::{Failure, juju::render::bulk_result};

/// A cloud as the client prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cloud {
    defined: &'static str,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    auth_types: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    storage_endpoint: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    regions: BTreeMap<String, Region>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users: BTreeMap<String, User>,
}

/// A region of a cloud.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Region {
    #[serde(skip_serializing_if = "String::is_empty")]
    endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    storage_endpoint: String,
}

/// A user of a cloud.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct User {
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    access: String,
}

impl Region {
    /// The name of a region and its endpoints.
    fn of(wire: CloudRegion) -> (String, Self) {
        let CloudRegion { name, endpoint, identity_endpoint, storage_endpoint } = wire;
        (name, Self { endpoint, identity_endpoint, storage_endpoint })
    }

    /// The same without the endpoints that are those of the cloud.
    fn without_common(mut self, cloud: &CloudWithUsers) -> Self {
        let pairs = [
            (&mut self.endpoint, &cloud.endpoint),
            (&mut self.identity_endpoint, &cloud.identity_endpoint),
            (&mut self.storage_endpoint, &cloud.storage_endpoint),
        ];
        for (own, common) in pairs {
            if own == common {
                own.clear();
            }
        }
        self
    }
}

impl Cloud {
    fn of(wire: CloudWithUsers) -> Self {
        let region = |one: &CloudRegion| {
            let (name, region) = Region::of(one.clone());
            (name, region.without_common(&wire))
        };
        let regions = wire.regions.iter().map(region).collect();
        let users = wire.users.into_iter();
        Self {
            // the client calls every cloud of a controller so
            defined: "public",
            kind: if wire.kind == "kubernetes" { "k8s".to_owned() } else { wire.kind },
            auth_types: wire.auth_types,
            endpoint: wire.endpoint,
            identity_endpoint: wire.identity_endpoint,
            storage_endpoint: wire.storage_endpoint,
            regions,
            users: users.map(|one| (one.user, User { display_name: one.display_name, access: one.access })).collect(),
        }
    }
}

/// The clouds of these names.
async fn clouds(connection: &Connection, names: &[String]) -> Result<BTreeMap<String, Cloud>, Failure> {
    let tags: Entities = names.iter().map(|name| Tag::new("cloud", name)).collect();
    let reply = connection.call::<CloudInfo>(tags).await?;
    let items = names.iter().zip(reply.results);
    items.map(|(name, item)| Ok((name.clone(), Cloud::of(bulk_result(item.result, item.error, name)?)))).collect()
}
