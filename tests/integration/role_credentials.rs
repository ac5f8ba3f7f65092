//! A caller can do what both their role and the Juju user of that role allow: on a real API server.

use std::collections::BTreeMap;

use dispatch::{Call, Refusal, execute};
use identity::Caller;
use juju_client::Controllers;
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, long_timeouts};

/// The built-in roles with a fault: a viewer may do everything.
const FAULTY: &str = "roles: {viewer: {description: A fault, effects: [read, sensitive, write, destructive]}}";

async fn call(pair: &SideBySide, role: &str, tool: &str, arguments: Value) -> Result<Value, Refusal> {
    let Value::Object(arguments) = arguments else { panic!("an object") };
    Ok(execute(&pair.dispatcher, &Caller::local("ana", role), Call::new(tool, arguments)).await?.value)
}

fn controllers(real: &RealController, user: &str) -> Controllers {
    Controllers::new(vec![real.endpoint(user)], None, long_timeouts())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn effective_permission_is_role_and_juju_access() {
    let real = RealController::start().await;
    let mut pair = SideBySide::on_real_controller(&real).await;
    let viewer = BTreeMap::from([("viewer".to_owned(), controllers(&real, "reader"))]);
    pair.dispatcher.controllers = controllers(&real, "admin").with_role_credentials(viewer);
    let user = async |role: &str| call(&pair, role, "whoami", json!({})).await.expect("known")["user"].clone();
    assert_eq!((user("viewer").await, user("operator").await), (json!("reader"), json!("admin")));
    let expose = || json!({"model": "admin/prod", "application": "web"});
    call(&pair, "viewer", "status", json!({"model": "admin/prod"})).await.expect("a reader reads");
    let denied = call(&pair, "viewer", "expose", expose()).await.expect_err("the role does not allow it");
    assert!(matches!(denied, Refusal::Denied(_)), "{denied}");
    // a fault in the policy lets the act pass, and Juju still refuses what its user may not
    pair.dispatcher.policy.replace(Policy::read(&[("faulty.yaml", FAULTY)], BuiltinRules::None).expect("good"));
    let refused = call(&pair, "viewer", "expose", expose()).await.expect_err("the user may not");
    assert!(matches!(refused, Refusal::Failed(_)) && refused.code() == "unauthorized", "{refused}");
    call(&pair, "operator", "expose", expose()).await.expect("role and user allow it");
}
