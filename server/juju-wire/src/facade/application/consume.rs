//! Offers of other models as applications of this one.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::client::application::RemoteEndpoint;
use crate::method::null_is_empty;

/// What `Application.Consume` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeApplicationArgsV5 {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<ConsumeApplicationArgV5>,
}

/// What `Application.DestroyConsumedApplications` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyConsumedApplicationsParams {
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<DestroyConsumedApplicationParams>,
}

/// An offer that is to be consumed, with how to reach it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConsumeApplicationArgV5 {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_controller: Option<ExternalControllerInfo>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application_alias: String,
}

/// A remote application that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyConsumedApplicationParams {
    /// `application-<name>`.
    pub application_tag: String,
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
    pub user: String,
    pub display_name: String,
    pub access: String,
}

/// How to reach another controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExternalControllerInfo {
    /// `controller-<uuid>`.
    pub controller_tag: String,
    pub controller_alias: String,
    #[serde(with = "crate::go::nil")]
    pub addrs: Vec<String>,
    /// Certificate authority, PEM.
    pub ca_cert: String,
}
