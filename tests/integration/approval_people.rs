//! Who may decide: never the token or the client of the requester, and never the requester where a second approver is required.

use audit::Outcome;
use dispatch::ApprovalSettings;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments};

async fn shop(second_approver: bool) -> ApprovalFixture {
    ApprovalFixture::start(second_approver, ApprovalSettings::with_client_confirmation()).await
}

/// Tries to approve a request of `requester`; returns status and code.
async fn tries(shop: &ApprovalFixture, requester: &str, decider: &str) -> (u16, String) {
    let (id, digest) = shop.request_approval(requester).await;
    let body = json!({"digest": digest});
    let (status, answer) = shop.api(decider, "POST", &format!("/{id}/approve"), &body).await;
    (status, answer["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn requester_is_never_the_second_approver() {
    let shop = shop(true).await;
    for (requester, decider) in [
        ("ana by assistant", "ana by page"),
        ("ana by assistant", "ana's other account by page"),
        ("dora, admin", "dora, approver"),
        ("dora, admin", "dora by page"),
    ] {
        let refused = (403, "self_approval".to_owned());
        assert_eq!(tries(&shop, requester, decider).await, refused, "{requester}: {decider}");
        let (tool, ending) = shop.close_records().await.pop().expect("an ending");
        assert_eq!((tool.as_str(), ending.outcome), ("approval_decided", Outcome::Denied), "{decider}");
        assert!(ending.approval.is_some(), "{decider}");
    }
    assert_eq!(shop.units_added(), 0);
    assert_eq!(tries(&shop, "ana by assistant", "bea by page").await.0, 200);
    assert_ne!(shop.request("ana by assistant").await["isError"], true);
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn requesting_client_and_unprivileged_callers_cannot_approve() {
    for second_approver in [true, false] {
        // the check for the same person comes first
        let own_token = if second_approver { "self_approval" } else { "same_client" };
        let shop = shop(second_approver).await;
        for (decider, code) in [
            ("ana by assistant", "permission_denied"),
            ("ana by another assistant", "permission_denied"),
            ("ana's approving token by assistant", own_token),
            ("bea by assistant", "same_client"),
            ("carl by page", "permission_denied"),
            ("robot", "permission_denied"),
            ("viewer", "permission_denied"),
            ("admin", "permission_denied"),
        ] {
            let refused = tries(&shop, "ana by assistant", decider).await;
            assert_eq!(refused, (403, code.to_owned()), "{decider}");
            assert_eq!(shop.last_close().await.0, Outcome::Denied, "{decider}");
        }
        assert_eq!(shop.units_added(), 0);
    }
    let shop = shop(false).await;
    assert_eq!(tries(&shop, "ana by assistant", "ana by page").await.0, 200, "no second approver is wanted");
}

#[tokio::test]
async fn approver_token_cannot_request_approvals() {
    let shop = shop(false).await;
    for token in ["approver", "ana by page", "ana's approving token by assistant", "bea by assistant", "robot"] {
        let refused = shop.request(token).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "permission_denied", "{token}: {refused}");
        assert_eq!(shop.last_close().await.0, Outcome::Denied, "{token}");
    }
    // not even for a read that requires an approval, which it could give itself
    shop.served
        .dispatcher
        .policy
        .replace(tests::approval_fixture::policy_requiring_approval(policy::Effect::Read, false));
    let read = shop.call("ana by page", "juju_status", &json!({"model": "shop"}), &json!({})).await;
    assert_eq!(read["_meta"]["juju-mcp/code"], "permission_denied", "{read}");
    let (_, listed) = shop.api("approver", "GET", "", &Value::Null).await;
    assert_eq!(listed["approvals"], json!([]), "nothing was asked");
}

#[tokio::test]
async fn approvals_are_bound_to_the_client_of_the_user() {
    let shop = shop(false).await;
    let (id, digest) = shop.request_approval("ana by assistant").await;
    for stranger in ["ana by another assistant", "operator", "viewer"] {
        assert_eq!(shop.api(stranger, "GET", "", &Value::Null).await.1["approvals"], json!([]), "{stranger}");
        let (status, response) = shop.api(stranger, "GET", &format!("/{id}"), &Value::Null).await;
        assert_eq!(status, 404, "{stranger}");
        assert!(!response.to_string().contains("add-unit") && !response.to_string().contains(&digest), "{response}");
        let (tool, ending) = shop.close_records().await.pop().expect("an ending");
        assert_eq!((tool.as_str(), ending.outcome), ("approval_viewed", Outcome::Denied), "a try is recorded");
    }
    assert_eq!(shop.decide("bea by page", "approve", &id, &digest).await, 200);
    for thief in ["ana by another assistant", "operator", "admin"] {
        let named = json!({"_meta": {"juju-mcp/approval": id}});
        let refused = shop.call(thief, TOOL, &arguments(), &named).await;
        assert_eq!(refused["_meta"]["juju-mcp/code"], "not_approved", "{thief}: {refused}");
        assert_eq!(shop.last_close().await, (Outcome::Denied, Some(id.clone())), "{thief}");
        assert_eq!(
            shop.request(thief).await["_meta"]["juju-mcp/code"],
            "approval_required",
            "{thief} has to ask alone"
        );
    }
    assert_eq!(shop.units_added(), 0);
    assert_ne!(shop.request("ana by assistant").await["isError"], true);
    assert_eq!(shop.units_added(), 1);
}

#[tokio::test]
async fn requesting_token_cannot_decide_after_a_role_change() {
    let shop = shop(false).await;
    let (id, digest) = shop.request_approval("operator").await;
    let roles = "roles: {operator: {description: Approves from today on., effects: [read], can_approve: true}}";
    let policy = Policy::read(&[("roles.yaml", roles)], BuiltinRules::None).expect("a policy");
    shop.served.dispatcher.policy.replace(policy);
    for verb in ["approve", "reject"] {
        let body = json!({"digest": digest});
        let (status, refused) = shop.api("operator", "POST", &format!("/{id}/{verb}"), &body).await;
        assert_eq!((status, refused["error"]["code"].as_str()), (403, Some("same_client")), "{refused}");
        assert_eq!(shop.last_close().await, (Outcome::Denied, Some(id.clone())));
    }
    assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200, "another approver may");
}
