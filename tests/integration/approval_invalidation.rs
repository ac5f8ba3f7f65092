//! An approval is bound to one act, one state of its target, one time and one key: a difference invalidates it, an equivalent
//! spelling does not.

use audit::Outcome;
use dispatch::ApprovalSettings;
use serde_json::{Value, json};
use store::{ApprovalRow, DecisionUpdate};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments, elicitation_answer, with_elicitation};

const HOUR: i64 = 3600 * 1_000_000;

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

fn named(id: &str) -> Value {
    json!({"_meta": {"juju-mcp/approval": id}})
}

fn yes(asked: &Value) -> Value {
    json!({"requestState": asked["requestState"], "inputResponses": elicitation_answer(&json!({"approve": true}))})
}

#[tokio::test]
async fn similar_looking_arguments_are_refused() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    let with = |name: &str, value: Value| {
        let mut arguments = arguments();
        arguments[name] = value;
        arguments
    };
    for drifted in [
        with("num_units", json!(2)),
        with("num_units", json!(10)),
        with("num_units", json!("2")),
        with("num_units", json!(1.5)),
        with("num_units", json!(true)),
        with("num_units", json!([2])),
        with("application", json!("w\u{435}b")),
        with("application", json!("web\u{200b}")),
        with("application", json!("\u{ff57}eb")),
        with("application", json!("Web")),
        with("application", json!(["web", "db"])),
        with("to", json!(["0"])),
        with("attach_storage", json!(["data/0"])),
        with("unheard_of", json!(1)),
        with("model", json!("other")),
        with("controller", json!("other")),
    ] {
        let refused = shop.call("admin", TOOL, &drifted, &named(&id)).await;
        assert_eq!(refused["isError"], true, "{drifted}: {refused}");
        assert_eq!(shop.units_added(), 0, "{drifted}");
        if refused["_meta"]["juju-mcp/code"] == "not_approved" {
            assert_eq!(shop.last_close().await, (Outcome::Denied, Some(id.clone())), "{drifted}");
        }
    }
    assert_ne!(shop.call("admin", TOOL, &arguments(), &named(&id)).await["isError"], true, "the act itself still may");
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn equivalent_arguments_are_the_same_act() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    for text in [
        r#"{"num_units": 1, "application": "web", "model": "shop"}"#,
        r#"{"application": "web", "model": "shop", "num_units": 1}"#,
        r#"{"application": "web", "model": "admin/shop", "num_units": 1, "idempotency_key": "k"}"#,
        r#"{"application": "db", "application": "web", "model": "shop", "num_units": 1}"#,
    ] {
        let same: Value = serde_json::from_str(text).expect("arguments");
        let asked = shop.call("admin", TOOL, &same, &json!({})).await;
        assert_eq!(asked["_meta"]["juju-mcp/approval"]["id"], id.as_str(), "{text}: {asked}");
    }
    let whole = json!({"application": "web", "model": "shop", "num_units": 1.0});
    let reported = shop.call("admin", TOOL, &whole, &json!({})).await;
    let (code, reported_id) = (&reported["_meta"]["juju-mcp/code"], &reported["_meta"]["juju-mcp/approval"]["id"]);
    assert!(
        code == "invalid_arguments" || reported_id == id.as_str(),
        "1.0 is refused or is 1, never another act: {reported}"
    );
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn request_state_is_bound_to_its_endpoint() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    for path in ["/mcp", "/mcp/x/applications", "/mcp/x/units"] {
        let params = with_elicitation(yes(&asked));
        let request = {
            let mut all = json!({"name": TOOL, "arguments": arguments()});
            for (name, value) in params.as_object().into_iter().flatten() {
                all[name] = value.clone();
            }
            tests::raw_http::Request::modern(path, "tools/call", all).token(shop.served.token("admin"))
        };
        let answer = request.send(shop.served.address).await.expect("an answer").json();
        let refused = answer["error"].is_object() || answer["result"]["_meta"]["juju-mcp/code"] == "not_approved";
        assert!(refused, "{path}: {answer}");
        assert_eq!(shop.units_added(), 0, "{path}");
    }
    assert!(shop.close_records().await.iter().any(|(_, ending)| ending.outcome == Outcome::Denied), "it is recorded");
    assert_ne!(shop.request_with_elicitation("admin", yes(&asked)).await["isError"], true, "and fits there");
}

#[tokio::test]
async fn request_state_of_another_key_is_refused() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    let shop = shop.restart_with_another_key().await;
    let refused = shop.request_with_elicitation("admin", yes(&asked)).await;
    assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{refused}");
    assert_eq!((shop.units_added(), shop.last_close().await), (0, (Outcome::Denied, None)));
    let anew = shop.request_with_elicitation("admin", json!({})).await;
    assert_eq!(anew["resultType"], "input_required", "the question itself still waits: {anew}");
    assert_ne!(shop.request_with_elicitation("admin", yes(&anew)).await["isError"], true);
}

/// Replaces a request by one from an hour in the future, as it appears after the clock was set back.
async fn request_from_the_future(shop: &ApprovalFixture, id: &str) -> String {
    let store = shop.served.dispatcher.ledger.store();
    let row = store.approval(id).await.expect("a store").expect("a row");
    assert!(store.expire_approval(id, "moved").await.expect("a store"));
    let other = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let later =
        ApprovalRow { id: other.clone(), created_at: row.created_at + HOUR, expires_at: row.expires_at + HOUR, ..row };
    assert!(store.add_approval(&later, 50).await.expect("a store"));
    other
}

#[tokio::test]
async fn clock_set_back_extends_no_approval() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let id = request_from_the_future(&shop, &id).await;
    assert_eq!(shop.api("approver", "GET", &format!("/{id}"), &Value::Null).await.1["status"], "expired");
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 409, "it can no longer be approved");
    let listed = shop.api("approver", "GET", "?status=pending", &Value::Null).await.1;
    assert_eq!(listed["approvals"], json!([]));
    // the approval was given before the clock was set back
    let store = shop.served.dispatcher.ledger.store();
    let now = store.approval(&id).await.expect("a store").expect("a row").created_at + 1;
    let given = DecisionUpdate { status: "approved", by: "token:approver:1", reason: "", now };
    assert!(store.decide_approval(&id, given).await.expect("a store").is_some());
    let refused = shop.call("admin", TOOL, &arguments(), &named(&id)).await;
    assert!(refused["content"][0]["text"].as_str().is_some_and(|text| text.contains("has expired")), "{refused}");
    assert_eq!((shop.units_added(), shop.last_close().await), (0, (Outcome::Denied, Some(id.clone()))));
    assert_eq!(
        shop.request("admin").await["_meta"]["juju-mcp/code"],
        "approval_required",
        "and a new request is created"
    );
}

#[tokio::test]
async fn invented_ids_are_refused_and_truncated_in_the_ledger() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let long = "x".repeat(100_000);
    let upper = id.to_uppercase();
    for odd in ["", "1", "*", "' or 1=1 --", "\u{202e}\n", &upper, &long, &format!("{{{id}}}"), &id.replace('-', "")] {
        let refused = shop.call("admin", TOOL, &arguments(), &named(odd)).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{odd:.40}: {refused}");
    }
    for odd in [json!(1), json!(null), json!([id]), json!({"id": id})] {
        let refused = shop.call("admin", TOOL, &arguments(), &json!({"_meta": {"juju-mcp/approval": odd}})).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{odd}: {refused}");
    }
    let body = json!({"digest": long, "reason": long});
    assert_eq!(shop.api("viewer", "POST", &format!("/{id}/approve"), &body).await.0, 403);
    assert_eq!(shop.api("approver", "POST", &format!("/{id}/approve"), &body).await.0, 400);
    assert_eq!(shop.last_close().await, (Outcome::Denied, Some(id.clone())), "a refusal with a long reason too");
    for path in ["/..%2f..%2fready/approve", "/%00/approve", "/%e2%80%ae/approve"] {
        assert_eq!(shop.api("approver", "POST", path, &json!({"digest": digest})).await.0, 404, "{path}");
    }
    let written = serde_json::to_string(&shop.served.ledger_records().await).expect("records");
    assert!(!written.contains(&"x".repeat(600)), "what strangers send is cut");
    assert_eq!(shop.units_added(), 0);
}
