//! Concurrency: of many decisions one counts, and of many uses one acts.

use audit::Outcome;
use dispatch::ApprovalSettings;
use futures::future::join_all;
use serde_json::{Value, json};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments, elicitation_answer, with_elicitation};

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_decisions_count_once() {
    for round in 0..5 {
        let shop = shop().await;
        let (id, digest) = shop.request_approval("admin").await;
        let tries = (0..40).map(|number| {
            let token = if number % 2 == 0 { "approver" } else { "other approver" };
            let verb = if number % 4 < 2 { "approve" } else { "reject" };
            let (shop, id, digest) = (&shop, &id, &digest);
            async move { (verb, shop.decide(token, verb, id, digest).await) }
        });
        let ended = join_all(tries).await;
        let won: Vec<_> = ended.iter().filter(|(_, status)| *status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}: {ended:?}");
        assert!(ended.iter().all(|(_, status)| [200, 409].contains(status)), "{ended:?}");
        let approved = won[0].0 == "approve";
        let (_, shown) = shop.api("approver", "GET", &format!("/{id}"), &Value::Null).await;
        assert_eq!(shown["status"], if approved { "approved" } else { "rejected" });
        assert_eq!(shop.request("admin").await["isError"] != true, approved, "the one that counted decides");
        assert_eq!(shop.units_added(), u64::from(approved));
        let endings = shop.close_records().await;
        let decisions = endings.iter().filter(|(tool, _)| tool == "approval_decided");
        let (mut done, mut denied) = (0, 0);
        for (_, ending) in decisions {
            match ending.outcome {
                Outcome::Done => done += 1,
                Outcome::Denied => denied += 1,
                other => unreachable!("{other:?} is no end of a decision"),
            }
        }
        assert_eq!((done, denied), (1, 39), "each is in the ledger");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirmation_in_concurrent_calls_acts_once() {
    let shop = shop().await;
    let asked = shop.request_with_elicitation("admin", json!({})).await;
    let back =
        json!({"requestState": asked["requestState"], "inputResponses": elicitation_answer(&json!({"approve": true}))});
    let answers = join_all((0..40).map(|_| shop.request_with_elicitation("admin", back.clone()))).await;
    let done = answers.iter().filter(|answer| answer["content"].is_array() && answer["isError"] != true).count();
    assert_eq!((done, shop.units_added()), (1, 1), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_uses_act_once_per_approval() {
    let shop = shop().await;
    let (args, none) = (arguments(), json!({}));
    for yes in 1..=5 {
        let (id, digest) = shop.request_approval("admin").await;
        assert_eq!(shop.decide("approver", "approve", &id, &digest).await, 200);
        let named = with_elicitation(json!({}));
        let named = json!({"_meta": {"juju-mcp/approval": id,
            "io.modelcontextprotocol/clientCapabilities": named["_meta"]["io.modelcontextprotocol/clientCapabilities"]}});
        let calls = (0..24).map(|number| {
            let (shop, args, more) = (&shop, &args, if number % 3 == 0 { &none } else { &named });
            async move { shop.call(if number % 8 == 7 { "other admin" } else { "admin" }, TOOL, args, more).await }
        });
        let answers = join_all(calls).await;
        let done = answers.iter().filter(|answer| answer["content"].is_array() && answer["isError"] != true).count();
        assert_eq!((done, shop.units_added()), (1, yes), "{answers:?}");
        // ends the requests that the late calls created
        for token in ["admin", "other admin"] {
            let (_, listed) = shop.api(token, "GET", "?status=pending", &Value::Null).await;
            for open in listed["approvals"].as_array().expect("a list") {
                let text = |name: &str| open[name].as_str().expect(name).to_owned();
                assert_eq!(
                    shop.served.dispatcher.ledger.store().expire_approval(&text("id"), "").await.ok(),
                    Some(true)
                );
            }
        }
    }
}
