//! Attacks on approvals, as a table: each is refused, has no effect, and is in the ledger.

use std::time::{Duration, Instant};

use audit::Outcome;
use dispatch::ApprovalSettings;
use serde_json::{Value, json};
use tests::{
    approval_fixture::{ApprovalFixture, TOOL, arguments, elicitation_answer, with_elicitation},
    with_growing_limit,
};

/// An attack on a pending or an approved request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attack {
    InventedId,
    OthersId,
    NotYetDecided,
    OtherArgument,
    OtherTool,
    OtherModel,
    TargetChanged,
    TargetChangedAndNamed,
    Expired,
    Replayed,
    RejectedThenUsed,
    EndedByRestart,
    StateInvented,
    StateFlipped,
    StateOfOtherCaller,
    StateForOtherArgument,
    StateForOtherTool,
    StateReplayed,
    StateExpired,
    StateAfterReject,
    StateAfterTargetChanged,
    StateWhereSecondApproverIsRequired,
    StateWhereClientsMayNotConfirm,
}

const ALL: [Attack; 23] = [
    Attack::InventedId,
    Attack::OthersId,
    Attack::NotYetDecided,
    Attack::OtherArgument,
    Attack::OtherTool,
    Attack::OtherModel,
    Attack::TargetChanged,
    Attack::TargetChangedAndNamed,
    Attack::Expired,
    Attack::Replayed,
    Attack::RejectedThenUsed,
    Attack::EndedByRestart,
    Attack::StateInvented,
    Attack::StateFlipped,
    Attack::StateOfOtherCaller,
    Attack::StateForOtherArgument,
    Attack::StateForOtherTool,
    Attack::StateReplayed,
    Attack::StateExpired,
    Attack::StateAfterReject,
    Attack::StateAfterTargetChanged,
    Attack::StateWhereSecondApproverIsRequired,
    Attack::StateWhereClientsMayNotConfirm,
];

/// How often the act ran before the attack, with permission.
type Before = u64;

fn named(id: &str) -> Value {
    json!({"_meta": {"juju-mcp/approval": id}})
}

fn yes(state: &Value) -> Value {
    json!({"requestState": state, "inputResponses": elicitation_answer(&json!({"approve": true}))})
}

/// A server with an approved request.
async fn approved() -> (ApprovalFixture, String) {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let (id, digest) = shop.request_approval("admin").await;
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    (shop, id)
}

/// The same after the approval has expired.
async fn approved_and_expired() -> (ApprovalFixture, String) {
    with_growing_limit("a question is approved", async |lifetime| {
        let shop = ApprovalFixture::start(false, lasting(lifetime)).await;
        let begun = Instant::now();
        let (id, digest) = shop.request_approval("admin").await;
        let status = shop.decide("approver", "approve", &id, &digest).await;
        if status != 200 && begun.elapsed() >= lifetime {
            return None;
        }
        assert_eq!(status, 200);
        tokio::time::sleep(lifetime).await;
        Some((shop, id))
    })
    .await
}

fn lasting(lifetime: Duration) -> ApprovalSettings {
    ApprovalSettings { lifetime, ..ApprovalSettings::with_client_confirmation() }
}

/// A server with a request with the state in a client.
async fn carried(terms: ApprovalSettings) -> (ApprovalFixture, Value) {
    let shop = ApprovalFixture::start(false, terms).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert!(asked["requestState"].is_string(), "{asked}");
    (shop, asked["requestState"].clone())
}

/// Runs the attack and returns the result of the last call.
async fn attack(kind: Attack) -> (ApprovalFixture, Value, Before) {
    if format!("{kind:?}").starts_with("State") { with_state(kind).await } else { with_id(kind).await }
}

async fn with_id(kind: Attack) -> (ApprovalFixture, Value, Before) {
    if matches!(kind, Attack::NotYetDecided | Attack::RejectedThenUsed) {
        let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
        let (id, digest) = shop.request_approval("admin").await;
        if kind == Attack::RejectedThenUsed {
            assert_eq!(shop.decide("approver", "reject", &id, &digest).await, 200);
        }
        let answer = shop.call("admin", TOOL, &arguments(), &named(&id)).await;
        return (shop, answer, 0);
    }
    let (shop, id) = if kind == Attack::Expired { approved_and_expired().await } else { approved().await };
    let mut args = arguments();
    let (mut token, mut tool, mut done, mut more) = ("admin", TOOL, 0, named(&id));
    match kind {
        Attack::InventedId => more = named("01890a5d-ac96-774b-bcce-b302099a8057"),
        Attack::OthersId => token = "other admin",
        Attack::OtherArgument => args["num_units"] = 2.into(),
        Attack::OtherTool => (tool, args) = ("juju_expose", json!({"model": "shop", "application": "web"})),
        Attack::OtherModel => args["application"] = "postgresql".into(),
        Attack::TargetChanged | Attack::TargetChangedAndNamed => {
            shop.change_target().await;
            done = 1;
            if kind == Attack::TargetChanged {
                more = json!({});
            }
        }
        Attack::Expired => {}
        Attack::Replayed | Attack::EndedByRestart => {
            assert_ne!(shop.call("admin", TOOL, &args, &more).await["isError"], true);
            done = 1;
        }
        other => unreachable!("{other:?} is no attack with an id"),
    }
    let shop = if kind == Attack::EndedByRestart { shop.restart().await } else { shop };
    let answer = shop.call(token, tool, &args, &more).await;
    (shop, answer, done)
}

async fn with_state(kind: Attack) -> (ApprovalFixture, Value, Before) {
    let short = Duration::from_secs(1);
    let terms =
        if kind == Attack::StateExpired { lasting(short) } else { ApprovalSettings::with_client_confirmation() };
    let (shop, state) = carried(terms).await;
    let mut args = arguments();
    let (mut token, mut tool, mut done, mut more) = ("admin", TOOL, 0, yes(&state));
    match kind {
        Attack::StateInvented => more = yes(&json!("rs1.AAAA.BBBB")),
        Attack::StateFlipped => more = yes(&json!(flipped(state.as_str().expect("a text")))),
        Attack::StateOfOtherCaller => token = "other admin",
        Attack::StateForOtherArgument => args["num_units"] = 2.into(),
        Attack::StateForOtherTool => (tool, args) = ("juju_expose", json!({"model": "shop", "application": "web"})),
        Attack::StateReplayed => {
            assert_ne!(shop.request_with_elicitation("admin", more.clone()).await["isError"], true);
            done = 1;
        }
        Attack::StateExpired => tokio::time::sleep(short).await,
        Attack::StateAfterReject => {
            let (id, digest) = shop.request_approval("admin").await;
            assert_eq!(shop.decide("approver", "reject", &id, &digest).await, 200);
        }
        Attack::StateAfterTargetChanged => {
            shop.change_target().await;
            done = 1;
        }
        Attack::StateWhereSecondApproverIsRequired => {
            shop.served
                .dispatcher
                .policy
                .replace(tests::approval_fixture::policy_requiring_approval(policy::Effect::Write, true));
        }
        Attack::StateWhereClientsMayNotConfirm => {
            // the operator disables it between the two calls, which needs a restart
            let shop = shop.restart_with(false, ApprovalSettings::default()).await;
            let answer = shop.call(token, tool, &args, &with_elicitation(more)).await;
            return (shop, answer, 0);
        }
        other => unreachable!("{other:?} is no attack with a state"),
    }
    let answer = shop.call(token, tool, &args, &with_elicitation(more)).await;
    (shop, answer, done)
}

/// The sealed text with one character in the middle changed.
fn flipped(state: &str) -> String {
    let at = state.len() / 2;
    let other = if state.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &state[..at], &state[at + 1..])
}

#[tokio::test]
async fn attacks_are_refused_and_recorded_without_effect() {
    for kind in ALL {
        let (shop, answer, before) = attack(kind).await;
        let code = answer["_meta"]["juju-mcp/code"].as_str().unwrap_or_default();
        assert_eq!(answer["isError"], true, "{kind:?}: {answer}");
        let requested_again = kind == Attack::TargetChanged;
        let (expected, outcome) = if requested_again {
            ("approval_required", Outcome::PendingApproval)
        } else {
            ("not_approved", Outcome::Denied)
        };
        assert_eq!(code, expected, "{kind:?}: {answer}");
        assert_eq!(shop.units_added(), before, "{kind:?}");
        assert!(!shop.simulator.writes().contains_key("Application.Expose"), "{kind:?}");
        let (recorded, approval) = shop.last_close().await;
        assert_eq!(recorded, outcome, "{kind:?}");
        // a state that cannot be decrypted identifies no approval
        let sealed = matches!(
            kind,
            Attack::StateInvented
                | Attack::StateFlipped
                | Attack::StateOfOtherCaller
                | Attack::StateForOtherArgument
                | Attack::StateForOtherTool
                | Attack::StateExpired
        );
        assert_eq!(approval.is_some(), !sealed, "{kind:?}: {approval:?}");
        audit::verify(shop.served.dispatcher.ledger.store(), &tests::ledger::keys(), None)
            .await
            .expect("the chain holds");
    }
}

#[tokio::test]
async fn changed_target_invalidates_an_approval_permanently() {
    let (shop, id) = approved().await;
    shop.change_target().await;
    let refused = shop.call("admin", TOOL, &arguments(), &named(&id)).await;
    assert!(refused["content"][0]["text"].as_str().is_some_and(|text| text.contains("has changed")), "{refused}");
    let (_, ended) = shop.api("approver", "GET", &format!("/{id}"), &Value::Null).await;
    assert_eq!(ended["status"], "expired", "{ended}");
    let (other, _) = shop.request_approval("admin").await;
    assert_ne!(other, id);
}

#[tokio::test]
async fn forbidden_decisions_are_refused_and_recorded() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let (id, digest) = shop.request_approval("admin").await;
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (token, verb, id, digest, status) in [
        ("admin", "approve", id.as_str(), digest.as_str(), 403),
        ("admin", "reject", &id, &digest, 403),
        ("other admin", "approve", &id, &digest, 403),
        ("operator", "approve", &id, &digest, 403),
        ("viewer", "approve", &id, &digest, 403),
        ("viewer", "approve", unknown, &digest, 403),
        ("approver", "approve", unknown, &digest, 404),
        ("approver", "approve", &id, "0000", 409),
        ("approver", "approve", &id, "", 409),
    ] {
        let before = shop.close_records().await.len();
        assert_eq!(shop.decide(token, verb, id, digest).await, status, "{token} {verb} {id} {digest}");
        let endings = shop.close_records().await;
        assert_eq!(endings.len(), before + 1, "{token} {verb}");
        let (tool, ending) = endings.last().expect("an ending");
        assert_eq!((tool.as_str(), ending.outcome), ("approval_decided", Outcome::Denied));
        assert_eq!(ending.approval.as_deref(), Some(id));
    }
    assert_eq!(shop.request_approval("admin").await.0, id, "it still waits");
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 409, "twice");
    assert_eq!(shop.decide("other approver", "reject", &id, &digest).await, 409, "after an approval");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn malformed_bodies_and_parameters_are_refused() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let (id, digest) = shop.request_approval("admin").await;
    let path = format!("/{id}/approve");
    let long = "x".repeat(501);
    for body in [
        json!({}),
        json!([]),
        json!({"digest": 1}),
        json!({"digest": digest, "more": 1}),
        json!({"digest": digest, "reason": long}),
    ] {
        assert_eq!(shop.api("approver", "POST", &path, &body).await.0, 400, "{body}");
    }
    for query in ["?status=nonsense", "?state=pending"] {
        assert_eq!(shop.api("approver", "GET", query, &Value::Null).await.0, 400, "{query}");
    }
    assert_eq!(shop.api("approver", "GET", &format!("/{id}/approve"), &Value::Null).await.0, 405);
    let unasked =
        tests::raw_http::Request::new("GET", "/api/v1/approvals").send(shop.served.address).await.expect("an answer");
    assert_eq!(unasked.status, 401, "a token is required");
}

#[tokio::test]
async fn requesters_see_only_own_requests() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let (id, _) = shop.request_approval("admin").await;
    let own = shop.api("admin", "GET", "", &Value::Null).await.1;
    assert_eq!(own["approvals"][0]["id"], id.as_str());
    let others = shop.api("other admin", "GET", "", &Value::Null).await.1;
    assert_eq!(others["approvals"], json!([]));
    assert_eq!(shop.api("other admin", "GET", &format!("/{id}"), &Value::Null).await.0, 404);
    assert_eq!(shop.api("admin", "GET", &format!("/{id}"), &Value::Null).await.0, 200);
}

#[tokio::test]
async fn pending_requests_per_caller_are_limited() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let mut last = Value::Null;
    for number in 1..=51 {
        let mut args = arguments();
        args["num_units"] = number.into();
        last = shop.call("admin", TOOL, &args, &json!({})).await;
    }
    assert!(last["content"][0]["text"].as_str().is_some_and(|text| text.contains("pending already")), "{last}");
    let (other, _) = shop.request_approval("other admin").await;
    assert!(!other.is_empty(), "another caller can still ask");
}

#[tokio::test]
async fn token_cannot_approve_its_own_act_over_http_by_default() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::default()).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert_eq!(asked["_meta"]["juju-mcp/code"], "approval_required", "{asked}");
    assert!(asked["requestState"].is_null() && asked["inputRequests"].is_null(), "{asked}");
    let approval = &asked["_meta"]["juju-mcp/approval"];
    let (id, digest) = (approval["id"].as_str().expect("an id"), approval["digest"].as_str().expect("a digest"));
    assert_eq!(shop.decide("admin", "approve", id, digest).await, 403);
    // an answer without a question, and one with the id in place of a sealed state
    for state in [Value::Null, json!(id)] {
        shop.request_with_elicitation("admin", yes(&state)).await;
    }
    assert_eq!(shop.call("admin", TOOL, &arguments(), &named(id)).await["isError"], true);
    assert_eq!(shop.units_added(), 0);
    // a state from a time when the operator allowed it
    let shop = shop.restart_with(false, ApprovalSettings::with_client_confirmation()).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    let shop = shop.restart_with(false, ApprovalSettings::default()).await;
    let refused = shop.request_with_elicitation("admin", yes(&asked["requestState"])).await;
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn ledger_names_the_kind_of_each_approval() {
    use audit::ApprovalKind::{Approver, ClientConfirmation, SecondApprover};

    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    assert_ne!(shop.request_with_elicitation("admin", yes(&asked["requestState"])).await["isError"], true);
    let (id, digest) = shop.request_approval("admin").await;
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    let shop = shop.restart_with(true, ApprovalSettings::default()).await;
    let (id, digest) = shop.request_approval("other admin").await;
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
    let kinds: Vec<_> = (shop.served.ledger_records().await.into_iter())
        .filter_map(|record| match record.phase {
            audit::Phase::Open(opened) => match opened.event {
                audit::AuditEvent::ApprovalDecided { kind, .. } => Some(kind),
                _ => None,
            },
            audit::Phase::Close(_) => None,
        })
        .collect();
    assert_eq!(kinds, [ClientConfirmation, Approver, SecondApprover]);
}
