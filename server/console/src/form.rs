//! What came with a form, and whether our own page sent it.

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::{page::Page, site::Site};

/// The fields of a form. A body that is no such form is refused with a page.
pub(crate) struct Fields<F>(pub(crate) F);

impl<F: DeserializeOwned> FromRequest<Arc<Site>> for Fields<F> {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        if is_foreign(request.headers()) {
            let why = "The form was sent by a page of another site, so nothing was done.";
            return Err(Page::new(site, "Not done").say(StatusCode::FORBIDDEN, why));
        }
        match Form::from_request(request, site).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(unfit) => {
                let why = "The form did not arrive as this page sends it, so nothing was done. Open the page again.";
                Err(Page::new(site, "Not done").say(unfit.status(), why))
            }
        }
    }
}

/// Browsers say which site started a request; other programs say nothing, and have no cookie either.
fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

/// Whether what a form carries is what its session has.
pub(crate) fn same(sent: &str, known: &str) -> bool {
    sent.as_bytes().ct_eq(known.as_bytes()).into()
}

/// The answer to a form that does not carry what its session has.
pub(crate) fn forged(site: &Site) -> Response {
    tracing::warn!("a form came without the secret of its session");
    let why = "The form does not belong to your session, so nothing was done. Open the page again.";
    Page::new(site, "Not done").say(StatusCode::FORBIDDEN, why)
}
