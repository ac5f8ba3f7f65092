//! Resolves the session cookie to a person, or redirects to the sign-in page.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::Response,
};
use identity::{Caller, Presented, Unauthenticated, oauth::TokenRejection};
use maud::html;
use uuid::Uuid;

use crate::{
    app_state::AppState,
    cookie::Cookie,
    page::{Page, redirect},
    text::sentence,
    user::SignedIn,
};

/// Name of this client in the ledger.
const CLIENT: &str = "approval page";
/// The path that a token has to be for.
const PATH: &str = "/console";

impl FromRequestParts<Arc<AppState>> for SignedIn {
    type Rejection = Response;

    /// Authenticates the token of the session on every request, so a revoked or expired token ends the session.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, Response> {
        let session = Cookie::Session.read(app, &parts.headers).and_then(|id| Some((id, app.sessions.find(id)?)));
        let Some((id, session)) = session else { return Err(redirect_to_sign_in(app, parts)) };
        match authenticate(app, &session.token, parts.extensions.get().copied()).await {
            Ok(caller) => Ok(Self { caller, csrf: session.csrf, session_id: id.to_owned() }),
            Err(error @ (Unauthenticated::ProviderUnavailable | Unauthenticated::RateLimited { .. })) => {
                let page = Page::new(app, "Temporarily unavailable");
                Err(page.message(StatusCode::SERVICE_UNAVAILABLE, &sentence(&error)))
            }
            Err(_) => {
                app.sessions.end(id);
                Err(redirect_to_sign_in(app, parts))
            }
        }
    }
}

/// Authenticates a token.
///
/// # Errors
/// The reason for which the server rejects the token.
pub(crate) async fn authenticate(app: &AppState, token: &str, peer: Option<IpAddr>) -> Result<Caller, Unauthenticated> {
    let header = format!("Bearer {token}");
    let caller = app.authenticator.authenticate(Presented::Header(&header), peer).await?;
    if !caller.may_use_path(&app.settings.public_url, PATH) {
        return Err(Unauthenticated::Rejected(TokenRejection::WrongAudience));
    }
    Ok(caller.with_client(CLIENT))
}

/// Redirects to the sign-in page, which returns to the requested approval.
fn redirect_to_sign_in(app: &AppState, parts: &Parts) -> Response {
    let last = parts.uri.path().rsplit('/').next();
    let approval: Option<Uuid> = last.and_then(|text| text.parse().ok());
    if parts.method != Method::GET {
        let message = "Your session has ended, so nothing was done. Sign in and check the request again.";
        return Page::new(app, "Not done").message(StatusCode::FORBIDDEN, message);
    }
    if is_navigation_from_other_site(&parts.headers) {
        // the browser withheld the `SameSite=Strict` cookie, so a page of our own repeats the request
        let path = app.path(approval);
        let content = html! { p { a href=(path) { "Continue" } } };
        return Page::new(app, "Loading").navigate_to(path).render(StatusCode::OK, &content);
    }
    redirect(&app.sign_in(approval))
}

fn is_navigation_from_other_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}
