//! Facade `Charms` in version 6, which python-libjuju speaks: `ResolveCharms` answers series in place of bases.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::{
    Method, RemoteError,
    facade::{application::origin::CharmOrigin, charms::resolve::ResolveCharmsWithChannel},
    method::null_is_empty,
};

/// `Charms.ResolveCharms` in version 6.
#[derive(Debug, Clone, Copy)]
pub struct ResolveCharmsV6;

impl Method for ResolveCharmsV6 {
    const FACADE: &'static str = "Charms";
    const NAME: &'static str = "ResolveCharms";
    const WRITES: bool = false;
    type Params = ResolveCharmsWithChannel;
    type Reply = ResolveCharmResultsV6;
}

/// What `Charms.ResolveCharms` answers in version 6.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolveCharmResultsV6 {
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<ResolveCharmResultV6>,
}

/// One charm as it was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmResultV6 {
    /// URL of the charm with its series, `ch:amd64/jammy/web-5`.
    pub url: String,
    pub charm_origin: CharmOrigin,
    /// Series that it runs on, `jammy`.
    #[serde(with = "crate::go::nil")]
    pub supported_series: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
