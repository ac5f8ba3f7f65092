//! The resources of the server. Each source has URIs of its own; a URI that no source has does not exist.

mod estate_source;
mod estate_uri;
mod findings_source;
mod follower;
mod help_source;
mod schema_source;

use std::sync::Arc;

use futures::future::BoxFuture;
use rmcp::{
    RoleServer,
    model::{ErrorCode, ErrorData, ProtocolVersion, ReadResourceResult, Resource, ResourceTemplate},
    service::RequestContext,
};

use crate::{request_scope::RequestScope, transport::client_link};

pub(crate) use estate_source::EstateSource;
pub(crate) use findings_source::FindingsSource;
pub(crate) use follower::{Follower, NoticeSink};
pub(crate) use help_source::HelpSource;
pub(crate) use schema_source::{NAMES as SCHEMAS, SchemaSource};

/// Resources with URIs of their own.
pub(crate) trait ResourceSource: Send + Sync {
    /// The resources that the caller may see.
    fn list<'a>(&'a self, scope: &'a RequestScope) -> BoxFuture<'a, Vec<Resource>>;

    /// The templates of further resources.
    fn templates(&self) -> Vec<ResourceTemplate>;

    /// Reads a resource; `None` if the URI is none of this source.
    fn read<'a>(
        &'a self,
        scope: &'a RequestScope,
        uri: &'a str,
        trace: Option<String>,
    ) -> BoxFuture<'a, Option<Result<ReadResourceResult, ReadFailure>>>;
}

/// Why a resource is not read.
pub(crate) enum ReadFailure {
    /// It does not exist.
    NotFound,
    /// The caller may not read it, or it cannot be read now: one sentence with the remedy, and a code.
    Refused(String, &'static str),
}

impl ReadFailure {
    /// The error for a client of the version of this request: 2026-07-28 has no code of its own for a resource that does not exist.
    pub(crate) fn into_error(self, uri: &str, context: &RequestContext<RoleServer>) -> ErrorData {
        let is_modern = client_link::protocol_version(context) == Some(ProtocolVersion::V_2026_07_28);
        let not_found = if is_modern { ErrorCode::INVALID_PARAMS } else { ErrorCode::RESOURCE_NOT_FOUND };
        let data = |code: &str| Some(serde_json::json!({"uri": uri, "juju-mcp/code": code}));
        match self {
            Self::NotFound => {
                let sentence = "there is no such resource: `resources/list` and `resources/templates/list` return all";
                ErrorData::new(not_found, sentence, data("resource_not_found"))
            }
            Self::Refused(sentence, code) => ErrorData::new(ErrorCode::INVALID_PARAMS, sentence, data(code)),
        }
    }
}

/// Whether a URI can be subscribed to, by its form.
pub(crate) fn can_be_followed(uri: &str) -> bool {
    uri == estate_uri::ESTATE || uri == estate_uri::FINDINGS || estate_uri::ModelUri::parse(uri).is_some()
}

/// Whether a subscription to this URI also wants to know when the list of resources changes.
pub(crate) fn follows_list(uri: &str) -> bool {
    uri == estate_uri::ESTATE
}

/// All sources of a server.
pub(crate) type ResourceSources = Arc<[Arc<dyn ResourceSource>]>;
