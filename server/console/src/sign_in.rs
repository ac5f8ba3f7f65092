//! Signing in and out: at the identity provider by code flow with PKCE, or with a static token where there is no provider.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use identity::oauth::{AuthorizationResponse, PendingSignIn, Provider, Registration, SignInError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    cookie::Cookie,
    form::{Fields, forged, same},
    html::Html,
    page::{Page, sentence, to},
    session::random,
    signed_in::{SignedIn, caller},
    site::Site,
};

/// How long a sign-in may take, in seconds.
const PATIENCE: u64 = 600;
const SIGN_IN: &str = "sign-in";
const FORM: &str = "form";

/// What somebody wants to see once they are signed in. Only an approval's id can be said: there is no address to lead astray.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    approval: Option<Uuid>,
}

/// What the browser keeps while the person is at the provider.
#[derive(Serialize, Deserialize)]
struct Kept {
    begun: PendingSignIn,
    approval: Option<Uuid>,
    /// Seconds since 1970.
    until: u64,
}

/// The page where people sign in.
pub(crate) async fn page(State(site): State<Arc<Site>>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    match wanted {
        Ok(Query(wanted)) => offered(&site, StatusCode::OK, wanted.approval, None),
        Err(_) => unknown_approval(&site),
    }
}

/// The ways to sign in, with what went wrong the last time.
fn offered(site: &Site, status: StatusCode, approval: Option<Uuid>, wrong: Option<&str>) -> Response {
    let Ok(form) = random() else { return no_randomness(site) };
    let body = Html::default()
        .mark("<section class=\"card narrow\"><h1>Sign in</h1><p>Assistants ask here before they change what is guarded. ")
        .mark("Sign in as somebody who may approve.</p>")
        .maybe(wrong, |page, wrong| page.mark("<p class=\"wrong\" role=\"alert\">").text(wrong).mark("</p>"))
        .maybe(provider(site), |page, (provider, _)| {
            let query = approval.map(|id| format!("?approval={id}")).unwrap_or_default();
            let page = page.mark("<p><a class=\"button\" href=\"").value(&site.base).mark("/sign-in/provider");
            page.value(&query).mark("\">Sign in with ").text(host(&provider.settings().issuer)).mark("</a></p>")
        })
        .maybe(site.settings.tokens.then_some(()), |page, ()| token_form(page, site, &form, approval))
        .mark("</section>");
    let mut answer = Page::new(site, "Sign in").show(status, &body);
    if site.settings.tokens {
        add_cookie(&mut answer, Cookie::Form.set(site, &form, PATIENCE));
    }
    answer
}

fn token_form(page: Html, site: &Site, form: &str, approval: Option<Uuid>) -> Html {
    page.mark("<form method=\"post\" action=\"")
        .value(&site.base)
        .mark("/sign-in\"><label for=\"token\">Token with the role <code>approver</code></label>")
        .mark("<input id=\"token\" name=\"token\" type=\"password\" required maxlength=\"16384\" autocomplete=\"off\" ")
        .mark("spellcheck=\"false\"><input type=\"hidden\" name=\"form\" value=\"")
        .value(&site.seal.of(FORM, form))
        .mark("\">")
        .maybe(approval, |page, id| {
            let page = page.mark("<input type=\"hidden\" name=\"approval\" value=\"");
            page.value(&id.to_string()).mark("\">")
        })
        .mark("<p class=\"faint\">It is sent once, kept in the server's memory while you are signed in, and never put ")
        .mark("into an address.</p><button>Sign in with a token</button></form>")
}

/// Sends the browser to the provider.
pub(crate) async fn begin(State(site): State<Arc<Site>>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let Some((provider, own)) = provider(&site) else { return nothing_here(&site) };
    let Ok(Query(Wanted { approval })) = wanted else { return unknown_approval(&site) };
    let (url, begun) = match provider.begin_sign_in(own).await {
        Ok(begun) => begun,
        Err(why) => return refused(&site, approval, why),
    };
    let kept = Kept { begun, approval, until: now() + PATIENCE };
    let kept = serde_json::to_string(&kept).unwrap_or_default();
    let mut answer = to(&url);
    add_cookie(&mut answer, Cookie::SignIn.set(&site, &site.seal.close(SIGN_IN, &kept), PATIENCE));
    answer
}

/// The provider sent the browser back.
pub(crate) async fn finish(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<IpAddr>>,
    headers: HeaderMap,
    back: Result<Query<AuthorizationResponse>, QueryRejection>,
) -> Response {
    let Some((provider, own)) = provider(&site) else { return nothing_here(&site) };
    let sealed = Cookie::SignIn.of(&site, &headers).and_then(|sealed| site.seal.open(SIGN_IN, sealed));
    let kept: Option<Kept> = sealed.and_then(|text| serde_json::from_str(&text).ok());
    let kept = kept.filter(|kept| kept.until > now());
    let (approval, result) = match (kept, back) {
        (Some(kept), Ok(Query(back))) => (kept.approval, provider.finish_sign_in(own, &kept.begun, back).await),
        _ => (None, Err(SignInError::StateMismatch)),
    };
    match result {
        Ok(signed) => entered(&site, &headers, signed.into_token(), approval),
        Err(why) => {
            if let Some(kind) = why.reason_code() {
                site.events.auth_failed(address(peer), kind, why.to_string());
            }
            refused(&site, approval, why)
        }
    }
}

/// What the form for a token carries.
#[derive(Deserialize)]
pub(crate) struct Pasted {
    token: String,
    form: String,
    approval: Option<Uuid>,
}

/// Signs in with a pasted token.
pub(crate) async fn paste(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<IpAddr>>,
    headers: HeaderMap,
    Fields(pasted): Fields<Pasted>,
) -> Response {
    if !site.settings.tokens {
        return nothing_here(&site);
    }
    let given_out = Cookie::Form.of(&site, &headers);
    if !given_out.is_some_and(|form| site.seal.fits(FORM, form, &pasted.form)) {
        return forged(&site);
    }
    let token = pasted.token.trim();
    let peer = address(peer);
    match caller(&site.authenticator, token, peer).await {
        Ok(_) => entered(&site, &headers, token.to_owned(), pasted.approval),
        Err(why) => {
            site.events.auth_failed(peer, why.reason_code(), why.to_string());
            let why = match why {
                identity::Unauthenticated::Malformed => "That is no token of this server.".to_owned(),
                why => sentence(&why),
            };
            offered(&site, StatusCode::UNAUTHORIZED, pasted.approval, Some(&why))
        }
    }
}

/// What the form to sign out carries.
#[derive(Deserialize)]
pub(crate) struct Leaving {
    csrf: String,
}

/// Ends the session.
pub(crate) async fn leave(State(site): State<Arc<Site>>, who: SignedIn, Fields(leaving): Fields<Leaving>) -> Response {
    if !same(&leaving.csrf, &who.csrf) {
        return forged(&site);
    }
    site.sessions.end(&who.id);
    let mut answer = to(&site.sign_in(None));
    add_cookie(&mut answer, Cookie::Session.unset(&site));
    answer
}

/// Opens a session with an id of its own, ends the one that the browser had, and goes on from a page of ours: a cookie that is
/// `SameSite=Strict` is not sent with a redirect that began at the provider.
fn entered(site: &Site, headers: &HeaderMap, token: String, approval: Option<Uuid>) -> Response {
    if let Some(before) = Cookie::Session.of(site, headers) {
        site.sessions.end(before);
    }
    let Ok(id) = site.sessions.begin(token) else { return no_randomness(site) };
    let path = site.path(approval);
    let body = Html::default().mark("<p>You are signed in. <a href=\"").value(&path).mark("\">Go on</a></p>");
    let mut answer = Page::new(site, "Signed in").onward(0, path).show(StatusCode::OK, &body);
    add_cookie(&mut answer, Cookie::Session.set(site, &id, site.sessions.seconds()));
    add_cookie(&mut answer, Cookie::SignIn.unset(site));
    add_cookie(&mut answer, Cookie::Form.unset(site));
    answer
}

fn refused(site: &Site, approval: Option<Uuid>, why: SignInError) -> Response {
    tracing::warn!(%why, "nobody was signed in");
    let status = match why {
        SignInError::ProviderUnavailable | SignInError::EndpointMissing | SignInError::NoRandomness => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::FORBIDDEN,
    };
    let mut answer = offered(site, status, approval, Some(&sentence(&why)));
    add_cookie(&mut answer, Cookie::SignIn.unset(site));
    answer
}

fn provider(site: &Site) -> Option<(&Provider, &Registration)> {
    Some((site.authenticator.provider()?, site.settings.provider.as_ref()?))
}

fn address(peer: Option<Extension<IpAddr>>) -> Option<IpAddr> {
    peer.map(|Extension(peer)| peer)
}

fn host(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn add_cookie(answer: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn unknown_approval(site: &Site) -> Response {
    let why = "After `approval=` the id of an approval is wanted, and nothing else can be asked for.";
    Page::new(site, "Not found").say(StatusCode::BAD_REQUEST, why)
}

fn nothing_here(site: &Site) -> Response {
    Page::new(site, "Not found").say(StatusCode::NOT_FOUND, "This server has no such way to sign in.")
}

fn no_randomness(site: &Site) -> Response {
    Page::new(site, "Not now").say(StatusCode::SERVICE_UNAVAILABLE, &sentence(&SignInError::NoRandomness))
}
