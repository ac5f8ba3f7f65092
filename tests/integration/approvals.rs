//! Approvals end to end: each channel grants one permit, and nothing else does.

use audit::Outcome;
use dispatch::{ApprovalSettings, ChangesQuery};
use identity::Caller;
use policy::Policy;
use serde_json::{Value, json};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments, elicitation_answer, with_elicitation};

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

#[tokio::test]
async fn approval_by_api_permits_the_act_once() {
    let shop = shop().await;
    let asked = shop.request("admin").await;
    let reported = &asked["_meta"]["juju-mcp/approval"];
    let text = asked["content"][0]["text"].as_str().expect("a sentence");
    let id = reported["id"].as_str().expect("an id");
    assert!(text.contains(id) && text.contains("juju add-unit") && text.contains("changes"), "{text}");
    assert!(reported["expires_at"].is_string() && reported["requires_second_approver"] == false, "{reported}");
    let (_, listed) = shop.api("approver", "GET", "?status=pending", &Value::Null).await;
    let shown = &listed["approvals"][0];
    assert_eq!((shown["id"].as_str(), shown["request"]["act"]["tool"].as_str()), (Some(id), Some(TOOL)));
    assert_eq!(
        shop.request("admin").await["_meta"]["juju-mcp/approval"]["id"],
        id,
        "a repeated request is the same approval"
    );
    assert_eq!(
        (shop.units_added(), shop.decide("approver", "approve", id, shown["digest"].as_str().expect("it")).await),
        (0, 200)
    );
    assert_eq!(shop.units_added(), 0, "an approval alone has no effect");
    let done = shop.request("admin").await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(shop.units_added(), 1);
    let (other, _) = shop.request_approval("admin").await;
    assert_ne!(other, id, "an approval counts once");
    let endings = shop.close_records().await;
    let joined: Vec<_> = endings.iter().filter(|(_, ending)| ending.approval.as_deref() == Some(id)).collect();
    let steps: Vec<_> = joined.iter().map(|(tool, ending)| (tool.as_str(), ending.outcome)).collect();
    let (asked, done) = ((TOOL, Outcome::PendingApproval), Outcome::Done);
    assert_eq!(steps, [asked, asked, ("approval_decided", done), (TOOL, done)]);
    let (_, used) = shop.api("approver", "GET", &format!("/{id}"), &Value::Null).await;
    assert_eq!((used["status"].as_str(), used["reason"].as_str()), (Some("used"), Some("checked")));
    assert!(used["decided_by"].as_str().is_some_and(|by| by.starts_with("token:approver:")), "{used}");
    let bea = Caller::local("bea", "admin");
    let query: ChangesQuery = serde_json::from_value(json!({"format": "json"})).expect("a query");
    let reported = dispatch::changes(&shop.served.dispatcher, &bea, &query).await.expect("changes").value;
    let changes = reported["changes"].as_array().expect("changes");
    let done =
        changes.iter().find(|change| change["tool"] == TOOL && change["outcome"] == "done").expect("it was done");
    assert_eq!(
        (&done["approval"], &done["decided_by"]),
        (&json!(id), &used["decided_by"]),
        "the change names the approver"
    );
}

#[tokio::test]
async fn rejection_is_reported_with_reason_and_is_final() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    assert_eq!(shop.decide("approver", "reject", &id, &digest).await, 200);
    for _ in 0..2 {
        let answer = shop.request("admin").await;
        let text = answer["content"][0]["text"].as_str().expect("a sentence");
        assert!(text.contains("rejected") && text.contains("checked"), "{text}");
        assert_eq!(answer["_meta"]["juju-mcp/code"], "not_approved");
        assert_eq!(shop.last_close().await, (Outcome::Denied, Some(id.clone())));
    }
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 409, "a rejection is final");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn user_confirms_in_a_current_client_by_round_trip() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let form = &asked["inputRequests"]["approval"];
    assert_eq!(form["method"], "elicitation/create", "{form}");
    assert!(form["params"]["message"].as_str().is_some_and(|text| text.contains("juju add-unit")), "{form}");
    assert_eq!(form["params"]["requestedSchema"]["required"], json!(["approve"]));
    let back =
        json!({"requestState": asked["requestState"], "inputResponses": elicitation_answer(&json!({"approve": true}))});
    let done = shop.request_with_elicitation("admin", back.clone()).await;
    assert_ne!(done["isError"], true, "{done}");
    assert_eq!(shop.units_added(), 1);
    let again = shop.request_with_elicitation("admin", back).await;
    assert_eq!((again["_meta"]["juju-mcp/code"].as_str(), shop.units_added()), (Some("not_approved"), 1), "{again}");
    let tools: Vec<_> = shop.close_records().await.into_iter().map(|(tool, ending)| (tool, ending.outcome)).collect();
    assert!(tools.contains(&("approval_decided".to_owned(), Outcome::Done)), "{tools:?}");
}

#[tokio::test]
async fn destructive_act_requires_typing_its_name_in_the_client() {
    let shop = shop().await;
    let remove = json!({"model": "shop", "applications": ["web"]});
    let call =
        async |more: Value| shop.call("admin", "juju_remove_application", &remove, &with_elicitation(more)).await;
    let asked = call(json!({})).await;
    let schema = &asked["inputRequests"]["approval"]["params"]["requestedSchema"];
    assert_eq!(schema["required"], json!(["approve", "name"]), "{asked}");
    let back = |name: &str| {
        json!({"requestState": asked["requestState"],
        "inputResponses": elicitation_answer(&json!({"approve": true, "name": name}))})
    };
    for wrong in ["", "we", "Web", "shop"] {
        let refused = call(back(wrong)).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{wrong}: {refused}");
    }
    let done = call(back("web")).await;
    assert_ne!(done["isError"], true, "{done}");
}

#[tokio::test]
async fn client_decline_rejects_and_missing_answer_stays_pending() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    let answer = |answer: Value| json!({"requestState": asked["requestState"], "inputResponses": {"approval": answer}});
    for odd in [json!({"action": "cancel"}), json!({"action": "accept"}), json!("yes"), json!({"approve": true})] {
        let refused = shop.request_with_elicitation("admin", answer(odd)).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{refused}");
    }
    let again = shop.request_with_elicitation("admin", json!({"requestState": asked["requestState"]})).await;
    assert_eq!(again["resultType"], "input_required", "a state without an answer asks again: {again}");
    let no = shop.request_with_elicitation("admin", answer(json!({"action": "decline"}))).await;
    assert!(no["content"][0]["text"].as_str().is_some_and(|text| text.contains("rejected")), "{no}");
    let too_late =
        shop.request_with_elicitation("admin", answer(json!({"action": "accept", "content": {"approve": true}}))).await;
    assert_eq!(
        (too_late["_meta"]["juju-mcp/code"].as_str(), shop.units_added()),
        (Some("not_approved"), 0),
        "{too_late}"
    );
}

#[tokio::test]
async fn client_cannot_confirm_if_second_approver_is_required() {
    let shop = ApprovalFixture::start(true, ApprovalSettings::with_client_confirmation()).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert_eq!(asked["_meta"]["juju-mcp/code"], "approval_required", "no form is shown: {asked}");
    let reported = &asked["_meta"]["juju-mcp/approval"];
    let (id, digest) = (reported["id"].as_str().expect("an id"), reported["digest"].as_str().expect("a digest"));
    assert_eq!(shop.decide("approver", "approve", id, digest).await, 200);
    assert_ne!(shop.request("admin").await["isError"], true);
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn client_confirmation_can_be_disabled() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::default()).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert_eq!(asked["_meta"]["juju-mcp/code"], "approval_required", "{asked}");
}

#[tokio::test]
async fn decisions_and_pending_requests_survive_a_restart() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let shop = shop.restart().await;
    assert_eq!(shop.request_approval("admin").await.0, id, "it still waits");
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    let shop = shop.restart().await;
    assert_ne!(shop.request("admin").await["isError"], true);
    let shop = shop.restart().await;
    assert_ne!(shop.request_approval("admin").await.0, id, "and was used once");
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn client_round_trip_survives_a_restart() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    let shop = shop.restart().await;
    let back =
        json!({"requestState": asked["requestState"], "inputResponses": elicitation_answer(&json!({"approve": true}))});
    assert_ne!(shop.request_with_elicitation("admin", back).await["isError"], true);
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn dry_run_reports_required_approvals_without_a_request() {
    let shop = shop().await;
    let mut dry = arguments();
    dry["dry_run"] = true.into();
    let reported = shop.call("admin", TOOL, &dry, &json!({})).await;
    let text = reported["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains("it requires approval under `changes`"), "{text}");
    let (_, listed) = shop.api("approver", "GET", "", &Value::Null).await;
    assert_eq!((listed["approvals"].as_array().map(Vec::len), shop.units_added()), (Some(0), 0));
}

#[tokio::test]
async fn dry_run_does_not_take_the_text_of_a_rule_for_a_prompt_injection() {
    let shop = shop().await;
    shop.served.dispatcher.policy.replace(Policy::builtin().expect("a policy"));
    // the message of `force-flag-needs-approval` is about skipping checks
    let dry = json!({"model": "shop", "charm": "redis", "application_name": "cache", "force": true, "dry_run": true});
    let reported = shop.call("admin", "juju_deploy", &dry, &json!({})).await.to_string();
    assert!(reported.contains("force-flag-needs-approval") && !reported.contains("instruction_override"), "{reported}");
}

#[tokio::test]
async fn repeated_idempotency_key_needs_no_new_approval() {
    let shop = shop().await;
    let mut keyed = arguments();
    keyed["idempotency_key"] = "k1".into();
    let call = async || shop.call("admin", TOOL, &keyed, &json!({})).await;
    let asked = call().await;
    let reported = &asked["_meta"]["juju-mcp/approval"];
    let (id, digest) = (reported["id"].as_str().expect("an id"), reported["digest"].as_str().expect("a digest"));
    assert_eq!(shop.decide("approver", "approve", id, digest).await, 200);
    assert_ne!(call().await["isError"], true);
    let again = call().await;
    assert_eq!((again["_meta"]["juju-mcp/replayed"].as_bool(), shop.units_added()), (Some(true), 1), "{again}");
}

#[tokio::test]
async fn reused_idempotency_key_consumes_no_approval() {
    let shop = shop().await;
    let units = |number: u32, key: Option<&str>| {
        let mut arguments = arguments();
        arguments["num_units"] = number.into();
        if let Some(key) = key {
            arguments["idempotency_key"] = key.into();
        }
        arguments
    };
    let call = async |arguments: Value| shop.call("admin", TOOL, &arguments, &json!({})).await;
    let approve = async |asked: &Value| {
        let reported = &asked["_meta"]["juju-mcp/approval"];
        let (id, digest) = (reported["id"].as_str().expect("an id"), reported["digest"].as_str().expect("a digest"));
        assert_eq!(shop.decide("approver", "approve", id, digest).await, 200);
        id.to_owned()
    };
    approve(&call(units(1, Some("k"))).await).await;
    assert_ne!(call(units(1, Some("k"))).await["isError"], true);
    let id = approve(&call(units(2, None)).await).await;
    let reused = call(units(2, Some("k"))).await;
    assert_eq!((reused["_meta"]["juju-mcp/code"].as_str(), shop.units_added()), (Some("idempotency_key_reused"), 1));
    assert_eq!(shop.api("approver", "GET", &format!("/{id}"), &Value::Null).await.1["status"], "approved");
    assert_eq!(call(units(3, Some("k"))).await["_meta"]["juju-mcp/code"], "idempotency_key_reused");
    assert_eq!(shop.api("approver", "GET", "?status=pending", &Value::Null).await.1["approvals"], json!([]));
    assert_ne!(call(units(2, Some("another"))).await["isError"], true, "the approval is still valid");
    assert_eq!(shop.units_added(), 2);
}

#[tokio::test]
async fn approvers_never_see_secrets() {
    let shop = shop().await;
    let params = json!({"admin-password": "hunter2 x", "title": "Shop"});
    let secret = json!({"model": "shop", "units": ["web/0"], "action": "restart", "params": params});
    let asked = shop.call("admin", "juju_run", &secret, &with_elicitation(json!({}))).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let (_, listed) = shop.api("approver", "GET", "", &Value::Null).await;
    assert!(
        listed["approvals"][0]["request"]["command"].as_str().is_some_and(|text| text.contains("redacted")),
        "{listed}"
    );
    for shown in [asked, listed] {
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn approver_token_is_read_only() {
    let shop = shop().await;
    let refused = shop.request("approver").await;
    assert_eq!(
        (refused["_meta"]["juju-mcp/code"].as_str(), shop.units_added()),
        (Some("permission_denied"), 0),
        "{refused}"
    );
    let read = shop.call("approver", "juju_status", &json!({"model": "shop"}), &json!({})).await;
    assert_ne!(read["isError"], true, "{read}");
}

#[tokio::test]
async fn fifty_concurrent_uses_run_the_act_once() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    let named = json!({"_meta": {"juju-mcp/approval": id}});
    let args = arguments();
    let calls = (0..50).map(|_| shop.call("admin", TOOL, &args, &named));
    let answers = futures::future::join_all(calls).await;
    let done = answers.iter().filter(|answer| answer["isError"] != true).count();
    assert_eq!((done, shop.units_added()), (1, 1));
    let used = shop.close_records().await.into_iter().filter(|(_, ending)| ending.approval.as_deref() == Some(&id));
    let denied = used.filter(|(_, ending)| ending.outcome == Outcome::Denied).count();
    assert_eq!(denied, 49, "each refusal is in the ledger");
}

#[tokio::test]
async fn concurrent_requests_for_one_act_share_an_approval() {
    let shop = shop().await;
    let answers = futures::future::join_all((0..20).map(|_| shop.request("admin"))).await;
    let ids: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer["_meta"]["juju-mcp/approval"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{answers:?}");
}
