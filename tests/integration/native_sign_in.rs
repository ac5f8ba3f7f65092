//! Tokens for a program of a person: device authorization, refresh and revocation, with the answers that RFC 8628 describes.

use std::{sync::Arc, time::Duration};

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use identity::oauth::{DeviceProgress, Provider, Registration, Settings, SignInError};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tests::provider::web_client;

type Fields = Vec<(String, String)>;

/// A provider that returns the given answers of its token endpoint, one after the other, and records the requests.
#[derive(Default)]
struct Script {
    metadata: Value,
    answers: Vec<(u16, Value)>,
    requests: Vec<(&'static str, Fields)>,
}

type Shared = Arc<Mutex<Script>>;

async fn token(State(script): State<Shared>, Form(fields): Form<Fields>) -> (StatusCode, Json<Value>) {
    let mut script = script.lock();
    script.requests.push(("token", fields));
    let (status, answer) = script.answers.remove(0);
    (StatusCode::from_u16(status).expect("a status"), Json(answer))
}

async fn device(State(script): State<Shared>, Form(fields): Form<Fields>) -> Json<Value> {
    script.lock().requests.push(("device", fields));
    Json(
        json!({"device_code": "d1", "user_code": "ABCD", "verification_uri": "https://id.example/device", "expires_in": 600}),
    )
}

async fn revoke(State(script): State<Shared>, Form(fields): Form<Fields>) {
    script.lock().requests.push(("revoke", fields));
}

/// The provider, its script, and the registration of the program.
async fn start(with_device: bool, answers: Vec<(u16, Value)>) -> (Provider, Shared, Registration) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    let mut metadata = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys"), "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke")});
    if with_device {
        metadata["device_authorization_endpoint"] = json!(format!("{issuer}/device"));
    }
    let script = Arc::new(Mutex::new(Script { metadata, answers, ..Script::default() }));
    let router = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(async |State(script): State<Shared>| Json(script.lock().metadata.clone())),
        )
        .route("/device", post(device))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let registration = Registration {
        client_id: "cli".to_owned(),
        secret: None,
        redirect_uri: String::new(),
        scopes: ["openid", "juju:approve"].map(str::to_owned).to_vec(),
        resource: "https://mcp.example/mcp".to_owned(),
    };
    (Provider::new(Settings::new(issuer, Vec::new()), web_client()), script, registration)
}

/// The value of a field of a request.
fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[tokio::test]
async fn device_authorization_waits_for_the_person() {
    let issued = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 300, "token_type": "bearer"});
    let (provider, script, registration) = start(
        true,
        vec![
            (400, json!({"error": "authorization_pending"})),
            (400, json!({"error": "slow_down"})),
            (200, issued),
            (400, json!({"error": "access_denied"})),
            (400, json!({"error": "expired_token"})),
            (503, json!({})),
        ],
    )
    .await;
    let device = provider.begin_device_authorization(&registration).await.expect("an answer").expect("supported");
    assert_eq!((device.user_code.as_str(), device.interval()), ("ABCD", Duration::from_secs(5)));
    assert_eq!(device.lifetime(), Duration::from_mins(10));
    let poll = async || provider.poll_device_authorization(&registration, &device).await;
    assert!(matches!(poll().await, Ok(DeviceProgress::Pending(Duration::ZERO))));
    assert!(matches!(poll().await, Ok(DeviceProgress::Pending(longer)) if longer == Duration::from_secs(5)));
    let Ok(DeviceProgress::Issued(tokens)) = poll().await else { panic!("issued") };
    assert_eq!((tokens.access_token.as_str(), tokens.refresh_token.as_deref()), ("a1", Some("r1")));
    assert_eq!(poll().await.err(), Some(SignInError::ProviderDenied));
    assert_eq!(poll().await.err(), Some(SignInError::ProviderDenied));
    assert_eq!(poll().await.err(), Some(SignInError::ProviderUnavailable));
    let script = script.lock();
    let [(_, first), (_, polled), ..] = script.requests.as_slice() else { panic!("requests") };
    assert_eq!((field(first, "scope"), field(first, "client_id")), ("openid juju:approve", "cli"));
    assert_eq!(field(first, "resource"), "https://mcp.example/mcp");
    assert_eq!(field(polled, "grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(field(polled, "device_code"), "d1");
}

#[tokio::test]
async fn provider_without_device_endpoint_is_no_error() {
    let (provider, _, registration) = start(false, Vec::new()).await;
    assert!(provider.begin_device_authorization(&registration).await.expect("an answer").is_none());
}

#[tokio::test]
async fn refreshed_token_retains_an_unreplaced_refresh_token() {
    let answers = vec![
        (200, json!({"access_token": "a2", "expires_in": 300})),
        (200, json!({"access_token": "a3", "refresh_token": "r2"})),
        (400, json!({"error": "invalid_grant"})),
    ];
    let (provider, script, registration) = start(false, answers).await;
    let refresh = async || provider.refresh_tokens(&registration, "r1").await;
    let first = refresh().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((first.access_token.as_str(), first.refresh_token.as_deref()), ("a2", Some("r1")));
    let replaced = refresh().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((replaced.refresh_token.as_deref(), replaced.expires_in), (Some("r2"), None));
    assert_eq!(refresh().await.err(), Some(SignInError::ProviderDenied));
    provider.revoke_token(&registration, "r2").await.expect("revoked");
    let script = script.lock();
    let (what, fields) = script.requests.last().expect("a request");
    assert_eq!((*what, field(fields, "token"), field(fields, "client_id")), ("revoke", "r2", "cli"));
}
