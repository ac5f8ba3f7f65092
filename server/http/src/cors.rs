//! What web pages of listed origins are told, so that their browser lets them call the server.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};

const ASKED: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
/// What pages may send: all that the protocol and its authorization use.
const HEADERS: &str = "authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, \
                       mcp-name, traceparent, tracestate, x-request-id";
/// What pages may read beyond what every page may.
const EXPOSED: &str = "mcp-session-id, www-authenticate, retry-after, x-request-id";

/// The answer to a browser that asks beforehand whether a page may call, after `Host` and `Origin` were checked.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let origin = headers.get(header::ORIGIN).filter(|_| method == Method::OPTIONS && headers.contains_key(ASKED))?;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let told = answer.headers_mut();
    told.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    told.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    told.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    allow(&mut answer, origin.clone());
    Some(answer)
}

/// Lets pages of an origin that was checked read an answer. No cookies: callers are known by their bearer token.
pub(crate) fn allow(answer: &mut Response, origin: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}
