//! Who asks: the bearer token of a request becomes a caller, or the request ends here.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use identity::{Authenticator, Caller, Unauthenticated};

use crate::Refusal;

/// Finds the caller of a request. The product's own is [`Authenticator`].
pub trait Authenticate: Send + Sync + 'static {
    /// Who sent these headers.
    ///
    /// # Errors
    /// [`Unauthenticated`], which becomes status 401.
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Unauthenticated>;
}

impl Authenticate for Authenticator {
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Unauthenticated> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        match (sent.next(), sent.next()) {
            (None, _) => self.authenticate(None),
            (Some(value), None) => self.authenticate(Some(value.to_str().map_err(|_| Unauthenticated::Malformed)?)),
            (Some(_), Some(_)) => Err(Unauthenticated::Malformed),
        }
    }
}

/// What the layer needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) authenticate: Arc<dyn Authenticate>,
    pub(crate) resource_metadata_url: Option<Arc<str>>,
}

/// Middleware: the caller goes into the request's extensions, the token no further than here.
pub(crate) async fn identify(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match gate.authenticate.caller(request.headers()) {
        Ok(caller) => {
            tracing::Span::current().record("caller", caller.subject());
            request.headers_mut().remove(header::AUTHORIZATION);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(reason) => {
            tracing::info!(%reason, "turned away");
            let challenge = challenge(reason, gate.resource_metadata_url.as_deref());
            let mut response = Refusal::from(reason).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
    }
}

/// RFC 6750 section 3: no `error` where no token was sent.
fn challenge(reason: Unauthenticated, metadata: Option<&str>) -> HeaderValue {
    let mut text = r#"Bearer realm="juju-mcp""#.to_owned();
    match reason {
        Unauthenticated::Missing => {}
        Unauthenticated::Malformed => text.push_str(r#", error="invalid_request""#),
        Unauthenticated::Unknown => text.push_str(r#", error="invalid_token""#),
    }
    if let Some(url) = metadata {
        text.push_str(", resource_metadata=\"");
        text.push_str(url);
        text.push('"');
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
