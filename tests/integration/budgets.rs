//! Change budgets: performed acts count, also after a restart; an act that cannot be counted is not performed, and one that had no
//! effect does not count.

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
        cost: 0,
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
        cost: 3500,
    };
    for (act, made) in [("b", 20), ("a", 10), ("c", 30)] {
        store.add_budget_change(&row(act, made), 0).await.expect("stored");
    }
    store.add_budget_change(&row("d", 40), 15).await.expect("stored");
    let rows = store.budget_changes_since(0).await.expect("readable");
    assert_eq!(rows, [row("b", 20), row("c", 30), row("d", 40)], "oldest first, and what is too old is gone");
    store.add_budget_change(&row("d", 50), 0).await.expect_err("an act counts once");
}

/// At most 100 USD a month more in a day, by the default prices: 35 for a unit without a stated size.
const HUNDRED_USD: &str = "rules:
  - name: hundred
    severity: high
    check: budget \"100 cost per 1d per model\"
    message: A day adds at most 100 USD a month
    enforcement: deny
";

async fn shop_with_cost_limit() -> ApprovalFixture {
    let shop = shop().await;
    set_cost_limit(&shop);
    shop
}

fn set_cost_limit(shop: &ApprovalFixture) {
    let policy = Policy::read(&[("hundred.yaml", HUNDRED_USD)], BuiltinRules::None).expect("a policy");
    shop.served.dispatcher.policy.replace(policy);
}

fn text(answer: &Value) -> String {
    answer["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn cost_of_acts_of_one_unit_each_is_summed_over_callers_and_restarts() {
    let shop = shop_with_cost_limit().await;
    for token in ["admin", "other admin"] {
        assert_ne!(add(&shop, token).await["isError"], true);
    }
    let over = text(&add(&shop, "admin").await);
    assert!(over.contains("105 USD a month of 100 for this model, this one included"), "{over}");
    let shop = shop.restart().await;
    set_cost_limit(&shop);
    let over = text(&add(&shop, "other admin").await);
    assert!(over.contains("105 USD a month of 100 for this model"), "{over}");
    // an act that costs nothing is not limited by what others cost
    let config = json!({"model": "shop", "application": "web", "values": {"title": "Shop"}});
    let set = shop.call("admin", "juju_config", &config, &json!({})).await;
    assert!(!text(&set).contains("USD"), "{set}");
    assert_eq!(shop.units_added(), 2);
}

#[tokio::test]
async fn added_unit_costs_what_the_size_of_its_application_costs() {
    let shop = shop_with_cost_limit().await;
    let size = |constraints: &str| json!({"model": "shop", "application": "web", "constraints": constraints});
    for (constraints, part) in [
        ("mem=64G cores=16", "592 USD a month of 100 for this model"),
        // a price that is unknown never passes, and never denies
        ("instance-type=m5.metal", "requires approval under `hundred`"),
    ] {
        let set = shop.call("admin", "juju_set_constraints", &size(constraints), &json!({})).await;
        assert_ne!(set["isError"], true, "{set}");
        let over = text(&add(&shop, "admin").await);
        assert!(over.contains(part), "{constraints}: {over}");
    }
    assert_eq!(shop.units_added(), 0);
    let dry_run = json!({"model": "shop", "application": "web", "dry_run": true});
    let shown = text(&shop.call("admin", TOOL, &dry_run, &json!({})).await);
    assert!(shown.contains("it requires approval under `hundred`"), "{shown}");
}

#[tokio::test]
async fn act_that_the_controller_refuses_does_not_count() {
    let shop = shop_with_cost_limit().await;
    let missing = json!({"model": "shop", "application": "nosuch", "num_units": 2});
    for _ in 0..3 {
        let refused = shop.call("admin", TOOL, &missing, &json!({})).await;
        assert_eq!(refused["isError"], true, "{refused}");
        assert!(!text(&refused).contains("USD"), "{refused}");
    }
    let store = shop.served.dispatcher.ledger.store();
    assert_eq!(store.budget_changes_since(0).await.expect("readable"), []);
    for _ in 0..2 {
        assert_ne!(add(&shop, "admin").await["isError"], true);
    }
    assert_eq!(store.budget_changes_since(0).await.expect("readable").len(), 2);
}

#[tokio::test]
async fn acts_at_the_same_time_do_not_exceed_a_cost_limit_together() {
    let shop = shop_with_cost_limit().await;
    let args = arguments();
    let calls = (0..12).map(|number| {
        let token = if number % 2 == 0 { "admin" } else { "other admin" };
        let (shop, args) = (&shop, &args);
        async move { shop.call(token, TOOL, args, &json!({})).await["isError"] != true }
    });
    let done = futures::future::join_all(calls).await.into_iter().filter(|done| *done).count();
    assert!((1..=2).contains(&done), "two of 35 fit in 100, found {done}");
    assert_eq!(shop.units_added(), done as u64);
}
