//! Turns the bearer token of a request into a caller (RFC 6750).

use std::net::IpAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use identity::{Presented, Unauthenticated};
use mcp::ScopesNeeded;

use crate::{HttpError, authentication::RecordingAuthenticator, body, metadata::ResourceMetadata, serve::Peer};

/// The credentials of a request. A token in the URL would end up in logs and histories, so the server refuses it
/// (OAuth 2.1 section 5.1).
pub(crate) fn extract_credentials<'request>(headers: &'request HeaderMap, uri: &Uri) -> Presented<'request> {
    let token_in_query =
        uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token=")));
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        _ if token_in_query => Presented::Ambiguous,
        (None, _) => Presented::Nothing,
        (Some(value), None) => value.to_str().map_or(Presented::Unreadable, Presented::Header),
        (Some(_), Some(_)) => Presented::Ambiguous,
    }
}

/// The address of the peer of the connection.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip())
}

/// State of the authentication middleware.
#[derive(Clone)]
pub(crate) struct AuthLayer {
    pub(crate) authenticator: RecordingAuthenticator,
}

/// Middleware: adds the caller to the request's extensions and removes the token. A refusal that another token could
/// avoid carries a challenge.
pub(crate) async fn authenticate(State(layer): State<AuthLayer>, request: Request, next: Next) -> Response {
    let (mut parts, body): (Parts, _) = request.into_parts();
    let metadata = layer.authenticator.metadata.as_deref();
    let path = parts.uri.path().to_owned();
    let credentials = extract_credentials(&parts.headers, &parts.uri);
    let peer = peer(&parts.extensions);
    let result = layer.authenticator.authenticate(credentials, peer, &path).await;
    match result {
        Ok(caller) => {
            tracing::Span::current().record("caller", caller.subject());
            parts.headers.remove(header::AUTHORIZATION);
            parts.extensions.insert(caller);
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if let Some(ScopesNeeded(scopes)) = response.extensions_mut().remove() {
                let challenge = challenge(Some("insufficient_scope"), None, &scopes, metadata, &path);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
        Err(reason) => {
            tracing::info!(%reason, "authentication failed");
            body::discard(body).await;
            let mut response = HttpError::from(reason).into_response();
            if let Some((error, description)) = challenge_params(reason) {
                let scopes = metadata.map(|metadata| metadata.scopes.as_slice()).unwrap_or_default();
                let challenge = challenge(error, description.as_deref(), scopes, metadata, &path);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

/// `error` and `error_description` of a challenge (RFC 6750 section 3.1). There is no `error` if the request had no bearer
/// token, and no challenge at all if another token would not help.
fn challenge_params(reason: Unauthenticated) -> Option<(Option<&'static str>, Option<String>)> {
    match reason {
        Unauthenticated::ProviderUnavailable | Unauthenticated::RateLimited { .. } => None,
        Unauthenticated::Missing | Unauthenticated::UnsupportedScheme => Some((None, None)),
        Unauthenticated::Malformed | Unauthenticated::Ambiguous => Some((Some("invalid_request"), None)),
        Unauthenticated::UnknownToken => Some((Some("invalid_token"), None)),
        Unauthenticated::Rejected(refused) => Some((Some("invalid_token"), Some(refused.to_string()))),
    }
}

/// RFC 6750 section 3; RFC 9728 section 5.1 for `resource_metadata`.
fn challenge(
    error: Option<&str>,
    description: Option<&str>,
    scopes: &[String],
    metadata: Option<&ResourceMetadata>,
    path: &str,
) -> HeaderValue {
    let metadata_url = metadata.map(|metadata| metadata.metadata_url(path));
    // the characters of a scope in RFC 6749 section 3.3; a provider may return others in its tokens
    let is_scope_char = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let scopes: Vec<&str> =
        scopes.iter().map(String::as_str).filter(|scope| scope.bytes().all(is_scope_char)).collect();
    let scopes = Some(scopes.join(" ")).filter(|scopes| !scopes.is_empty());
    let members = [
        ("error", error),
        ("error_description", description),
        ("resource_metadata", metadata_url.as_deref()),
        ("scope", scopes.as_deref()),
    ];
    let mut text = r#"Bearer realm="juju-mcp""#.to_owned();
    for (name, value) in members.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        text.extend([", ", name, "=\"", value, "\""]);
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
