//! The number of units in a Kubernetes model.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Application.ScaleApplications` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ScaleApplicationsParamsV2 {
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<ScaleApplicationParamsV2>,
}

/// How an application is to be scaled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ScaleApplicationParamsV2 {
    /// `application-<name>`.
    pub application_tag: String,
    pub scale: i64,
    /// Change of that number; then `scale` is 0.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_change: i64,
    pub force: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub attach_storage: Vec<String>,
}
