//! Who asks: the bearer token of a request becomes a caller, or the request ends here.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::future::{BoxFuture, FutureExt};
use identity::{Authenticator, Caller, Presented, Unauthenticated};

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
        (Some(value), None) => value.to_str().map_or(Presented::Ambiguous, Presented::Header),
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

/// Middleware: the caller goes into the request's extensions, the token no further than here.
pub(crate) async fn identify(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body): (Parts, _) = request.into_parts();
    let sent = presented(&parts.headers, &parts.uri);
    match gate.authenticate.caller(sent, peer(&parts.extensions)).await {
        Ok(caller) => {
            tracing::Span::current().record("caller", caller.subject());
            parts.headers.remove(header::AUTHORIZATION);
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(reason) => {
            tracing::info!(%reason, "turned away");
            body::discard(body).await;
            let challenge = challenge(reason, gate.advertised.as_deref(), parts.uri.path());
            let mut response = Refusal::from(reason).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
    }
}

/// RFC 6750 section 3: no `error` where no token was sent. RFC 9728 section 5.1: where to find the metadata.
fn challenge(reason: Unauthenticated, advertised: Option<&Advertised>, path: &str) -> HeaderValue {
    let mut text = r#"Bearer realm="juju-mcp""#.to_owned();
    match reason {
        Unauthenticated::Missing | Unauthenticated::ProviderDown | Unauthenticated::TooMany { .. } => {}
        Unauthenticated::Malformed | Unauthenticated::Ambiguous => text.push_str(r#", error="invalid_request""#),
        Unauthenticated::Unknown => text.push_str(r#", error="invalid_token""#),
        Unauthenticated::Refused(refused) => {
            text.extend([r#", error="invalid_token", error_description=""#, &*refused.to_string(), "\""]);
        }
    }
    if let Some(advertised) = advertised {
        let (url, scopes) = (advertised.metadata_url(path), advertised.scopes.join(" "));
        text.extend([r#", resource_metadata=""#, &*url, r#"", scope=""#, &*scopes, "\""]);
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
