//! Valid tokens in all forms that providers issue, key rotation, and the metadata that leads clients to the sign-in.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::response::IntoResponse as _;
use http_server::{RouterDeps, Settings, metrics::Metrics};
use identity::{
    Authenticator, Caller, Presented, Unauthenticated,
    oauth::{self, Introspection, Provider, TokenRejection},
};
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use tests::{
    ServerWithProvider,
    provider::{SigningKey, TestProvider, good_claims, web_client},
    raw_http::{Request, Response},
    server_with_provider::{AUDIENCE, PUBLIC},
};
use tokio_util::sync::CancellationToken;

/// A provider and who takes its tokens.
struct Trusted {
    provider: TestProvider,
    key: SigningKey,
    authenticator: Authenticator,
}

impl Trusted {
    async fn start(change: impl FnOnce(&mut oauth::Settings)) -> Self {
        let key = SigningKey::rsa("k1");
        let provider = TestProvider::start(&[&key]).await;
        let mut settings = oauth::Settings::new(provider.issuer.clone(), vec![AUDIENCE.to_owned()]);
        settings.introspection = Some(Introspection::default());
        settings.token_cache = Duration::ZERO;
        change(&mut settings);
        let mut authenticator = Authenticator::default();
        authenticator.set_provider(Provider::new(settings, web_client()));
        Self { provider, key, authenticator }
    }

    async fn take(&self, token: &str) -> Result<Caller, Unauthenticated> {
        let header = format!("Bearer {token}");
        self.authenticator.authenticate(Presented::Header(&header), None).await
    }

    fn claims(&self, changed: &Value) -> Value {
        let mut claims = good_claims(&self.provider.issuer, AUDIENCE);
        for (name, value) in changed.as_object().expect("a map") {
            claims[name] = value.clone();
        }
        claims
    }

    /// The caller of a token with these changes.
    async fn caller(&self, changed: Value) -> Caller {
        self.take(&self.key.sign(&self.claims(&changed))).await.unwrap_or_else(|error| panic!("{changed}: {error}"))
    }
}

fn refused(result: Result<Caller, Unauthenticated>) -> TokenRejection {
    match result {
        Err(Unauthenticated::Rejected(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn scopes_and_groups_are_read_in_every_form() {
    let trusted = Trusted::start(|_| {}).await;
    for (changed, scopes) in [
        (json!({"scp": ["a", "b"]}), vec!["a", "b"]),
        (json!({"scp": "a b"}), vec!["a", "b"]),
        (json!({"scp": null, "scope": "a b"}), vec!["a", "b"]),
        (json!({"scp": null, "scope": ["a", "b"]}), vec!["a", "b"]),
        (json!({"scp": ["b"], "scope": "a"}), vec!["a", "b"]),
        (json!({"scp": []}), vec![]),
        (json!({"scp": null}), vec![]),
    ] {
        let caller = trusted.caller(changed.clone()).await;
        assert_eq!(caller.claims().expect("claims").scopes, scopes, "{changed}");
    }
    for (changed, groups) in [
        (json!({"groups": ["ops", "dba"]}), vec!["ops", "dba"]),
        (json!({"groups": "ops"}), vec!["ops"]),
        (json!({"groups": "ops dba"}), vec!["ops dba"]),
        (json!({"groups": []}), vec![]),
        (json!({"groups": {"ops": true}}), vec![]),
    ] {
        let caller = trusted.caller(changed.clone()).await;
        assert_eq!(caller.claims().expect("claims").groups, groups, "{changed}");
    }
    for audience in [json!(AUDIENCE), json!(["https://other.example", AUDIENCE])] {
        trusted.caller(json!({"aud": audience})).await;
    }
}

#[tokio::test]
async fn clock_skew_is_accepted_up_to_the_leeway() {
    let trusted = Trusted::start(|_| {}).await;
    // half a minute is taken; these are far enough from it that the time of one call does not count
    let from_now = |seconds: i64| trusted.claims(&json!({}))["iat"].as_i64().expect("a time") + seconds;
    for (name, off) in [("exp", -5), ("nbf", 25), ("iat", 25)] {
        trusted.caller(json!({(name): from_now(off)})).await;
    }
    for (name, off, kind) in [
        ("exp", -35, TokenRejection::Expired),
        ("nbf", 60, TokenRejection::NotYetValid),
        ("iat", 60, TokenRejection::NotYetValid),
    ] {
        let token = trusted.key.sign(&trusted.claims(&json!({(name): from_now(off)})));
        assert_eq!(refused(trusted.take(&token).await), kind, "{name}");
    }
}

#[tokio::test]
async fn rotated_keys_are_found_and_old_ones_dropped() {
    let trusted = Trusted::start(|settings| settings.refresh.min_interval = Duration::ZERO).await;
    let old = trusted.key.sign(&trusted.claims(&json!({})));
    assert!(trusted.take(&old).await.is_ok());
    let (new, curve) = (SigningKey::rsa("k2"), SigningKey::ec("k3"));
    trusted.provider.publish(&[&new, &curve]);
    assert!(trusted.take(&old).await.is_ok(), "keys are not looked at without a reason");
    assert!(trusted.take(&new.sign(&trusted.claims(&json!({})))).await.is_ok());
    assert_eq!(refused(trusted.take(&old).await), TokenRejection::UnknownKey);
    let on_curve = Header { kid: Some("k3".to_owned()), ..Header::new(Algorithm::ES256) };
    assert!(trusted.take(&curve.sign_with(&on_curve, &trusted.claims(&json!({})))).await.is_ok());
    let nameless = new.sign_with(&Header::new(Algorithm::RS256), &trusted.claims(&json!({})));
    assert!(trusted.take(&nameless).await.is_ok(), "there is only one key of its kind");
}

#[tokio::test]
async fn unknown_keys_cause_one_request_per_interval() {
    let trusted = Trusted::start(|settings| settings.refresh.min_interval = Duration::from_mins(10)).await;
    assert!(trusted.take(&trusted.key.sign(&trusted.claims(&json!({})))).await.is_ok());
    for number in 0..50 {
        let header = Header { kid: Some(format!("unknown-{number}")), ..Header::new(Algorithm::RS256) };
        let token = trusted.key.sign_with(&header, &trusted.claims(&json!({})));
        assert_eq!(refused(trusted.take(&token).await), TokenRejection::UnknownKey);
    }
    assert_eq!((trusted.provider.request_count("keys"), trusted.provider.request_count("metadata")), (1, 1));
}

#[tokio::test]
async fn opaque_token_is_cached_no_longer_than_configured() {
    let ttl = Duration::from_millis(300);
    let trusted = Trusted::start(|settings| settings.token_cache = ttl).await;
    let mut claims = trusted.claims(&json!({"active": true, "ext": {"groups": ["dba"]}}));
    claims.as_object_mut().expect("a map").remove("groups");
    trusted.provider.set_introspection("opaque", claims);
    let begun = Instant::now();
    for _ in 0..20 {
        let caller = trusted.take("opaque").await.expect("good");
        assert_eq!(caller.claims().expect("claims").groups, ["dba"]);
    }
    let (asked, may_be_asked) =
        (trusted.provider.request_count("introspect"), 1 + begun.elapsed().as_millis() / ttl.as_millis());
    assert!(u128::from(asked) <= may_be_asked, "asked {asked} times, where {may_be_asked} would have been enough");
    trusted.provider.set_introspection("opaque", json!({"active": false}));
    tokio::time::sleep(ttl).await;
    assert_eq!(refused(trusted.take("opaque").await), TokenRejection::Inactive, "a revocation is noticed");
}

#[tokio::test]
async fn email_is_used_only_if_verified() {
    let trusted = Trusted::start(|_| {}).await;
    let token = |scopes: Value, id: u8| trusted.key.sign(&trusted.claims(&json!({"scp": scopes, "jti": id})));
    let email = async |token: &str| {
        let caller = trusted.take(token).await.expect("a good token");
        caller.claims().and_then(|claims| claims.email.clone())
    };
    let say = |sub: &str, verified: bool| {
        trusted.provider.set_userinfo(json!({"sub": sub, "email": "ana@example.com", "email_verified": verified}));
    };
    say("ana", true);
    let first = token(json!(["openid", "email"]), 1);
    for _ in 0..3 {
        assert_eq!(email(&first).await.as_deref(), Some("ana@example.com"));
    }
    assert_eq!(trusted.provider.request_count("userinfo"), 1, "the same token is not asked about again and again");
    assert_eq!(email(&token(json!(["openid"]), 2)).await, None, "the token does not allow to ask");
    say("ana", false);
    assert_eq!(email(&token(json!(["openid", "email"]), 3)).await, None);
    say("eve", true);
    assert_eq!(email(&token(json!(["openid", "email"]), 4)).await, None, "the address of another subject");
}

async fn get(parts: &ServerWithProvider, path: &str) -> Response {
    // an assistant comes here without a token, and a web page from anywhere
    let request = Request::new("GET", path).header("host", "mcp.example").header("origin", "https://page.example");
    request.send(parts.served.address).await.expect("an answer")
}

#[tokio::test]
async fn resource_metadata_is_served_at_all_well_known_paths() {
    let parts = ServerWithProvider::start().await;
    let well_known = "/.well-known/oauth-protected-resource";
    for (path, resource) in [
        ("", "/mcp"),
        ("/", "/mcp"),
        ("/mcp", "/mcp"),
        ("/mcp/full", "/mcp/full"),
        ("/mcp/readonly", "/mcp/readonly"),
        ("/mcp/x/deploy", "/mcp/x/deploy"),
        ("/prod-juju-mcp/mcp", "/mcp"),
        ("/prod-juju-mcp/mcp/full", "/mcp/full"),
        ("/prod-juju-mcp", "/mcp"),
    ] {
        let answer = get(&parts, &format!("{well_known}{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let metadata = answer.json();
        assert_eq!(metadata["resource"], format!("{PUBLIC}{resource}"), "{path}");
        assert_eq!(metadata["authorization_servers"], json!([parts.provider.issuer]));
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert_eq!(metadata["scopes_supported"], json!(["openid", "juju:read", "juju:write"]));
    }
    for path in
        ["/elsewhere", "/mcp/", "/mcp/x/", "/mcp/x/a/b", "/prod-juju-mcpx/mcp", "/api/v1/approvals", "/other/mcp"]
    {
        assert_eq!(get(&parts, &format!("{well_known}{path}")).await.status, 404, "{path}");
    }
    // what a refusal names is where a client finds it, as an ingress would pass it on
    for path in ["/mcp", "/mcp/full", "/mcp/x/deploy", "/api/v1/approvals"] {
        let refusal = Request::new("GET", path).send(parts.served.address).await.expect("an answer");
        assert_eq!(refusal.status, 401, "{path}");
        let challenge = refusal.header("www-authenticate");
        let (_, url) = challenge.split_once(r#"resource_metadata=""#).expect(path);
        let (url, _) = url.split_once('"').expect(path);
        let metadata = url.strip_prefix(PUBLIC).expect(path);
        assert_eq!(get(&parts, metadata).await.status, 200, "{path}: {url}");
    }
}

#[tokio::test]
async fn token_is_not_forwarded_to_mcp() {
    let trusted = Trusted::start(|_| {}).await;
    let token = trusted.key.sign(&trusted.claims(&json!({})));
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let noted = Arc::clone(&seen);
    let service = tower::service_fn(move |request: axum::extract::Request| {
        let (parts, _) = request.into_parts();
        let text = format!("{} {:?} {:?}", parts.uri, parts.headers, parts.extensions.get::<Caller>());
        *noted.lock().expect("not poisoned") = text;
        std::future::ready(Ok::<axum::response::Response, Infallible>("seen".into_response()))
    });
    let settings = Settings::default();
    let deps = RouterDeps {
        mcp: tower::util::BoxCloneSyncService::new(service),
        toolsets: Vec::new(),
        authenticate: Arc::new(trusted.authenticator),
        health: Arc::new(()),
        metrics: Arc::new(Metrics::default()),
        approvals: None,
        live: None,
        events: Arc::new(()),
        console: None,
    };
    let router = http_server::router(&settings, deps);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(http_server_until(listener, router, settings, stop.clone()));
    let answer = Request::modern("/mcp", "tools/list", json!({})).token(&token).send(address).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_str()), (200, "seen"));
    stop.cancel();
    serving.await.expect("it served");
    let seen = seen.lock().expect("not poisoned").clone();
    assert!(seen.contains("oauth:ana") && seen.contains("mcp-method"), "{seen}");
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(!seen.contains(signature) && !seen.to_lowercase().contains("authorization"), "{seen}");
}

async fn http_server_until(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    settings: Settings,
    stop: CancellationToken,
) {
    http_server::serve(listener, router, &settings, stop).await.expect("it serves");
}
