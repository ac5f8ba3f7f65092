//! The routes of the approval page.

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

use crate::{Settings, app_state::AppState, approval_page, decide, headers, list_page, sign_in};

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// The routes below `/console`. The caller adds the address of the peer, an [`std::net::IpAddr`], to the request's
/// extensions, so that authentication failures can be throttled and recorded by address.
///
/// # Errors
/// The operating system provides no randomness.
pub fn routes(
    settings: Settings,
    approvals: Approvals,
    authenticator: Arc<Authenticator>,
    events: Arc<dyn SecurityEvents>,
) -> Result<Router, getrandom::Error> {
    let app = Arc::new(AppState::new(settings, approvals, authenticator, events)?);
    Ok(Router::new()
        .route("/console", get(list_page::page))
        .route("/console/approvals/{id}", get(approval_page::page).post(decide::decide))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::sign_in_with_token))
        .route("/console/sign-in/provider", get(sign_in::begin))
        .route("/console/callback", get(sign_in::finish))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/style.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/console/icon.svg", get(async || file("image/svg+xml", ICON)))
        .with_state(app)
        .layer(map_response(headers::add_security_headers)))
}

fn file(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let content_type = HeaderValue::from_static(content_type);
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"))], text)
}
