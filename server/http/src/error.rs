//! The requests that HTTP refuses, each with a status and one sentence.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use identity::Unauthenticated;

/// A request that did not reach its service. The body is a JSON-RPC error without an id, which MCP clients display.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// `Host` is absent or unreadable.
    #[error("the `Host` header is missing or malformed: send the server's own name")]
    BadHost,
    /// `Host` is not in the allow-list.
    #[error("`Host` is not allowed: add it to `allowed_hosts` in the configuration, or use an allowed name, not `{0}`")]
    HostNotAllowed(String),
    /// `Origin` is not in the allow-list.
    #[error(
        "web pages of this origin may not call the server: add it to `allowed_origins` in the configuration: `{0}`"
    )]
    OriginNotAllowed(String),
    /// The request has no valid credentials.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    /// `/metrics` is restricted to this machine and to authenticated callers.
    #[error("metrics are only for this machine or for callers with a token: send a bearer token")]
    MetricsForbidden,
    /// The body is larger than the limit.
    #[error("the request body is too large: send at most {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body did not arrive in time, or the connection broke while the server read it.
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
    /// The body is not declared as JSON.
    #[error("the request body is not declared as JSON: send `Content-Type: application/json`")]
    NotJsonType,
    /// No route matches the path.
    #[error("nothing is served at this path: use `/mcp`, `/mcp/full`, `/mcp/readonly` or `/mcp/x/<toolset>`")]
    NoSuchPath,
    /// No toolset has this name.
    #[error("there is no such toolset: use one of {known}")]
    NoSuchToolset {
        /// The names, in backticks, with commas.
        known: String,
    },
    /// The client accepts none of the types of response.
    #[error("the client accepts neither type of response: send `Accept: application/json, text/event-stream`")]
    NotAcceptable,
    /// The path exists, but not for this method.
    #[error("this path does not support that method: use {0}")]
    MethodNotAllowed(&'static str),
    /// The MCP session is not one of this caller's.
    #[error("the session is unknown or has ended: send `initialize` again")]
    NoSuchSession,
    /// The response did not begin in time.
    #[error(
        "the call took longer than {seconds} seconds and the server stopped waiting: a change may still be in progress, so check before you repeat it"
    )]
    Timeout {
        /// The limit.
        seconds: u64,
    },
    /// The caller exceeded its request rate.
    #[error("too many requests from this caller: retry in {seconds} seconds, and less often")]
    RateLimited {
        /// Seconds until a retry can succeed.
        seconds: u64,
    },
    /// The caller sent too many bytes of requests.
    #[error("too many bytes in the requests of this caller: retry in {seconds} seconds, and send less")]
    TooManyBytes {
        /// Seconds until a retry can succeed.
        seconds: u64,
    },
    /// The caller has too many requests in progress.
    #[error("too many requests of this caller are in progress: wait for a response, then retry")]
    TooManyConcurrent {
        /// Seconds until a retry can succeed.
        seconds: u64,
    },
    /// The requests and responses of all callers together take too much memory.
    #[error("the server is busy with large requests and responses: retry in {BUSY_RETRY_SECONDS} seconds")]
    Busy,
    /// A fault of the server.
    #[error("the server failed on this request: retry, and report the request id if it fails again")]
    Internal,
}

/// `Retry-After` while too many bytes are in flight.
const BUSY_RETRY_SECONDS: u64 = 2;
/// `Retry-After` while the identity provider is unreachable.
const PROVIDER_RETRY_SECONDS: u64 = 5;

impl HttpError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadHost | Self::NotJson(_) | Self::NotMcp => StatusCode::BAD_REQUEST,
            Self::HostNotAllowed(_) | Self::OriginNotAllowed(_) | Self::MetricsForbidden => StatusCode::FORBIDDEN,
            Self::Unauthenticated(reason) => match reason {
                Unauthenticated::Ambiguous | Unauthenticated::Malformed => StatusCode::BAD_REQUEST,
                Unauthenticated::ProviderUnavailable => StatusCode::SERVICE_UNAVAILABLE,
                Unauthenticated::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNAUTHORIZED,
            },
            Self::NotJsonType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::NoSuchPath | Self::NoSuchToolset { .. } | Self::NoSuchSession => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RateLimited { .. } | Self::TooManyBytes { .. } | Self::TooManyConcurrent { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A code of JSON-RPC 2.0 where one fits, else the first of its range for servers.
    fn code(&self) -> i32 {
        match self {
            Self::NotJson(_) => -32700,
            Self::NotMcp => -32600,
            Self::Internal => -32603,
            _ => -32000,
        }
    }
}

/// A response with one sentence, in the shape of a JSON-RPC error without an id.
pub(crate) fn json_rpc_error(status: StatusCode, code: i32, message: &str) -> Response {
    let body = serde_json::json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = json_rpc_error(self.status(), self.code(), &self.to_string());
        let headers = response.headers_mut();
        match self {
            Self::MethodNotAllowed(allowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
            }
            Self::Unauthenticated(Unauthenticated::ProviderUnavailable) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(PROVIDER_RETRY_SECONDS));
            }
            Self::Busy => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(BUSY_RETRY_SECONDS));
            }
            Self::Unauthenticated(Unauthenticated::RateLimited { seconds })
            | Self::RateLimited { seconds }
            | Self::TooManyBytes { seconds }
            | Self::TooManyConcurrent { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        response
    }
}
