//! Tokens that are well signed and say something that does not fit.

use serde_json::{Value, json};
use tests::{
    ServerWithProvider,
    server_with_provider::{AUDIENCE, PUBLIC},
};

use super::{Case, with};

pub(super) fn cases(parts: &ServerWithProvider) -> Vec<Case> {
    let claims = parts.claims();
    let now = claims["iat"].as_i64().expect("a time");
    let rows = [audience(), issuer(&parts.provider.issuer), times(now), subject_and_use()].concat();
    let case = |(what, name, value, kind): Row| Case::token(what, &parts.key.sign(&with(&claims, name, value)), kind);
    rows.into_iter().map(case).collect()
}

/// Description, claim, its value, the reason code in the ledger.
type Row = (&'static str, &'static str, Option<Value>, &'static str);

fn audience() -> Vec<Row> {
    let other = |what: &'static str, audience: String| (what, "aud", Some(json!([audience])), "wrong_audience");
    vec![
        other("another audience", "https://other.example/mcp".to_owned()),
        other("a slash more", format!("{AUDIENCE}/")),
        other("another case", AUDIENCE.to_uppercase()),
        other("another case of the host", AUDIENCE.replace("mcp.example", "MCP.example")),
        other("the address above", PUBLIC.to_owned()),
        other("an address below", format!("{AUDIENCE}/full")),
        other("a query", format!("{AUDIENCE}?a=b")),
        other("a fragment", format!("{AUDIENCE}#a")),
        other("the port", AUDIENCE.replace("mcp.example", "mcp.example:443")),
        other("another scheme", AUDIENCE.replace("https", "http")),
        other("a host that begins alike", AUDIENCE.replace("mcp.example", "mcp.example.evil.example")),
        other("a space more", format!("{AUDIENCE} ")),
        other("two in one text", format!("{AUDIENCE} {AUDIENCE}")),
        other("a pattern", "*".to_owned()),
        ("several others", "aud", Some(json!(["a", "b", PUBLIC])), "wrong_audience"),
        ("an empty audience", "aud", Some(json!("")), "wrong_audience"),
        ("an empty list of audiences", "aud", Some(json!([])), "missing_audience"),
        ("no audience", "aud", None, "missing_audience"),
        ("null as audience", "aud", Some(Value::Null), "missing_audience"),
        ("an audience that is a map", "aud", Some(json!({"0": AUDIENCE})), "unreadable"),
        ("an audience that is a number", "aud", Some(json!(7)), "unreadable"),
        ("audiences of mixed kinds", "aud", Some(json!([AUDIENCE, 7])), "unreadable"),
    ]
}

fn issuer(issuer: &str) -> Vec<Row> {
    vec![
        ("an issuer with a slash more", "iss", Some(json!(format!("{issuer}/"))), "wrong_issuer"),
        ("an issuer in capitals", "iss", Some(json!(issuer.to_uppercase())), "wrong_issuer"),
        ("another issuer", "iss", Some(json!("https://id.evil.example")), "wrong_issuer"),
        ("an issuer that begins alike", "iss", Some(json!(format!("{issuer}.evil.example"))), "wrong_issuer"),
        ("no issuer", "iss", None, "wrong_issuer"),
        ("an empty issuer", "iss", Some(json!("")), "wrong_issuer"),
        ("a list of issuers", "iss", Some(json!([issuer])), "unreadable"),
    ]
}

fn times(now: i64) -> Vec<Row> {
    vec![
        ("expired", "exp", Some(json!(now - 60)), "expired"),
        ("expired long ago", "exp", Some(json!(1)), "expired"),
        ("expired before time began", "exp", Some(json!(-1)), "expired"),
        ("no end", "exp", None, "missing_exp"),
        ("null as end", "exp", Some(Value::Null), "missing_exp"),
        ("an end that is a text", "exp", Some(json!((now + 600).to_string())), "unreadable"),
        ("an end that is a list", "exp", Some(json!([now + 600])), "unreadable"),
        ("an end that is true", "exp", Some(json!(true)), "unreadable"),
        ("not valid yet", "nbf", Some(json!(now + 300)), "not_yet_valid"),
        ("a begin that is a text", "nbf", Some(json!("soon")), "unreadable"),
        ("issued in the future", "iat", Some(json!(now + 300)), "not_yet_valid"),
    ]
}

fn subject_and_use() -> Vec<Row> {
    vec![
        ("no subject", "sub", None, "invalid_subject"),
        ("an empty subject", "sub", Some(json!("")), "invalid_subject"),
        ("a subject of two lines", "sub", Some(json!("ana\nroot")), "invalid_subject"),
        ("a subject with a control sequence", "sub", Some(json!("\u{1b}[2Jana")), "invalid_subject"),
        ("a subject that is longer than names are", "sub", Some(json!("a".repeat(256))), "invalid_subject"),
        ("a subject that is a number", "sub", Some(json!(0)), "unreadable"),
        ("an ID token by its nonce", "nonce", Some(json!("n")), "wrong_token_type"),
        ("an ID token by a hash of the access token", "at_hash", Some(json!("h")), "wrong_token_type"),
        ("an ID token by a hash of the code", "c_hash", Some(json!("h")), "wrong_token_type"),
        ("an ID token by its use", "token_use", Some(json!("id")), "wrong_token_type"),
        (
            "a log-out by its events",
            "events",
            Some(json!({"http://schemas.openid.net/event/backchannel-logout": {}})),
            "wrong_token_type",
        ),
        (
            "bound to a key",
            "cnf",
            Some(json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
            "sender_constrained",
        ),
        (
            "bound to a certificate",
            "cnf",
            Some(json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"})),
            "sender_constrained",
        ),
        ("bound to nothing that is known", "cnf", Some(json!({})), "sender_constrained"),
        ("a refresh token by its use", "token_use", Some(json!("refresh_token")), "wrong_token_type"),
        ("scopes that are numbers", "scp", Some(json!([1])), "unreadable"),
        ("a client that is a list", "client_id", Some(json!(["ours"])), "unreadable"),
    ]
}
