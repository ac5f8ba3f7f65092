//! Opaque tokens, about which the provider is asked.

use serde_json::{Value, json};
use tests::ServerWithProvider;

use super::{Case, list, with};

/// The introspection response for a valid token.
pub(super) fn good(parts: &ServerWithProvider) -> Value {
    with(&with(&parts.claims(), "active", Some(json!(true))), "token_use", Some(json!("access_token")))
}

pub(super) async fn cases(parts: &ServerWithProvider) -> Vec<Case> {
    let good = good(parts);
    let now = good["iat"].as_i64().expect("a time");
    let rows: Vec<(&str, &str, Option<Value>, &'static str)> = vec![
        ("inactive", "active", Some(json!(false)), "inactive"),
        ("active in a text", "active", Some(json!("true")), "inactive"),
        ("active as a number", "active", Some(json!(1)), "inactive"),
        ("without active", "active", None, "inactive"),
        ("expired", "exp", Some(json!(now - 60)), "expired"),
        ("no end", "exp", None, "missing_exp"),
        ("an end that is a text", "exp", Some(json!("never")), "unreadable"),
        ("not valid yet", "nbf", Some(json!(now + 300)), "not_yet_valid"),
        ("for another audience", "aud", Some(json!(["https://other.example"])), "wrong_audience"),
        ("for no audience", "aud", Some(json!([])), "missing_audience"),
        ("of another issuer", "iss", Some(json!("https://id.evil.example")), "wrong_issuer"),
        ("a refresh token", "token_use", Some(json!("refresh_token")), "wrong_token_type"),
        ("without a subject", "sub", None, "invalid_subject"),
        ("bound to a key", "cnf", Some(json!({"jkt": "x"})), "sender_constrained"),
        ("a log-out", "events", Some(json!({})), "wrong_token_type"),
    ];
    let mut cases = vec![Case::token("an unknown one", "opaque-unknown", "inactive")];
    for (number, (what, name, value, kind)) in rows.into_iter().enumerate() {
        let token = format!("opaque-token-{number}");
        parts.provider.set_introspection(&token, with(&good, name, value));
        cases.push(Case::token(what, &token, kind));
    }
    parts.provider.set_introspection("opaque-list", json!([good]));
    cases.push(Case::token("an answer that is a list", "opaque-list", "inactive"));
    // one that was good until a moment ago
    parts.provider.set_introspection("opaque-revoked", good.clone());
    let before = list().token("opaque-revoked").send(parts.served.address).await.expect("an answer");
    assert_eq!(before.status, 200, "{}", before.body);
    parts.provider.set_introspection("opaque-revoked", json!({"active": false}));
    cases.push(Case::token("revoked", "opaque-revoked", "inactive"));
    cases
}
