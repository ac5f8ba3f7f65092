//! Offers: making, finding, listing, removing, granting.

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
    /// URLs of the offers.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub offer_urls: Vec<String>,
    /// Version of the bakery protocol.
    #[serde(skip_serializing_if = "is_default")]
    pub bakery_version: i64,
}

/// What `ApplicationOffers.ApplicationOffers` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOffersResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationOfferResult>,
}

/// What `ApplicationOffers.DestroyOffers` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationOffers {
    /// URLs of the offers.
    #[serde(with = "crate::go::nil")]
    pub offer_urls: Vec<String>,
    /// Whether to go on despite errors.
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
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationOfferAdminDetailsV5>,
}

/// What `ApplicationOffers.ModifyOfferAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyOfferAccessRequest {
    /// What changed.
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyOfferAccessParams>,
}

/// What `ApplicationOffers.Offer` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationOffers {
    /// What is to be offered.
    #[serde(rename = "Offers", with = "crate::go::nil")]
    pub offers: Vec<AddApplicationOffer>,
}

/// An offer, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ApplicationOfferAdminDetailsV5>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Which offers are wanted; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferFilter {
    /// Who owns the model.
    pub owner_name: String,
    /// Name of the model.
    pub model_name: String,
    /// Name of the offer.
    pub offer_name: String,
    /// Name of the application.
    pub application_name: String,
    /// The application in the words of its charm.
    pub application_description: String,
    /// Names of application users.
    pub application_user: String,
    /// Its endpoints.
    #[serde(deserialize_with = "null_is_empty")]
    pub endpoints: Vec<EndpointFilterAttributes>,
    /// Names of connected users.
    pub connected_users: Option<Vec<String>>,
    /// Names of users with access.
    pub allowed_users: Option<Vec<String>>,
}

/// An offer as its owner sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferAdminDetailsV5 {
    /// Tag of the model that offers.
    pub source_model_tag: String,
    /// UUID of the offer.
    pub offer_uuid: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    /// Name of the offer.
    pub offer_name: String,
    /// The application in the words of its charm.
    pub application_description: String,
    /// Its endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub endpoints: Vec<RemoteEndpoint>,
    /// Users with their access.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub users: Vec<OfferUserDetails>,
    /// Name of the application.
    pub application_name: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Who is connected.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub connections: Vec<OfferConnection>,
}

/// A change of a user's access to an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyOfferAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    /// What to do.
    pub action: String,
    /// Level of access.
    pub access: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
}

/// An application whose endpoints are to be offered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationOffer {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// Name of the offer.
    pub offer_name: String,
    /// Name of the application.
    pub application_name: String,
    /// The application in the words of its charm.
    pub application_description: String,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: BTreeMap<String, String>,
    /// Tag of the owner.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner_tag: String,
}

/// Which endpoints are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointFilterAttributes {
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    /// Name of the interface.
    pub interface: String,
    /// Its name.
    pub name: String,
}

/// An offer as its users see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferDetailsV5 {
    /// Tag of the model that offers.
    pub source_model_tag: String,
    /// UUID of the offer.
    pub offer_uuid: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    /// Name of the offer.
    pub offer_name: String,
    /// The application in the words of its charm.
    pub application_description: String,
    /// Its endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub endpoints: Vec<RemoteEndpoint>,
    /// Users with their access.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub users: Vec<OfferUserDetails>,
}

/// A model that uses an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferConnection {
    /// Tag of the model that offers.
    pub source_model_tag: String,
    /// Number of the relation.
    pub relation_id: i64,
    /// Name of the user.
    pub username: String,
    /// Name of the endpoint.
    pub endpoint: String,
    /// Its status.
    pub status: EntityStatus,
    /// Networks from which traffic comes.
    #[serde(with = "crate::go::nil")]
    pub ingress_subnets: Vec<String>,
}
