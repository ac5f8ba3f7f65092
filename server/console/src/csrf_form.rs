//! Form bodies that only this site's pages may send.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::{app_state::AppState, page::Page};

/// The fields of a form. Other bodies, and forms of other sites, get an error page.
pub(crate) struct CsrfForm<F>(pub(crate) F);

impl<F: DeserializeOwned> FromRequest<Arc<AppState>> for CsrfForm<F> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        if is_cross_site(request.headers()) {
            let message = "A page of another site sent the form, so nothing was done.";
            return Err(Page::new(app, "Not done").message(StatusCode::FORBIDDEN, message));
        }
        match Form::from_request(request, app).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(error) => {
                let message = "The form is incomplete or malformed, so nothing was done. Open the page again.";
                Err(Page::new(app, "Not done").message(error.status(), message))
            }
        }
    }
}

/// Browsers send `Sec-Fetch-Site`. Other programs omit it, and have no session cookie either.
fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

/// Compares a secret from a form with the expected one.
pub(crate) fn constant_time_eq(sent: &str, expected: &str) -> bool {
    sent.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// The page for a form without the CSRF token of its session.
pub(crate) fn csrf_rejected(app: &AppState) -> Response {
    tracing::warn!("a form without the CSRF token of its session was rejected");
    let message = "The form does not belong to your session, so nothing was done. Open the page again.";
    Page::new(app, "Not done").message(StatusCode::FORBIDDEN, message)
}
