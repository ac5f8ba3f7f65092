//! What a model needs to use an offer, and who uses one.

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
    /// URLs of the offers.
    pub offer_urls: OfferURLs,
    /// `user-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_tag: String,
}

/// What `ApplicationOffers.GetConsumeDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeOfferDetailsResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ConsumeOfferDetailsResult>,
}

/// What `ApplicationOffers.RemoteApplicationInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<RemoteApplicationInfoResult>,
}

/// One item of what `ApplicationOffers.GetConsumeDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeOfferDetailsResult {
    /// The offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<ApplicationOfferDetailsV5>,
    /// Proof of the right to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
    /// The other controller, where the offer is not at this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_controller: Option<ExternalControllerInfo>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One item of what `ApplicationOffers.RemoteApplicationInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<RemoteApplicationInfoParams>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// An application of another model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfoParams {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// Its name.
    pub name: String,
    /// What it is for, in words.
    pub description: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    /// Name of the model that offers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_model_label: String,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<RemoteEndpoint>,
    /// Path of the icon.
    pub icon_url_path: String,
}
