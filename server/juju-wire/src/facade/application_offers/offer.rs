//! Offers: making, finding, listing, removing, granting.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::application::consume::OfferUserDetails;
use crate::facade::client::application::RemoteEndpoint;
use crate::facade::client::entity_status::EntityStatus;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `ApplicationOffers.ApplicationOffers` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferURLs {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub offer_urls: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub bakery_version: i64,
}

/// What `ApplicationOffers.ApplicationOffers` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOffersResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationOfferResult>,
}

/// What `ApplicationOffers.DestroyOffers` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationOffers {
    #[serde(with = "crate::go::nil")]
    pub offer_urls: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// What `ApplicationOffers.FindApplicationOffers` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferFilters {
    /// What to look for; any of them is enough.
    #[serde(rename = "Filters", with = "crate::go::nil")]
    pub filters: Vec<OfferFilter>,
}

/// What `ApplicationOffers.FindApplicationOffers` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct QueryApplicationOffersResultsV5 {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationOfferAdminDetailsV5>,
}

/// What `ApplicationOffers.ModifyOfferAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyOfferAccessRequest {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyOfferAccessParams>,
}

/// What `ApplicationOffers.Offer` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationOffers {
    #[serde(rename = "Offers", with = "crate::go::nil")]
    pub offers: Vec<AddApplicationOffer>,
}

/// An offer, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ApplicationOfferAdminDetailsV5>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Which offers are wanted; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferFilter {
    pub owner_name: String,
    pub model_name: String,
    pub offer_name: String,
    pub application_name: String,
    pub application_description: String,
    pub application_user: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub endpoints: Vec<EndpointFilterAttributes>,
    pub connected_users: Option<Vec<String>>,
    pub allowed_users: Option<Vec<String>>,
}

/// An offer as its owner sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferAdminDetailsV5 {
    pub source_model_tag: String,
    pub offer_uuid: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    pub offer_name: String,
    pub application_description: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub endpoints: Vec<RemoteEndpoint>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub users: Vec<OfferUserDetails>,
    pub application_name: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub connections: Vec<OfferConnection>,
}

/// A change of a user's access to an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyOfferAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    pub action: String,
    pub access: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
}

/// An application with the endpoints to offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationOffer {
    /// `model-<uuid>`.
    pub model_tag: String,
    pub offer_name: String,
    pub application_name: String,
    pub application_description: String,
    #[serde(with = "crate::go::nil")]
    pub endpoints: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner_tag: String,
}

/// Which endpoints are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointFilterAttributes {
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    pub interface: String,
    pub name: String,
}

/// An offer as its users see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferDetailsV5 {
    pub source_model_tag: String,
    pub offer_uuid: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    pub offer_name: String,
    pub application_description: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub endpoints: Vec<RemoteEndpoint>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub users: Vec<OfferUserDetails>,
}

/// A model that uses an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferConnection {
    pub source_model_tag: String,
    pub relation_id: i64,
    pub username: String,
    pub endpoint: String,
    pub status: EntityStatus,
    /// Networks from which traffic comes.
    #[serde(with = "crate::go::nil")]
    pub ingress_subnets: Vec<String>,
}
