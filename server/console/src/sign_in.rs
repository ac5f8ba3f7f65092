//! Sign-in and sign-out: at the identity provider by authorization code flow with PKCE, or with a static token.

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
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app_state::AppState,
    authentication::authenticate,
    cookie::Cookie,
    csrf_form::{CsrfForm, constant_time_eq, csrf_rejected},
    page::{Page, redirect},
    session::random,
    text::{sentence, text},
    user::SignedIn,
};

/// Time limit of a sign-in, in seconds.
const SIGN_IN_SECONDS: u64 = 600;
const SIGN_IN: &str = "sign-in";
const FORM: &str = "form";

/// The approval to show after the sign-in. It is an id and no path, so it cannot lead to another site.
#[derive(Deserialize)]
pub(crate) struct SignInQuery {
    approval: Option<Uuid>,
}

/// State that the browser stores, signed, while the person is at the provider.
#[derive(Serialize, Deserialize)]
struct PendingState {
    /// Random, so that the state can be used up.
    id: String,
    pending: PendingSignIn,
    approval: Option<Uuid>,
    /// Seconds since 1970.
    expires_at: u64,
}

/// Serves the sign-in page.
pub(crate) async fn page(
    State(app): State<Arc<AppState>>,
    query: Result<Query<SignInQuery>, QueryRejection>,
) -> Response {
    match query {
        Ok(Query(query)) => sign_in_page(&app, StatusCode::OK, query.approval, None),
        Err(_) => invalid_approval(&app),
    }
}

/// The sign-in page, with the error of the previous attempt.
fn sign_in_page(app: &AppState, status: StatusCode, approval: Option<Uuid>, error: Option<&str>) -> Response {
    let Ok(form_id) = random() else { return no_randomness(app) };
    let query = approval.map(|id| format!("?approval={id}")).unwrap_or_default();
    let content = html! {
        section.card.narrow {
            h1 { "Sign in" }
            p { "Approve or reject operations that AI assistants have requested." }
            @if let Some(error) = error { p.error #error role="alert" { (text(error)) } }
            @if let Some((provider, _)) = provider(app) {
                p {
                    a.button href={ (app.base) "/sign-in/provider" (query) } {
                        "Sign in with " (text(host(&provider.settings().issuer)))
                    }
                }
            }
            @if app.settings.tokens { (token_form(app, &form_id, approval, error.is_some())) }
        }
    };
    let title = if error.is_some() { "Error: sign in" } else { "Sign in" };
    let mut response = Page::new(app, title).render(status, &content);
    if app.settings.tokens {
        add_cookie(&mut response, Cookie::Form.set(app, &form_id, SIGN_IN_SECONDS));
    }
    response
}

fn token_form(app: &AppState, form_id: &str, approval: Option<Uuid>, rejected: bool) -> Markup {
    let (invalid, described) = (rejected.then_some("true"), if rejected { "error token-help" } else { "token-help" });
    html! {
        form method="post" action={ (app.base) "/sign-in" } {
            label for="token" { "Token with the role " code { "approver" } }
            input #token name="token" type="password" required maxlength="16384" autocomplete="off" spellcheck="false" autofocus aria-invalid=[invalid] aria-describedby=(described);
            input type="hidden" name="form" value=(app.seal.sign(FORM, form_id));
            @if let Some(id) = approval { input type="hidden" name="approval" value=(id); }
            p.muted #token-help {
                "The server stores the token in memory while you are signed in. It never appears in a URL."
            }
            button { "Sign in with a token" }
        }
    }
}

/// Redirects the browser to the provider.
pub(crate) async fn begin(
    State(app): State<Arc<AppState>>,
    query: Result<Query<SignInQuery>, QueryRejection>,
) -> Response {
    let Some((provider, registration)) = provider(&app) else { return method_unavailable(&app) };
    let Ok(Query(SignInQuery { approval })) = query else { return invalid_approval(&app) };
    let (url, pending) = match provider.begin_sign_in(registration).await {
        Ok(begun) => begun,
        Err(error) => return rejected_page(&app, approval, error),
    };
    let Ok(id) = random() else { return no_randomness(&app) };
    let state = PendingState { id, pending, approval, expires_at: now() + SIGN_IN_SECONDS };
    let state = serde_json::to_string(&state).unwrap_or_default();
    let mut response = redirect(&url);
    add_cookie(&mut response, Cookie::SignIn.set(&app, &app.seal.sign_value(SIGN_IN, &state), SIGN_IN_SECONDS));
    response
}

/// Handles the redirect from the provider.
pub(crate) async fn finish(
    State(app): State<Arc<AppState>>,
    peer: Option<Extension<IpAddr>>,
    headers: HeaderMap,
    returned: Result<Query<AuthorizationResponse>, QueryRejection>,
) -> Response {
    let Some((provider, registration)) = provider(&app) else { return method_unavailable(&app) };
    let signed = Cookie::SignIn.read(&app, &headers).and_then(|signed| app.seal.verify_value(SIGN_IN, signed));
    let state: Option<PendingState> = signed.and_then(|text| serde_json::from_str(&text).ok());
    let state = state.filter(|state| state.expires_at > now());
    let (approval, result) = match (state, returned) {
        // the state is used up first: each one leads to at most one request to the provider
        (Some(state), Ok(Query(returned))) if app.finished_sign_ins.use_up(&state.id, state.expires_at, now()) => {
            (state.approval, provider.finish_sign_in(registration, &state.pending, returned).await)
        }
        _ => (None, Err(SignInError::StateMismatch)),
    };
    match result {
        Ok(signed) => start_session(&app, &headers, signed.into_token(), approval),
        Err(error) => {
            if let Some(kind) = error.reason_code() {
                app.events.auth_failed(address(peer), kind, error.to_string());
            }
            rejected_page(&app, approval, error)
        }
    }
}

/// Fields of the token form.
#[derive(Deserialize)]
pub(crate) struct TokenForm {
    token: String,
    form: String,
    approval: Option<Uuid>,
}

/// Signs in with a static token.
pub(crate) async fn sign_in_with_token(
    State(app): State<Arc<AppState>>,
    peer: Option<Extension<IpAddr>>,
    headers: HeaderMap,
    CsrfForm(fields): CsrfForm<TokenForm>,
) -> Response {
    if !app.settings.tokens {
        return method_unavailable(&app);
    }
    let form_id = Cookie::Form.read(&app, &headers);
    if !form_id.is_some_and(|form_id| app.seal.verify(FORM, form_id, &fields.form)) {
        return csrf_rejected(&app);
    }
    let token = fields.token.trim();
    let peer = address(peer);
    match authenticate(&app, token, peer).await {
        Ok(_) => start_session(&app, &headers, token.to_owned(), fields.approval),
        Err(error) => {
            app.events.auth_failed(peer, error.reason_code(), error.to_string());
            let message = match error {
                identity::Unauthenticated::Malformed => "This is not a token of this server.".to_owned(),
                error => sentence(&error),
            };
            sign_in_page(&app, StatusCode::UNAUTHORIZED, fields.approval, Some(&message))
        }
    }
}

/// Fields of the sign-out form.
#[derive(Deserialize)]
pub(crate) struct SignOutForm {
    csrf: String,
}

/// Ends the session.
pub(crate) async fn sign_out(
    State(app): State<Arc<AppState>>,
    user: SignedIn,
    CsrfForm(form): CsrfForm<SignOutForm>,
) -> Response {
    if !constant_time_eq(&form.csrf, &user.csrf) {
        return csrf_rejected(&app);
    }
    app.sessions.end(&user.session_id);
    let mut response = redirect(&app.sign_in(None));
    add_cookie(&mut response, Cookie::Session.unset(&app));
    response
}

/// Starts a session with a fresh id and ends the browser's previous one (session fixation). The page then navigates on by
/// itself, because browsers do not send a `SameSite=Strict` cookie with a redirect that started at the provider.
fn start_session(app: &AppState, headers: &HeaderMap, token: String, approval: Option<Uuid>) -> Response {
    if let Some(previous) = Cookie::Session.read(app, headers) {
        app.sessions.end(previous);
    }
    let Ok(id) = app.sessions.begin(token) else { return no_randomness(app) };
    let path = app.path(approval);
    let content = html! { p { "You are signed in. " a href=(path) { "Continue" } } };
    let mut response = Page::new(app, "Signed in").navigate_to(path).render(StatusCode::OK, &content);
    add_cookie(&mut response, Cookie::Session.set(app, &id, app.sessions.seconds()));
    add_cookie(&mut response, Cookie::SignIn.unset(app));
    add_cookie(&mut response, Cookie::Form.unset(app));
    response
}

/// The sign-in page after a rejected sign-in at the provider.
fn rejected_page(app: &AppState, approval: Option<Uuid>, error: SignInError) -> Response {
    tracing::warn!(%error, "sign-in rejected");
    let status = match error {
        SignInError::ProviderUnavailable | SignInError::EndpointMissing | SignInError::NoRandomness => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::FORBIDDEN,
    };
    let mut response = sign_in_page(app, status, approval, Some(&sentence(&error)));
    add_cookie(&mut response, Cookie::SignIn.unset(app));
    response
}

fn provider(app: &AppState) -> Option<(Arc<Provider>, &Registration)> {
    Some((app.authenticator.provider()?, app.settings.provider.as_ref()?))
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

fn add_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn invalid_approval(app: &AppState) -> Response {
    let message = "The parameter `approval` must be the id of an approval.";
    Page::new(app, "Not found").message(StatusCode::BAD_REQUEST, message)
}

fn method_unavailable(app: &AppState) -> Response {
    Page::new(app, "Not found").message(StatusCode::NOT_FOUND, "This server does not offer this way to sign in.")
}

fn no_randomness(app: &AppState) -> Response {
    let page = Page::new(app, "Temporarily unavailable");
    page.message(StatusCode::SERVICE_UNAVAILABLE, &sentence(&SignInError::NoRandomness))
}
