//! OAuth 2.0 Protected Resource Metadata (RFC 9728): how MCP clients get a token.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use identity::is_toolset_path;
use serde_json::{Value, json};

use crate::HttpError;

/// RFC 9728 section 3: the path prefix of metadata, followed by the path of the resource.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The resource of all paths that are no MCP endpoint, such as the management API.
const DEFAULT_RESOURCE: &str = "/mcp";

/// Whether a path is an MCP endpoint.
fn is_resource(path: &str) -> bool {
    matches!(path, "/mcp" | "/mcp/full") || is_toolset_path(path)
}

/// The public URL of this server and the issuers of its tokens.
#[derive(Debug, Clone)]
pub struct ResourceMetadata {
    /// URL of the server for clients, without a final slash: `https://mcp.example` or, behind an ingress that strips a path
    /// prefix, `https://example/prod-juju-mcp`.
    pub public_url: String,
    /// Issuers of tokens.
    pub authorization_servers: Vec<String>,
    /// Scopes that clients may request.
    pub scopes: Vec<String>,
    /// The client of `juju-mcp login` at the provider, if it is registered.
    pub login: Option<LoginClient>,
}

/// The client of `juju-mcp login`. The metadata contains it under [`LOGIN_MEMBER`], so that people only name the server.
#[derive(Debug, Clone)]
pub struct LoginClient {
    /// Id of the client at the provider.
    pub client_id: String,
    /// Scopes that it requests.
    pub scopes: Vec<String>,
}

/// The member of the metadata with the client of `juju-mcp login` (RFC 9728 section 2 allows further members).
pub const LOGIN_MEMBER: &str = "juju_mcp_login";

impl ResourceMetadata {
    /// URL of the metadata of the resource at `path`. It is below the public URL, because an ingress with a prefix routes
    /// only that to this server; the path at the root of the host (RFC 9728 section 3.1) may belong to another service.
    pub(crate) fn metadata_url(&self, path: &str) -> String {
        let path = if is_resource(path) { path } else { DEFAULT_RESOURCE };
        format!("{}{WELL_KNOWN}{path}", self.public_url)
    }

    fn document(&self, path: &str) -> Value {
        let mut document = json!({
            "resource": format!("{}{path}", self.public_url),
            "authorization_servers": self.authorization_servers,
            "scopes_supported": self.scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "MCP server for Juju",
        });
        if let Some(LoginClient { client_id, scopes }) = &self.login {
            document[LOGIN_MEMBER] = json!({"client_id": client_id, "scopes": scopes});
        }
        document
    }

    /// The path prefix that an ingress strips; empty without one.
    fn prefix(&self) -> &str {
        let host_and_path = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        host_and_path.find('/').map_or("", |at| &host_and_path[at..])
    }
}

/// Serves the metadata at the root, at the path of each resource, and at that path with the ingress prefix. Any client and
/// any web page may read it, because it is public.
pub(crate) fn routes(metadata: Arc<ResourceMetadata>) -> Router {
    Router::new()
        .route(WELL_KNOWN, get(serve_metadata))
        .route(&format!("{WELL_KNOWN}/"), get(serve_metadata))
        .route(&format!("{WELL_KNOWN}/{{*resource}}"), get(serve_metadata))
        .with_state(metadata)
}

async fn serve_metadata(State(metadata): State<Arc<ResourceMetadata>>, uri: Uri) -> Response {
    let path = uri.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    // RFC 9728 section 3.1 uses the whole path of the resource, including a prefix that an ingress strips
    let path = if is_resource(path) { path } else { path.strip_prefix(metadata.prefix()).unwrap_or(path) };
    let path = if path.is_empty() || path == "/" { DEFAULT_RESOURCE } else { path };
    if !is_resource(path) {
        return HttpError::NoSuchPath.into_response();
    }
    let cors = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))];
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"))];
    (cors, cache, Json(metadata.document(path))).into_response()
}
