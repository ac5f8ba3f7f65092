//! Change budgets: performed acts count, also after a restart; an act that cannot be counted is not performed.

use audit::Outcome;
use dispatch::ApprovalSettings;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use store::{BudgetChangeRow, Store};
use tests::approval_fixture::{ApprovalFixture, TOOL, arguments};

/// At most two acts per hour and caller.
const TWO_ACTS: &str = "rules:
  - name: two
    severity: high
    check: budget \"2 acts per 1h per caller\"
    message: Two changes an hour are enough
    enforcement: deny
";

fn two_acts_policy() -> Policy {
    Policy::read(&[("two.yaml", TWO_ACTS)], BuiltinRules::None).expect("a policy")
}

async fn shop() -> ApprovalFixture {
    let shop = ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await;
    shop.served.dispatcher.policy.replace(two_acts_policy());
    shop
}

async fn add(shop: &ApprovalFixture, token: &str) -> Value {
    shop.call(token, TOOL, &arguments(), &json!({})).await
}

fn is_refused_by_budget(answer: &Value) -> bool {
    answer["content"][0]["text"].as_str().is_some_and(|text| text.contains("3 acts of 2 for this caller"))
}

#[tokio::test]
async fn budget_usage_survives_a_restart() {
    let shop = shop().await;
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true);
    }
    let over = add(&shop, "admin").await;
    assert!(is_refused_by_budget(&over), "{over}");
    let mut shop = shop;
    for _ in 0..2 {
        shop = shop.restart().await;
        shop.served.dispatcher.policy.replace(two_acts_policy());
        let over = add(&shop, "admin").await;
        assert!(is_refused_by_budget(&over), "refused acts do not count: {over}");
    }
    assert_ne!(add(&shop, "other admin").await["isError"], true, "every caller has an own budget");
    assert_eq!(shop.units_added(), 3);
}

#[tokio::test]
async fn budget_added_later_counts_earlier_acts() {
    let shop = shop().await;
    shop.served.dispatcher.policy.replace(Policy::without_rules().expect("the policy"));
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true);
    }
    shop.served.dispatcher.policy.replace(two_acts_policy());
    let over = add(&shop, "admin").await;
    assert!(is_refused_by_budget(&over), "{over}");
}

#[tokio::test]
async fn act_that_the_store_cannot_count_is_not_performed() {
    let shop = shop().await;
    shop.execute_sql("create trigger refuse before insert on budget_change begin select raise(abort, 'not now'); end")
        .await;
    let refused = add(&shop, "admin").await;
    let text = refused["content"][0]["text"].as_str().expect("a sentence");
    assert!(text.contains("nothing was done") && text.contains("change budgets cannot be"), "{text}");
    assert_eq!((shop.units_added(), shop.last_close().await.0), (0, Outcome::Failed));
    shop.execute_sql("drop trigger refuse").await;
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true, "the refused act was released");
    }
    assert!(is_refused_by_budget(&add(&shop, "admin").await));
}

#[tokio::test]
async fn server_without_readable_budget_usage_does_not_start() {
    let shop = shop().await;
    let store = shop.served.dispatcher.ledger.store();
    dispatch::restore_budget(store).await.expect("nothing was spent");
    let never = BudgetChangeRow {
        entry: "a".to_owned(),
        caller: "token:admin:1".to_owned(),
        target: "eu:admin/shop".to_owned(),
        created_at: i64::MAX,
        units: 1,
        machines: 0,
    };
    store.add_budget_change(&never, 0).await.expect("stored");
    assert!(matches!(dispatch::restore_budget(store).await, Err(store::Error::Unreadable { .. })));
    shop.execute_sql("drop table budget_change").await;
    assert!(matches!(dispatch::restore_budget(store).await, Err(store::Error::Failed(_))));
}

#[tokio::test]
async fn changes_are_retained_for_the_longest_budget_period() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("state.db")).await.expect("a store");
    let row = |entry: &str, created_at| BudgetChangeRow {
        entry: entry.to_owned(),
        caller: "ana".to_owned(),
        target: "eu:shop".to_owned(),
        created_at,
        units: 2,
        machines: 1,
    };
    for (act, made) in [("b", 20), ("a", 10), ("c", 30)] {
        store.add_budget_change(&row(act, made), 0).await.expect("stored");
    }
    store.add_budget_change(&row("d", 40), 15).await.expect("stored");
    let rows = store.budget_changes_since(0).await.expect("readable");
    assert_eq!(rows, [row("b", 20), row("c", 30), row("d", 40)], "oldest first, and what is too old is gone");
    store.add_budget_change(&row("d", 50), 0).await.expect_err("an act counts once");
}
