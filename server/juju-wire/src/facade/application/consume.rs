//! Offers of other models as applications of this one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::client::application::RemoteEndpoint;
use crate::method::null_is_empty;

/// What `Application.Consume` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeApplicationArgsV5 {
    /// The items, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<ConsumeApplicationArgV5>,
}

/// What `Application.DestroyConsumedApplications` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyConsumedApplicationsParams {
    /// The applications.
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<DestroyConsumedApplicationParams>,
}

/// An offer that is to be consumed, with how to reach it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeApplicationArgV5 {
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
    /// Proof of the right to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
    /// The other controller, where the offer is not at this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_controller: Option<ExternalControllerInfo>,
    /// Name that it gets in this model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application_alias: String,
}

/// A remote application that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyConsumedApplicationParams {
    /// `application-<name>`.
    pub application_tag: String,
    /// Whether to go on despite errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
}

/// A user of an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OfferUserDetails {
    /// Name of the user.
    pub user: String,
    /// Name to show.
    pub display_name: String,
    /// Level of access.
    pub access: String,
}

/// How to reach another controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExternalControllerInfo {
    /// `controller-<uuid>`.
    pub controller_tag: String,
    /// Name of the controller.
    pub controller_alias: String,
    /// Addresses with ports.
    #[serde(with = "crate::go::nil")]
    pub addrs: Vec<String>,
    /// Certificate authority, PEM.
    pub ca_cert: String,
}
