//! What clients are told about how to sign in: OAuth 2.0 Protected Resource Metadata (RFC 9728).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use identity::Caller;
use serde_json::{Value, json};

use crate::Refusal;

/// RFC 9728 section 3: where the metadata of a resource stands, before the resource's own path.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The resource that stands for all addresses which are none of their own, such as the management API.
const DEFAULT: &str = "/mcp";

/// Whether MCP is served at a path.
fn is_resource(path: &str) -> bool {
    matches!(path, "/mcp" | "/mcp/full") || is_part(path)
}

/// Whether only a part of what the server can do is at a path.
fn is_part(path: &str) -> bool {
    path == "/mcp/readonly" || path.strip_prefix("/mcp/x/").is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// How this server is reached and who gives tokens for it.
#[derive(Debug, Clone)]
pub struct Advertised {
    /// The address under which clients reach the server, without a slash at its end: `https://mcp.example` or, below an
    /// ingress that takes a prefix away, `https://example/prod-juju-mcp`.
    pub public_url: String,
    /// Issuers of tokens.
    pub authorization_servers: Vec<String>,
    /// Scopes that clients may ask for.
    pub scopes: Vec<String>,
}

impl Advertised {
    /// Address of the metadata of the resource at `path`. It stands below the public address, where an ingress with a prefix
    /// leads to us; the place at the root of the host that RFC 9728 section 3.1 forms may belong to somebody else.
    pub(crate) fn metadata_url(&self, path: &str) -> String {
        let path = if is_resource(path) { path } else { DEFAULT };
        format!("{}{WELL_KNOWN}{path}", self.public_url)
    }

    /// Whether the caller's token is for what is at `path`. One that is for parts of the server alone, such as the read-only one, is
    /// for nothing else; any other is for all of it, because `/mcp` leads to every command.
    pub(crate) fn is_for(&self, caller: &Caller, path: &str) -> bool {
        let audience = caller.claims().map(|claims| claims.audience.as_slice()).unwrap_or_default();
        let takes = |one: &String| match one.strip_prefix(&self.public_url) {
            Some(part) if is_part(part) => part == path,
            _ => true,
        };
        audience.is_empty() || audience.iter().any(takes)
    }

    fn document(&self, path: &str) -> Value {
        json!({
            "resource": format!("{}{path}", self.public_url),
            "authorization_servers": self.authorization_servers,
            "scopes_supported": self.scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "MCP server for Juju",
        })
    }

    /// The prefix that an ingress puts before our paths; empty without one.
    fn prefix(&self) -> &str {
        let host_and_path = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        host_and_path.find('/').map_or("", |at| &host_and_path[at..])
    }
}

/// The metadata at the root, in the path form of each resource, and in that form with the ingress' prefix. Open to everybody
/// and to every web page, because it is public.
pub(crate) fn routes(advertised: Arc<Advertised>) -> Router {
    Router::new()
        .route(WELL_KNOWN, get(tell))
        .route(&format!("{WELL_KNOWN}/"), get(tell))
        .route(&format!("{WELL_KNOWN}/{{*resource}}"), get(tell))
        .with_state(advertised)
}

async fn tell(State(advertised): State<Arc<Advertised>>, uri: Uri) -> Response {
    let path = uri.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    // the form of RFC 9728 section 3.1 has the whole path of the resource, so also what an ingress takes away
    let path = if is_resource(path) { path } else { path.strip_prefix(advertised.prefix()).unwrap_or(path) };
    let path = if path.is_empty() || path == "/" { DEFAULT } else { path };
    if !is_resource(path) {
        return Refusal::NoSuchPath.into_response();
    }
    let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))];
    let kept = [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"))];
    (open, kept, Json(advertised.document(path))).into_response()
}
