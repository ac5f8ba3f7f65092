//! Change budgets: what was done counts, also after a restart; what cannot be counted is not done.

use audit::Outcome;
use dispatch::ApprovalTerms;
use policy::{Policy, Profile};
use serde_json::{Value, json};
use store::{BudgetChangeRow, Store};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments};

/// Nobody may do more than two acts in an hour.
const TWO: &str = "policies:
  - name: two
    severity: high
    check: budget \"2 acts per 1h per caller\"
    message: Two changes an hour are enough
    effect: deny
";

fn two() -> Policy {
    Policy::read(&[("two.yaml", TWO)], Profile::None).expect("a policy")
}

async fn shop() -> ApprovalFixture {
    let shop = ApprovalFixture::start(false, ApprovalTerms::default()).await;
    shop.served.dispatcher.policy.replace(two());
    shop
}

async fn add(shop: &ApprovalFixture, token: &str) -> Value {
    shop.call(token, TOOL, &arguments(), &json!({})).await
}

fn refused_by_budget(answer: &Value) -> bool {
    answer["content"][0]["text"].as_str().is_some_and(|text| text.contains("3 acts of 2 for this caller"))
}

#[tokio::test]
async fn what_was_spent_is_known_after_a_restart() {
    let shop = shop().await;
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true);
    }
    let over = add(&shop, "admin").await;
    assert!(refused_by_budget(&over), "{over}");
    let mut shop = shop;
    for _ in 0..2 {
        shop = shop.restart().await;
        shop.served.dispatcher.policy.replace(two());
        let over = add(&shop, "admin").await;
        assert!(refused_by_budget(&over), "what was refused does not count: {over}");
    }
    assert_ne!(add(&shop, "other admin").await["isError"], true, "others have their own");
    assert_eq!(shop.units_added(), 3);
}

#[tokio::test]
async fn a_policy_that_gets_a_budget_knows_what_was_done_before() {
    let shop = shop().await;
    shop.served.dispatcher.policy.replace(Policy::without_rules().expect("the policy"));
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true);
    }
    shop.served.dispatcher.policy.replace(two());
    let over = add(&shop, "admin").await;
    assert!(refused_by_budget(&over), "{over}");
}

#[tokio::test]
async fn what_the_store_cannot_count_is_not_done() {
    let shop = shop().await;
    shop.execute_sql("create trigger refuse before insert on budget_change begin select raise(abort, 'not now'); end")
        .await;
    let refused = add(&shop, "admin").await;
    let text = refused["content"][0]["text"].as_str().expect("a sentence");
    assert!(text.contains("nothing was done") && text.contains("change budgets cannot be kept"), "{text}");
    assert_eq!((shop.units_added(), shop.last_close().await.0), (0, Outcome::Failed));
    shop.execute_sql("drop trigger refuse").await;
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true, "what was refused was given back");
    }
    assert!(refused_by_budget(&add(&shop, "admin").await));
}

#[tokio::test]
async fn a_server_that_cannot_tell_what_was_spent_does_not_begin() {
    let shop = shop().await;
    let store = shop.served.dispatcher.ledger.store();
    dispatch::recall(store).await.expect("nothing was spent");
    let never = BudgetChangeRow {
        entry: "a".to_owned(),
        caller: "token:admin:1".to_owned(),
        target: "eu:admin/shop".to_owned(),
        created_at: i64::MAX,
        units: 1.0,
        machines: 0.0,
    };
    store.add_budget_change(&never, 0).await.expect("kept");
    assert!(matches!(dispatch::recall(store).await, Err(store::Error::Unreadable { .. })));
    shop.execute_sql("drop table budget_change").await;
    assert!(matches!(dispatch::recall(store).await, Err(store::Error::Failed(_))));
}

#[tokio::test]
async fn changes_are_kept_for_as_long_as_the_longest_budget() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("state.db")).await.expect("a store");
    let row = |entry: &str, created_at| BudgetChangeRow {
        entry: entry.to_owned(),
        caller: "ana".to_owned(),
        target: "eu:shop".to_owned(),
        created_at,
        units: 2.0,
        machines: 1.0,
    };
    for (act, made) in [("b", 20), ("a", 10), ("c", 30)] {
        store.add_budget_change(&row(act, made), 0).await.expect("kept");
    }
    store.add_budget_change(&row("d", 40), 15).await.expect("kept");
    let kept = store.budget_changes_since(0).await.expect("readable");
    assert_eq!(kept, [row("b", 20), row("c", 30), row("d", 40)], "oldest first, and what is too old is gone");
    store.add_budget_change(&row("d", 50), 0).await.expect_err("an act counts once");
}
