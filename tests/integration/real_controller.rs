//! The client of this project against a real Juju API server.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::StreamExt;
use juju_client::{Controllers, Credential, Error, Settings};
use juju_wire::{Code, debug_log::LogQuery};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{RealController, TEST_TIMEOUT, long_timeouts, wait_until};

/// A charm named `note` that does nothing.
const CHARM: &[u8] = include_bytes!("../fixtures/note.charm");

juju_wire::methods! { Client {
    FullStatus(read): Value => Value,
    WatchAll(read): () => WatcherId,
} }
juju_wire::methods! { AllWatcher {
    Next(read): () => Value,
    Stop(write): () => (),
} }
juju_wire::methods! { Application {
    Expose(write): Value => (),
    Destroy(write): Value => Value,
} }

/// The result of a `Watch..` method.
#[expect(unreachable_pub, reason = "a type of a `Method` must be as public as the trait")]
#[derive(Debug, Serialize, Deserialize)]
pub struct WatcherId {
    #[serde(rename = "watcher-id")]
    id: String,
}

fn everything() -> Value {
    json!({"patterns": null})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn client_logs_in_to_model_and_controller_and_calls_both() {
    let real = RealController::start().await;
    let controllers = real.controllers("admin");
    let controller = controllers.controller(None).expect("the only one is the default");

    let controller_connection = controller.connection().await.expect("log-in");
    let session = controller_connection.session().await.expect("open");
    assert_eq!((session.user(), session.controller_access()), ("admin", "superuser"));
    assert_eq!((session.controller_uuid(), session.model_uuid()), (real.ready.controller_uuid.as_str(), None));
    assert_eq!(session.server_version(), "3.6.11");
    assert_eq!(session.facade_version("ModelManager"), Some(10));
    assert_eq!(session.facade_version("Client"), None, "a controller has no model facades");

    let names: HashSet<_> =
        controller.models().await.expect("models").into_iter().map(|model| model.full_name()).collect();
    for model in &real.ready.models {
        assert!(names.contains(&format!("admin/{}", model.name)), "{} in {names:?}", model.name);
    }
    for name in ["prod", "admin/prod", &real.ready.model_uuid] {
        let model = controller.model(name).await.expect(name);
        assert_eq!(model.model_uuid(), Some(real.ready.model_uuid.as_str()));
        let status = model.call::<FullStatus>(everything()).await.expect("status");
        assert!(status["applications"]["web"]["units"]["web/0"].is_object(), "{status}");
    }
    let error = controller.model("prd").await.expect_err("no such model");
    let Error::ModelUnknown { similar, .. } = &error else { panic!("{error}") };
    assert!(similar.contains(&"admin/prod".to_owned()), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn reader_may_read_and_is_denied_writes() {
    let real = RealController::start().await;
    let controllers = real.controllers("reader");
    let controller = controllers.controller(Some("real")).expect("known");
    let prod = controller.model("admin/prod").await.expect("reader may read prod");
    let session = prod.session().await.expect("open");
    assert_eq!((session.user(), session.model_access()), ("reader", "read"));
    prod.call::<FullStatus>(everything()).await.expect("a read");
    let error = prod.call::<Expose>(json!({"application": "db"})).await.expect_err("a write");
    assert_eq!((error.code(), error.to_string().as_str()), ("unauthorized", "permission denied (unauthorized access)"));
    assert!(error.remedy().expect("a remedy").contains("grant"), "{error:?}");
    let error = controller.model("admin/staging").await.expect_err("no access");
    assert_eq!(error.code(), "model_not_found", "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn login_with_wrong_password_authority_or_uuid_has_distinct_error_codes() {
    let real = RealController::start().await;
    let mut endpoints = Vec::new();
    let mut endpoint = real.endpoint("admin");
    endpoint.name = "password".to_owned();
    endpoint.credential = Credential::Password { user: "admin".to_owned(), password: "not-the-password".into() };
    endpoints.push(endpoint);
    let mut endpoint = real.endpoint("admin");
    endpoint.name = "uuid".to_owned();
    endpoint.uuid = Some("00000000-0000-4000-8000-000000000000".to_owned());
    endpoints.push(endpoint);
    let mut endpoint = real.endpoint("admin");
    endpoint.name = "dead".to_owned();
    endpoint.addresses = vec!["127.0.0.1:1".to_owned()];
    endpoints.push(endpoint);
    let mut endpoint = real.endpoint("admin");
    endpoint.name = "authority".to_owned();
    endpoint.ca_certificate = Some(include_str!("../fixtures/another-authority.pem").to_owned());
    endpoints.push(endpoint);
    let controllers = Controllers::new(endpoints, None, long_timeouts());
    for (name, code) in [
        ("password", "login_refused"),
        ("uuid", "wrong_controller"),
        ("dead", "unreachable"),
        ("authority", "wrong_certificate"),
    ] {
        let controller = controllers.controller(Some(name)).expect("known");
        let error = controller.connection().await.expect_err(name);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.remedy().is_some());
        assert!(!format!("{error} {error:?}").contains("not-the-password"));
    }
    let error = controllers.controller(Some("unknown")).expect_err("unknown");
    assert_eq!(error.code(), "controller_unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn concurrent_calls_share_one_connection() {
    let real = RealController::start().await;
    let controllers = real.controllers("admin");
    let controller = controllers.controller(None).expect("default");
    let calls = (0..200).map(|_| {
        let controller = Arc::clone(&controller);
        tokio::spawn(async move {
            let prod = controller.model("prod").await.expect("open");
            prod.call::<FullStatus>(everything()).await.expect("status");
            prod.session().await.expect("open")
        })
    });
    let sessions: Vec<_> =
        futures::future::join_all(calls).await.into_iter().map(|ended| ended.expect("no panic")).collect();
    assert!(sessions.iter().all(|session| Arc::ptr_eq(session, &sessions[0])), "one connection for all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn watcher_receives_changes_until_stopped() {
    let mut real = RealController::start().await;
    let controllers = real.controllers("admin");
    let prod = controllers.controller(None).expect("default").model("prod").await.expect("open");
    let session = prod.session().await.expect("open");
    let watcher = session.call::<WatchAll>(()).await.expect("a watcher").id;
    let first = session.call_without_timeout::<Next>(&watcher, ()).await.expect("everything");
    assert!(first["deltas"].as_array().is_some_and(|deltas| deltas.len() > 20), "{first}");
    real.command("agents off").await;
    real.command("unit web/0 blocked out of paper").await;
    let change = async {
        loop {
            let change = session.call_without_timeout::<Next>(&watcher, ()).await.expect("change");
            if change.to_string().contains("out of paper") {
                return;
            }
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, change).await.expect("the change arrives");
    let waiting = async {
        loop {
            // other changes may arrive in between
            if let Err(error) = session.call_without_timeout::<Next>(&watcher, ()).await {
                return error;
            }
        }
    };
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        session.call_on::<Stop>(&watcher, ()).await.expect("stopped");
    };
    let (error, ()) = tokio::join!(waiting, stopping);
    let Error::Remote(remote) = &error else { panic!("{error:?}") };
    // not found: the server looked for the watcher only after it was stopped
    assert!(matches!(remote.code, Code::None | Code::Stopped | Code::NotFound), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn write_to_stopped_controller_is_unreachable_not_unknown() {
    let real = RealController::start().await;
    let settings = Settings { reconnect_window: Duration::from_millis(700), ..long_timeouts() };
    let controllers = Controllers::new(vec![real.endpoint("admin")], None, settings);
    let prod = controllers.controller(None).expect("default").model("prod").await.expect("open");
    prod.call::<FullStatus>(everything()).await.expect("status");
    drop(real);
    let error = wait_until("the controller has stopped", async || match prod.call::<FullStatus>(everything()).await {
        Err(error) => Ok(error),
        Ok(_) => Err("it still responds".to_owned()),
    })
    .await;
    assert_eq!(error.code(), "unreachable", "{error}");
    // the outcome of a write that was not sent is known
    let error = prod.call::<Destroy>(json!({})).await.expect_err("gone");
    assert_eq!(error.code(), "unreachable", "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn debug_log_replays_to_its_end_and_follows() {
    let mut real = RealController::start().await;
    let controllers = real.controllers("admin");
    let prod = controllers.controller(None).expect("default").model("prod").await.expect("open");
    real.command("log unit-web-0 WARNING juju.worker the disk is nearly full").await;
    let past = LogQuery { no_tail: true, replay: true, ..LogQuery::default() };
    let reading = async { prod.debug_log(&past).await.expect("open").collect::<Vec<_>>().await };
    let lines = tokio::time::timeout(TEST_TIMEOUT, reading).await.expect("the replay ends");
    let line = lines.into_iter().map(|line| line.expect("a line")).find(|line| line.message.contains("nearly full"));
    let line = line.expect("the logged line");
    assert_eq!((line.entity.as_str(), line.severity.as_str()), ("unit-web-0", "WARNING"));

    let new = LogQuery { include_entity: vec!["unit-web-1".to_owned()], ..LogQuery::default() };
    let mut following = prod.debug_log(&new).await.expect("open");
    real.command("log unit-web-1 ERROR juju.worker the disk is full").await;
    let line = tokio::time::timeout(TEST_TIMEOUT, following.next()).await.expect("soon");
    assert_eq!(line.expect("no end").expect("a line").message, "the disk is full");

    let controller = controllers.controller(None).expect("default").connection().await.expect("open");
    let error = controller.debug_log(&past).await.err().expect("the controller itself has no log");
    assert_eq!(error.code(), "not_supported");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn upload_accepts_charms_and_rejects_invalid_archives() {
    let real = RealController::start().await;
    let controllers = real.controllers("admin");
    let prod = controllers.controller(None).expect("default").model("prod").await.expect("open");
    let url = prod.upload_charm("local:note-0", CHARM.to_vec()).await.expect("uploaded");
    assert_eq!(url, "local:note-0");
    let error = prod.upload_charm("local:note-0", b"no archive".to_vec()).await.expect_err("refused");
    assert!(error.remote().is_some_and(|error| !error.message.is_empty()), "{error:?}");
    let error = prod.upload_resource("unknown", "data", "data.txt", None, b"x".to_vec()).await.expect_err("no such");
    assert!(error.remote().is_some(), "{error:?}");
    let reader = real.controllers("reader").controller(None).expect("default");
    let prod = reader.model("admin/prod").await.expect("open");
    let error = prod.upload_charm("local:note-0", CHARM.to_vec()).await.expect_err("refused");
    assert_eq!(error.code(), "unauthorized", "{error}");
}
