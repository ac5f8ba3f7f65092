//! Who asks: the bearer token of a request becomes a caller, or the request ends here.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::future::{BoxFuture, FutureExt};
use identity::{Authenticator, Caller, Presented, Unauthenticated, oauth::Refused};
use mcp::ScopesNeeded;

use crate::{Refusal, body, metadata::Advertised, serve::Peer};

/// Finds the caller of a request. The product's own is [`Authenticator`].
pub trait Authenticate: Send + Sync + 'static {
    /// Who sent a request that brought this, from this address where it is known.
    ///
    /// # Errors
    /// [`Unauthenticated`], which becomes status 401 for most reasons.
    fn caller<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>>;

    /// Hears that a caller who was found is turned away all the same.
    fn turned_away(&self, _peer: Option<IpAddr>, _reason: Unauthenticated) {}
}

impl Authenticate for Authenticator {
    fn caller<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        self.authenticate(presented, peer).boxed()
    }
}

/// What a request brought. A token in the address would stand in logs and histories, so it is refused (OAuth 2.1 section 5.1).
pub(crate) fn presented<'request>(headers: &'request HeaderMap, uri: &Uri) -> Presented<'request> {
    let in_query = uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token=")));
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    match (sent.next(), sent.next()) {
        _ if in_query => Presented::Ambiguous,
        (None, _) => Presented::Nothing,
        (Some(value), None) => value.to_str().map_or(Presented::Unreadable, Presented::Header),
        (Some(_), Some(_)) => Presented::Ambiguous,
    }
}

/// The address at the other end of the connection.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip())
}

/// What the layer needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) authenticate: Arc<dyn Authenticate>,
    pub(crate) advertised: Option<Arc<Advertised>>,
}

/// Middleware: the caller goes into the request's extensions, the token no further than here. Every answer that wants another
/// token says so by a challenge.
pub(crate) async fn identify(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body): (Parts, _) = request.into_parts();
    let advertised = gate.advertised.as_deref();
    let path = parts.uri.path().to_owned();
    let sent = presented(&parts.headers, &parts.uri);
    let peer = peer(&parts.extensions);
    let found = gate.authenticate.caller(sent, peer).await.and_then(|caller| match advertised {
        Some(advertised) if !advertised.is_for(&caller, &path) => {
            let reason = Unauthenticated::Refused(Refused::Audience);
            gate.authenticate.turned_away(peer, reason);
            Err(reason)
        }
        _ => Ok(caller),
    });
    match found {
        Ok(caller) => {
            tracing::Span::current().record("caller", caller.subject());
            parts.headers.remove(header::AUTHORIZATION);
            parts.extensions.insert(caller);
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if let Some(ScopesNeeded(scopes)) = response.extensions_mut().remove() {
                let challenge = challenge(Some("insufficient_scope"), None, &scopes, advertised, &path);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
        Err(reason) => {
            tracing::info!(%reason, "turned away");
            body::discard(body).await;
            let mut response = Refusal::from(reason).into_response();
            if let Some((error, description)) = named(reason) {
                let scopes = advertised.map(|advertised| advertised.scopes.as_slice()).unwrap_or_default();
                let challenge = challenge(error, description.as_deref(), scopes, advertised, &path);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

/// What a challenge says of a refusal: `error` and `error_description` (RFC 6750 section 3.1), and no `error` where no bearer token
/// was sent. Nothing where another token would not help.
fn named(reason: Unauthenticated) -> Option<(Option<&'static str>, Option<String>)> {
    match reason {
        Unauthenticated::ProviderDown | Unauthenticated::TooMany { .. } => None,
        Unauthenticated::Missing | Unauthenticated::OtherScheme => Some((None, None)),
        Unauthenticated::Malformed | Unauthenticated::Ambiguous => Some((Some("invalid_request"), None)),
        Unauthenticated::Unknown => Some((Some("invalid_token"), None)),
        Unauthenticated::Refused(refused) => Some((Some("invalid_token"), Some(refused.to_string()))),
    }
}

/// RFC 6750 section 3; RFC 9728 section 5.1 for `resource_metadata`.
fn challenge(
    error: Option<&str>,
    description: Option<&str>,
    scopes: &[String],
    advertised: Option<&Advertised>,
    path: &str,
) -> HeaderValue {
    let metadata = advertised.map(|advertised| advertised.metadata_url(path));
    // RFC 6749 section 3.3: what a scope may be made of; others come only with tokens of odd providers
    let may = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| scope.bytes().all(may)).collect();
    let scopes = Some(scopes.join(" ")).filter(|scopes| !scopes.is_empty());
    let members = [
        ("error", error),
        ("error_description", description),
        ("resource_metadata", metadata.as_deref()),
        ("scope", scopes.as_deref()),
    ];
    let mut text = r#"Bearer realm="juju-mcp""#.to_owned();
    for (name, value) in members.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        text.extend([", ", name, "=\"", value, "\""]);
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
