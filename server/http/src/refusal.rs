//! Why HTTP turns a request away, as a status and one sentence.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use identity::Unauthenticated;

/// A request that did not reach its service. The body is a JSON-RPC error without an id, which MCP clients show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `Host` is absent or unreadable.
    #[error("the `Host` header is missing or malformed: send the server's own name")]
    BadHost,
    /// `Host` is not in the allow-list.
    #[error("this server does not answer under that name: add it to `http.allowed_hosts` or use a listed one: `{0}`")]
    HostNotAllowed(String),
    /// `Origin` is not in the allow-list.
    #[error("web pages of this origin may not call the server: add it to `http.allowed_origins`: `{0}`")]
    OriginNotAllowed(String),
    /// There is no caller behind the request.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    /// The caller is known but may not see this address.
    #[error("this address is only for this machine or for callers with a token")]
    Private,
    /// The body is larger than the limit.
    #[error("the request body is larger than this server takes: send at most {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body did not arrive in time, or the connection broke while it was read.
    #[error("the request body did not arrive: send it again, within {seconds} seconds")]
    BodyIncomplete {
        /// The limit.
        seconds: u64,
    },
    /// The body is not JSON.
    #[error("the request body is not JSON: {0}")]
    NotJson(String),
    /// The body is JSON, but no JSON-RPC message of MCP.
    #[error("the request body is not a JSON-RPC message of MCP: send one object with `jsonrpc`, `method` and `params`")]
    NotMcp,
    /// Nothing is served at this path.
    #[error("nothing is served at this path: use `/mcp`, `/mcp/full`, `/mcp/readonly` or `/mcp/x/<toolset>`")]
    NoSuchPath,
    /// There is no toolset of this name.
    #[error("there is no such toolset: use one of {known}")]
    NoSuchToolset {
        /// The names, in backticks, with commas.
        known: String,
    },
    /// The path exists, but not for this method.
    #[error("this path does not take that method: use {0}")]
    Method(&'static str),
    /// The MCP session is not one of this caller's.
    #[error("the session is unknown or has ended: send `initialize` again")]
    NoSuchSession,
    /// The answer did not begin in time.
    #[error(
        "the call took longer than {seconds} seconds and is no longer waited for: a change may still be under way, so look before you repeat it"
    )]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// The caller asks more often than it may.
    #[error("you ask more often than this server lets one caller: ask again in {seconds} seconds, and less at once")]
    TooOften {
        /// When to ask again.
        seconds: u64,
    },
    /// The caller has too much under way.
    #[error("you have as many requests under way as this server lets one caller: wait for an answer, then ask again")]
    TooManyAtOnce {
        /// When to ask again.
        seconds: u64,
    },
    /// A fault of ours.
    #[error("the server failed on this request: try again, and report the request id if it stays")]
    Fault,
}

/// When to ask again while the identity provider cannot be reached.
const PROVIDER_PAUSE_SECONDS: u64 = 5;

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadHost | Self::NotJson(_) | Self::NotMcp => StatusCode::BAD_REQUEST,
            Self::HostNotAllowed(_) | Self::OriginNotAllowed(_) | Self::Private => StatusCode::FORBIDDEN,
            Self::Unauthenticated(reason) => match reason {
                Unauthenticated::Ambiguous | Unauthenticated::Malformed => StatusCode::BAD_REQUEST,
                Unauthenticated::ProviderDown => StatusCode::SERVICE_UNAVAILABLE,
                Unauthenticated::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNAUTHORIZED,
            },
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::NoSuchPath | Self::NoSuchToolset { .. } | Self::NoSuchSession => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooOften { .. } | Self::TooManyAtOnce { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// JSON-RPC's own codes where they fit, else the one it leaves to servers.
    fn code(&self) -> i32 {
        match self {
            Self::NotJson(_) => -32700,
            Self::NotMcp => -32600,
            Self::Fault => -32603,
            _ => -32000,
        }
    }
}

/// A JSON body with one sentence, in the shape of a JSON-RPC error without an id.
pub(crate) fn sentence(status: StatusCode, code: i32, message: &str) -> Response {
    let body = serde_json::json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = sentence(self.status(), self.code(), &self.to_string());
        let headers = response.headers_mut();
        match self {
            Self::Method(allowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
            }
            Self::Unauthenticated(Unauthenticated::ProviderDown) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(PROVIDER_PAUSE_SECONDS));
            }
            Self::Unauthenticated(Unauthenticated::TooMany { seconds })
            | Self::TooOften { seconds }
            | Self::TooManyAtOnce { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        response
    }
}
