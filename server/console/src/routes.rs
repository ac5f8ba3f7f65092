//! The page's addresses.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::map_response,
    response::IntoResponse,
    routing::{get, post},
};
use dispatch::{Approvals, SecurityEvents};
use identity::Authenticator;

use crate::{Settings, decide, headers, list, question, sign_in, site::Site};

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// `/console` and what is below it. Whoever mounts it puts the address of the other end, an [`std::net::IpAddr`], into the
/// request's extensions where it is known, so that guessing tokens is slowed and the ledger says where it came from.
///
/// # Errors
/// Where the operating system has no randomness.
pub fn routes(
    settings: Settings,
    approvals: Approvals,
    authenticator: Arc<Authenticator>,
    events: Arc<dyn SecurityEvents>,
) -> Result<Router, getrandom::Error> {
    let site = Arc::new(Site::new(settings, approvals, authenticator, events)?);
    Ok(Router::new()
        .route("/console", get(list::page))
        .route("/console/approvals/{id}", get(question::page).post(decide::answer))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::paste))
        .route("/console/sign-in/provider", get(sign_in::begin))
        .route("/console/callback", get(sign_in::finish))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/style.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/console/icon.svg", get(async || file("image/svg+xml", ICON)))
        .with_state(site)
        .layer(map_response(headers::strict)))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let kind = HeaderValue::from_static(kind);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"))], text)
}
