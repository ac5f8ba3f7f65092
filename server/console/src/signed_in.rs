//! Who sits before the browser: the session's cookie becomes a caller, or the way to the sign-in.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::Response,
};
use identity::{Authenticator, Caller, Presented, Unauthenticated};
use uuid::Uuid;

use crate::{
    cookie::Cookie,
    html::Html,
    page::{Page, sentence, to},
    site::Site,
};

/// What the ledger calls the program that a person decides with.
const CLIENT: &str = "approval page";

/// Somebody who is signed in.
pub(crate) struct SignedIn {
    pub(crate) caller: Caller,
    pub(crate) csrf: String,
    /// Id of the session.
    pub(crate) id: String,
}

impl SignedIn {
    /// What people call them: the address where it is verified, the holder of the token, else the subject.
    pub(crate) fn name(&self) -> &str {
        let address = self.caller.claims().and_then(|claims| claims.email.as_deref());
        address.or(self.caller.owner()).unwrap_or_else(|| self.caller.subject())
    }

    /// The field that every form of the session has.
    pub(crate) fn csrf_field(&self) -> Html {
        Html::default().mark("<input type=\"hidden\" name=\"csrf\" value=\"").value(&self.csrf).mark("\">")
    }
}

impl FromRequestParts<Arc<Site>> for SignedIn {
    type Rejection = Response;

    /// The token of the session is looked at again each time, so one that was revoked or has expired ends it.
    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Response> {
        let session = Cookie::Session.of(site, &parts.headers).and_then(|id| Some((id, site.sessions.find(id)?)));
        let Some((id, session)) = session else { return Err(nobody(site, parts)) };
        match caller(&site.authenticator, &session.token, parts.extensions.get().copied()).await {
            Ok(caller) => Ok(Self { caller, csrf: session.csrf, id: id.to_owned() }),
            Err(away @ (Unauthenticated::ProviderUnavailable | Unauthenticated::RateLimited { .. })) => {
                let page = Page::new(site, "Not now");
                Err(page.say(StatusCode::SERVICE_UNAVAILABLE, &sentence(&away)))
            }
            Err(_) => {
                site.sessions.end(id);
                Err(nobody(site, parts))
            }
        }
    }
}

/// Who holds a token.
///
/// # Errors
/// Why it is not taken.
pub(crate) async fn caller(
    authenticator: &Authenticator,
    token: &str,
    peer: Option<IpAddr>,
) -> Result<Caller, Unauthenticated> {
    let header = format!("Bearer {token}");
    let caller = authenticator.authenticate(Presented::Header(&header), peer).await?;
    Ok(caller.with_client(CLIENT))
}

/// To the sign-in, and back from there to the approval that was to be seen.
fn nobody(site: &Site, parts: &Parts) -> Response {
    let last = parts.uri.path().rsplit('/').next();
    let approval: Option<Uuid> = last.and_then(|text| text.parse().ok());
    if parts.method != Method::GET {
        let why = "Your session has ended, so nothing was done. Sign in and look again.";
        return Page::new(site, "Not done").say(StatusCode::FORBIDDEN, why);
    }
    if is_led_here(&parts.headers) {
        // the browser kept the session's cookie back, because another site led here; so our own page asks again
        let body = Html::default().mark("<p><a href=\"").value(&site.path(approval)).mark("\">Go on</a></p>");
        return Page::new(site, "One moment").onward(0, site.path(approval)).show(StatusCode::OK, &body);
    }
    to(&site.sign_in(approval))
}

fn is_led_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}
