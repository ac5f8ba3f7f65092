//! Tokens that must not be taken, each with the right status, challenge and record in the ledger, over the real HTTP stack.

mod claims;
mod form;
mod header;
mod opaque;

use std::{collections::BTreeSet, net::Ipv4Addr, time::Instant};

use audit::Outcome;
use axum::http::StatusCode;
use identity::{
    Authenticator, Presented,
    oauth::{Introspection, Provider, Settings},
};
use serde_json::{Value, json};
use tests::{
    Numbers, ServerWithProvider,
    provider::{SigningKey, TestProvider, good_claims, web_client},
    raw_http::Request,
    server_with_provider::{AUDIENCE, ClosedAct, PUBLIC},
    wait_until, with_growing_limit,
};

/// One request that must be refused.
struct Case {
    what: String,
    request: Request,
    /// What must stand in no answer and no record.
    secret: String,
    status: u16,
    /// `error` of the challenge.
    error: Option<&'static str>,
    /// The word in the ledger.
    kind: &'static str,
}

impl Case {
    /// A bearer token that is refused as such.
    fn token(what: impl Into<String>, token: &str, kind: &'static str) -> Self {
        let refused = Self::request(what, list().token(token), kind);
        Self { secret: token.to_owned(), ..refused }
    }

    fn request(what: impl Into<String>, request: Request, kind: &'static str) -> Self {
        let error = Some("invalid_token");
        Self { what: what.into(), request, secret: "a secret".to_owned(), status: 401, error, kind }
    }

    /// The same as a request that is malformed.
    fn malformed(self) -> Self {
        Self { status: 400, error: Some("invalid_request"), ..self }
    }
}

fn list() -> Request {
    Request::modern("/mcp", "tools/list", json!({}))
}

/// Takes opaque tokens too, and looks at each token anew.
fn strict(settings: &mut Settings) {
    settings.introspection = Some(Introspection::default());
    settings.token_cache = std::time::Duration::ZERO;
    settings.clients_without_audience = vec!["ours".to_owned()];
}

/// Sends each from an address of its own, and holds answers and ledger against what is wanted.
async fn refuses(parts: &ServerWithProvider, cases: Vec<Case>) {
    let good = list().token(&parts.token(|_| {})).send(parts.served.address).await.expect("an answer");
    assert_eq!(good.status, 200, "{}", good.body);
    for (number, case) in cases.iter().enumerate() {
        let request = case.request.clone().from_address(peer(number).into());
        let answer = request.send(parts.served.address).await.unwrap_or_else(|error| panic!("{}: {error}", case.what));
        let (what, challenge) = (&case.what, answer.header("www-authenticate"));
        assert_eq!(answer.status, case.status, "{what}: {}", answer.body);
        assert!(!answer.error_message().is_empty(), "{what}: {}", answer.body);
        assert!(!answer.body.contains(&case.secret) && !challenge.contains(&case.secret), "{what}: {}", answer.body);
        let metadata = format!(r#"resource_metadata="{PUBLIC}/.well-known/oauth-protected-resource/mcp""#);
        assert!(challenge.starts_with(r#"Bearer realm="juju-mcp""#) && challenge.contains(&metadata), "{what}");
        assert!(challenge.contains(r#"scope="openid juju:read juju:write""#), "{what}: {challenge}");
        match case.error {
            Some(error) => assert!(challenge.contains(&format!(r#"error="{error}""#)), "{what}: {challenge}"),
            None => assert!(!challenge.contains("error="), "{what}: {challenge}"),
        }
    }
    let records = failure_records(parts, cases.len()).await;
    let mut odd = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let caller = format!("anonymous:{}", peer(number));
        let own: Vec<_> = records.iter().filter(|records| records.caller == caller).collect();
        let [own] = own.as_slice() else { panic!("{}: {} records", case.what, own.len()) };
        assert_eq!((own.tool.as_str(), own.outcome), ("authentication_failed", Outcome::Denied), "{}", case.what);
        assert!(!own.reason.is_empty(), "{}", case.what);
        if own.arguments != json!({"reason": case.kind, "suppressed_count": 0}) {
            odd.push(format!("{}: {} in place of {}", case.what, own.arguments, case.kind));
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n"));
    let ledger = serde_json::to_string(&parts.served.ledger_records().await).expect("JSON");
    for case in cases {
        assert!(!ledger.contains(&case.secret), "{}", case.what);
    }
}

fn peer(number: usize) -> Ipv4Addr {
    let [.., high, low] = u32::try_from(number + 1).expect("few").to_be_bytes();
    Ipv4Addr::new(127, 0, high + 1, low)
}

/// Refusals in the ledger, when there are so many.
async fn failure_records(parts: &ServerWithProvider, least: usize) -> Vec<ClosedAct> {
    wait_until(&format!("{least} refusals are in the ledger"), async || {
        let records: Vec<_> =
            parts.closed_acts().await.into_iter().filter(|records| records.tool == "authentication_failed").collect();
        if records.len() >= least { Ok(records) } else { Err(format!("{records:?}")) }
    })
    .await
}

#[tokio::test]
async fn malformed_headers_are_rejected() {
    let parts = ServerWithProvider::with(strict).await;
    let cases = header::cases(&parts);
    assert!(cases.len() >= 10);
    refuses(&parts, cases).await;
}

#[tokio::test]
async fn tokens_with_invalid_form_or_signature_are_rejected() {
    let parts = ServerWithProvider::with(strict).await;
    let cases = form::cases(&parts);
    assert!(cases.len() >= 40, "{}", cases.len());
    refuses(&parts, cases).await;
}

#[tokio::test]
async fn tokens_with_invalid_claims_are_rejected() {
    let parts = ServerWithProvider::with(strict).await;
    let cases = claims::cases(&parts);
    assert!(cases.len() >= 40, "{}", cases.len());
    refuses(&parts, cases).await;
}

#[tokio::test]
async fn inactive_opaque_tokens_are_rejected() {
    let parts = ServerWithProvider::with(strict).await;
    let cases = opaque::cases(&parts).await;
    assert!(cases.len() >= 10, "{}", cases.len());
    refuses(&parts, cases).await;
}

#[tokio::test]
async fn token_flood_is_throttled_and_leaves_two_records() {
    let parts = ServerWithProvider::with(strict).await;
    let (mut refused, mut slowed) = (0, 0);
    for number in 0..60 {
        let answer = list().token(&format!("guess-{number}")).send(parts.served.address).await.expect("an answer");
        match answer.status {
            401 => refused += 1,
            429 => {
                assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds <= 61));
                assert_eq!(answer.header("www-authenticate"), "", "another token would not help");
                slowed += 1;
            }
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert_eq!((refused, slowed), (30, 30));
    assert_eq!(parts.provider.request_count("introspect"), 31, "a provider is not asked about every guess");
    let kinds: Vec<_> =
        failure_records(&parts, 2).await.into_iter().map(|records| records.arguments["reason"].clone()).collect();
    assert_eq!(kinds, ["inactive", "rate_limited"]);
    // everybody behind one proxy has one address, so good tokens are taken all the same
    let good = list().token(&parts.token(|_| {})).send(parts.served.address).await.expect("an answer");
    assert_eq!(good.status, 200, "{}", good.body);
}

#[tokio::test]
async fn suppressed_failures_are_counted_after_the_window() {
    let parts = with_growing_limit("five refusals are counted as one", async |counted| {
        let settings = http_server::Settings { auth_failure_window: counted, ..http_server::Settings::default() };
        let parts = ServerWithProvider::serving(settings, strict).await;
        let begun = Instant::now();
        for _ in 0..5 {
            list().token("guess").send(parts.served.address).await.expect("an answer");
        }
        (begun.elapsed() < counted).then_some(parts)
    })
    .await;
    let left_out: Vec<_> = failure_records(&parts, 2)
        .await
        .into_iter()
        .map(|records| records.arguments["suppressed_count"].clone())
        .collect();
    assert_eq!(left_out, [json!(0), json!(4)]);
    list().token("guess").send(parts.served.address).await.expect("an answer");
    let records = failure_records(&parts, 3).await;
    assert_eq!((records.len(), &records[2].arguments["suppressed_count"]), (3, &json!(0)), "a new count has begun");
    let metrics = parts.served.metrics.text();
    assert!(metrics.contains("juju_mcp_authentication_failures_total{reason=\"inactive\"} 6\n"), "{metrics}");
}

#[tokio::test]
async fn valid_opaque_token_is_not_throttled_by_guesses_of_others() {
    let parts = ServerWithProvider::with(strict).await;
    parts.provider.set_introspection("good-1", opaque::good(&parts));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer").status;
    assert_eq!(send("good-1").await, 200);
    for number in 0..40 {
        send(&format!("guess-{number}")).await;
    }
    assert_eq!((send("guess-40").await, send("good-1").await), (429, 200));
    parts.provider.set_introspection("good-1", json!({"active": false}));
    assert_eq!((send("good-1").await, send("good-1").await), (429, 429), "revoked, and no longer asked about");
}

#[tokio::test]
async fn unavailable_provider_rejects_new_tokens_with_503() {
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        settings.refresh.min_interval = std::time::Duration::ZERO;
    })
    .await;
    parts.provider.set_introspection("good-1", opaque::good(&parts));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer");
    let signed = parts.token(|_| {});
    parts.provider.set_failing(true);
    for token in [signed.as_str(), "good-1"] {
        let answer = send(token).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.body);
        assert_eq!(answer.header("www-authenticate"), "");
        assert!(answer.error_message().contains("identity provider is unavailable"), "{}", answer.body);
    }
    assert_eq!(failure_records(&parts, 1).await[0].arguments["reason"], "provider_unavailable");
    parts.provider.set_failing(false);
    parts.provider.publish_set(json!({"keys": "none"}));
    assert_eq!(send(&signed).await.status, 503, "keys that cannot be read");
    parts.provider.publish_set(json!({"keys": [1, "x", {}, {"kty": "RSA"}, {"kty": "RSA", "n": "!", "e": "AQAB"}]}));
    assert_eq!(send(&signed).await.status, 401, "no key among the garbage");
    parts.provider.publish_raw(&[json!({"kty": "?"}), parts.key.public.clone()]);
    assert_eq!((send(&signed).await.status, send("good-1").await.status), (200, 200));
    parts.provider.set_failing(true);
    assert_eq!(send(&signed).await.status, 200, "its keys are known");
    assert_eq!(send("good-1").await.status, 503, "a token that was good may be revoked meanwhile");
}

#[tokio::test]
async fn token_for_one_endpoint_is_rejected_on_others() {
    let parts = ServerWithProvider::with(|settings| {
        settings.audiences.extend(["readonly", "x/deploy", "full"].map(|path| format!("{AUDIENCE}/{path}")));
    })
    .await;
    let send = async |path: &str, audiences: Value| {
        let token = parts.token(|claims| claims["aud"] = audiences);
        Request::modern(path, "tools/list", json!({}))
            .token(&token)
            .send(parts.served.address)
            .await
            .expect("an answer")
    };
    let (whole, all, readonly) =
        (json!(AUDIENCE), json!(format!("{AUDIENCE}/full")), json!(format!("{AUDIENCE}/readonly")));
    for (path, audience, status) in [
        ("/mcp/readonly", &readonly, 200),
        ("/mcp", &readonly, 401),
        ("/mcp/full", &readonly, 401),
        ("/mcp/x/deploy", &readonly, 401),
        ("/api/v1/approvals/1/approve", &readonly, 401),
        ("/mcp", &json!([readonly, whole]), 200),
        ("/mcp/readonly", &whole, 200),
        ("/mcp/x/deploy", &all, 200),
    ] {
        let answer = send(path, audience.clone()).await;
        assert_eq!(answer.status, status, "{path} with {audience}: {}", answer.body);
        if status == 401 {
            let challenge = answer.header("www-authenticate");
            let own = if path.starts_with("/mcp") { path } else { "/mcp" };
            assert!(challenge.contains(&format!(r#"oauth-protected-resource{own}""#)), "{challenge}");
            assert!(challenge.contains("another audience"), "{challenge}");
        }
    }
    assert_eq!(failure_records(&parts, 1).await[0].arguments["reason"], "wrong_audience");
}

#[tokio::test]
async fn revoked_jwt_is_rejected_with_include_jwts() {
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        settings.introspection = Some(Introspection { include_jwts: true, ..Introspection::default() });
    })
    .await;
    let (token, foreign) = (parts.token(|_| {}), SigningKey::rsa("k1").sign(&parts.claims()));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer");
    assert_eq!(
        (send(&foreign).await.status, parts.provider.request_count("introspect")),
        (401, 0),
        "guesses cost nothing"
    );
    assert_eq!(send(&token).await.status, 401, "the provider does not know it");
    for (answer, status) in [
        (json!({"active": true, "sub": "ana"}), 200),
        (json!({"active": true}), 200),
        (json!({"active": true, "sub": "eve"}), 401),
        (json!({"active": "true"}), 401),
        (json!({"active": false}), 401),
    ] {
        parts.provider.set_introspection(&token, answer.clone());
        let got = send(&token).await;
        assert_eq!(got.status, status, "{answer}: {}", got.body);
    }
    let kinds: BTreeSet<_> =
        failure_records(&parts, 2).await.iter().map(|records| records.arguments["reason"].to_string()).collect();
    assert_eq!(kinds, BTreeSet::from([r#""inactive""#, r#""invalid_signature""#].map(str::to_owned)));
    // the provider's response is only a further condition
    let other = parts.token(|claims| claims["aud"] = json!("https://other.example"));
    parts.provider.set_introspection(&other, json!({"active": true, "aud": [AUDIENCE]}));
    assert_eq!(send(&other).await.status, 401);
    parts.provider.set_failing(true);
    assert_eq!(send(&token).await.status, 503, "it may have been revoked");
}

#[tokio::test]
async fn moved_endpoints_are_discovered_again() {
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        settings.refresh.min_interval = std::time::Duration::ZERO;
    })
    .await;
    parts.provider.set_introspection("good-1", opaque::good(&parts));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer").status;
    let signed = parts.token(|_| {});
    assert_eq!((send(&signed).await, send("good-1").await), (200, 200));
    parts.provider.move_endpoints("elsewhere");
    assert_eq!(send("good-1").await, 200, "the introspection endpoint");
    // keys that are gone with their address do not count any more, those at the new one do
    let next = SigningKey::rsa("k2");
    parts.provider.publish(&[&next]);
    parts.provider.move_endpoints("again");
    assert_eq!((send(&next.sign(&parts.claims())).await, send(&signed).await), (200, 401));
    assert_eq!(parts.provider.request_count("metadata"), 4, "when a question failed, and for the key that is gone");
}

#[tokio::test]
async fn moved_endpoints_are_discovered_once_per_interval() {
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        settings.refresh.min_interval = std::time::Duration::from_hours(1);
    })
    .await;
    parts.provider.set_introspection("good-1", opaque::good(&parts));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer").status;
    assert_eq!(send("good-1").await, 200);
    parts.provider.move_endpoints("elsewhere");
    for _ in 0..5 {
        assert_eq!(send("good-1").await, 503, "its metadata were read a moment ago");
    }
    assert_eq!(parts.provider.request_count("metadata"), 1);
}

#[tokio::test]
async fn stale_metadata_is_refreshed_or_used_until_too_old() {
    let short = std::time::Duration::from_millis(1);
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        (settings.refresh.fresh_for, settings.refresh.min_interval) = (short, std::time::Duration::ZERO);
    })
    .await;
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer").status;
    let old = parts.token(|_| {});
    assert_eq!(send(&old).await, 200);
    let next = SigningKey::rsa("k2");
    parts.provider.publish(&[&next]);
    parts.provider.move_endpoints("elsewhere");
    tokio::time::sleep(short * 5).await;
    assert_eq!((send(&old).await, send(&next.sign(&parts.claims())).await), (401, 200), "without any failure before");
    parts.provider.set_failing(true);
    tokio::time::sleep(short * 5).await;
    assert_eq!(send(&next.sign(&parts.claims())).await, 200, "what is known is used on");
    // one that answers, and is another, is believed at once
    parts.provider.set_failing(false);
    parts.provider.set_metadata_issuer("https://id.evil.example");
    tokio::time::sleep(short * 5).await;
    assert_eq!(send(&next.sign(&parts.claims())).await, 503);
    parts.provider.set_failing(true);
    assert_eq!(send(&next.sign(&parts.claims())).await, 503, "the earlier response is not used");
}

#[tokio::test]
async fn provider_redirects_are_not_followed() {
    let parts = ServerWithProvider::with(|settings| {
        strict(settings);
        settings.refresh.min_interval = std::time::Duration::ZERO;
    })
    .await;
    parts.provider.set_introspection("good-1", opaque::good(&parts));
    let send = async |token: &str| list().token(token).send(parts.served.address).await.expect("an answer").status;
    for status in [StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT, StatusCode::MULTIPLE_CHOICES] {
        parts.provider.set_status(status);
        assert_eq!((send("good-1").await, send(&parts.token(|_| {})).await), (503, 503), "{status}");
    }
    parts.provider.set_status(StatusCode::OK);
    assert_eq!((send("good-1").await, send(&parts.token(|_| {})).await), (200, 200));
}

#[tokio::test]
async fn metadata_with_another_issuer_is_rejected() {
    let parts = ServerWithProvider::with(|settings| settings.issuer.push('/')).await;
    let answer = list().token(&parts.token(|_| {})).send(parts.served.address).await.expect("an answer");
    assert_eq!(answer.status, 503, "{}", answer.body);
}

/// The token with something else in it.
fn mutate(numbers: &mut Numbers, token: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=numbers.index(3) {
        let (at, letter) = (numbers.index(bytes.len()), LETTERS[numbers.index(LETTERS.len())]);
        match numbers.index(6) {
            0 => bytes[at] = letter,
            1 => bytes.insert(at, letter),
            2 => drop(bytes.remove(at)),
            3 => bytes.truncate(at.max(1)),
            4 => bytes.swap(at, 0),
            _ => bytes.push(letter),
        }
    }
    String::from_utf8(bytes).expect("ASCII")
}

#[tokio::test]
async fn every_mutation_of_a_valid_token_is_rejected() {
    let key = SigningKey::rsa("k1");
    let provider = TestProvider::start(&[&key]).await;
    let mut settings = Settings::new(provider.issuer.clone(), vec![AUDIENCE.to_owned()]);
    strict(&mut settings);
    let mut authenticator = Authenticator::default();
    authenticator.set_provider(Provider::new(settings, web_client()));
    let good = key.sign(&good_claims(&provider.issuer, AUDIENCE));
    let taken = async |token: &str| {
        let header = format!("Bearer {token}");
        authenticator.authenticate(Presented::Header(&header), None).await.is_ok()
    };
    assert!(taken(&good).await);
    let mut numbers = Numbers(0x5eed_0f70_6b65_6e73);
    let mut tried = 0;
    while tried < 3000 {
        let mutated = mutate(&mut numbers, &good);
        if mutated != good {
            assert!(!taken(&mutated).await, "{mutated}\nof {good}");
            tried += 1;
        }
    }
    // every bit of the last letters, where encodings have bits to spare
    for at in good.len() - 4..good.len() {
        for bit in 0..7 {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(!taken(&flipped).await, "bit {bit} at {at}");
        }
    }
}

/// Claims with one member set, or left out.
fn with(claims: &Value, name: &str, value: Option<Value>) -> Value {
    let mut claims = claims.clone();
    let members = claims.as_object_mut().expect("a map");
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    claims
}
