//! What a model needs to use an offer, and who uses one.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::facade::application::consume::ExternalControllerInfo;
use crate::facade::application_offers::offer::{ApplicationOfferDetailsV5, OfferURLs};
use crate::facade::client::application::RemoteEndpoint;
use crate::method::null_is_empty;

/// What `ApplicationOffers.GetConsumeDetails` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeOfferDetailsArg {
    pub offer_urls: OfferURLs,
    /// `user-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_tag: String,
}

/// What `ApplicationOffers.GetConsumeDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeOfferDetailsResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ConsumeOfferDetailsResult>,
}

/// What `ApplicationOffers.RemoteApplicationInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<RemoteApplicationInfoResult>,
}

/// One item of what `ApplicationOffers.GetConsumeDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeOfferDetailsResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<ApplicationOfferDetailsV5>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_controller: Option<ExternalControllerInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One item of what `ApplicationOffers.RemoteApplicationInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<RemoteApplicationInfoParams>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// An application of another model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoParams {
    /// `model-<uuid>`.
    pub model_tag: String,
    pub name: String,
    pub description: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_model_label: String,
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<RemoteEndpoint>,
    pub icon_url_path: String,
}
