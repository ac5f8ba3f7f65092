//! Tests of a controller that is away, silent, or reached with an outdated certificate or password.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    ControllerEndpoint, Controllers, ControllersReader, Credential, Error, KnownControllers, Settings,
    scripted::ScriptedController,
};

juju_wire::methods! { ModelManager {
    Get(read): Value => Value,
} }

/// Longer than any step of these tests, also on a busy machine.
const TEST_TIMEOUT: Duration = Duration::from_mins(3);

fn quick_retries() -> Settings {
    Settings {
        initial_backoff: Duration::from_millis(20),
        max_backoff: Duration::from_millis(200),
        ..Settings::default()
    }
}

/// An endpoint of which nothing listens at the address, and a listener for it once the controller is to start.
async fn closed_port() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("bound")
}

fn reader(endpoint: ControllerEndpoint, reads: &Arc<AtomicUsize>) -> ControllersReader {
    let reads = Arc::clone(reads);
    ControllersReader::new(move || {
        reads.fetch_add(1, Ordering::Relaxed);
        let known = KnownControllers { endpoints: vec![endpoint.clone()], ..KnownControllers::default() };
        async move { Ok(known) }.boxed()
    })
}

#[tokio::test]
async fn calls_fail_at_once_while_controller_is_away_and_pass_when_it_is_back() {
    let address = closed_port().await;
    let mut endpoint = ScriptedController::start().await.endpoint();
    endpoint.addresses = vec![address.to_string()];
    // the delay is long enough to see a call between two attempts
    let settings = Settings { initial_backoff: TEST_TIMEOUT, max_backoff: TEST_TIMEOUT, ..Settings::default() };
    let controllers = Controllers::new(vec![endpoint.clone()], None, settings);
    let controller = controllers.controller(None).expect("the only one");
    assert_eq!(controller.status().up, None);
    let error = controller.connection().await.expect_err("nothing listens");
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    let started = Instant::now();
    let error = controller.model("admin/prod").await.expect_err("away");
    assert!(started.elapsed() < Duration::from_secs(5), "no attempt of its own");
    let Error::Away { next_attempt: Some(_), .. } = &error else { panic!("{error:?}") };
    assert_eq!(error.code(), "unreachable");
    let text = error.to_string();
    assert!(text.contains("away since 20") && text.contains("refused") && text.contains("next attempt"), "{text}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("nothing was sent")), "{error:?}");
    let status = controller.status();
    assert!(status.up == Some(false) && status.since.is_some() && status.error.is_some(), "{status:?}");

    // with short delays, the background task finds that the controller is back without any call
    let listener = TcpListener::bind(address).await.expect("still free");
    let mut scripted = ScriptedController::start_at(listener);
    endpoint.addresses = vec![closed_port().await.to_string(), address.to_string()];
    endpoint.ca_certificate = Some(scripted.authority.clone());
    drop(controllers);
    let controllers = Controllers::new(vec![endpoint], None, quick_retries());
    let controller = controllers.controller(None).expect("the only one");
    let refuse = async {
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "upgrade in progress", Value::Null).await;
        scripted.logged_in().await
    };
    let (failed, _client) = tokio::join!(controller.connection(), refuse);
    failed.expect_err("an upgrade is in progress");
    while controller.status().up != Some(true) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    controller.connection().await.expect("back");
}

#[tokio::test]
async fn hundred_calls_to_a_controller_that_is_away_make_one_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut endpoint = ScriptedController::start().await.endpoint();
    endpoint.addresses = vec![listener.local_addr().expect("bound").to_string()];
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed); // closes at once
        }
    });
    let settings = Settings { initial_backoff: TEST_TIMEOUT, max_backoff: TEST_TIMEOUT, ..Settings::default() };
    let controllers = Controllers::new(vec![endpoint], None, settings);
    let controller = controllers.controller(None).expect("the only one");
    for _ in 0..100 {
        controller.connection().await.expect_err("away");
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn credentials_of_roles_share_the_knowledge_that_a_controller_is_away() {
    let mut endpoint = ScriptedController::start().await.endpoint();
    endpoint.addresses = vec![closed_port().await.to_string()];
    let settings = Settings { initial_backoff: TEST_TIMEOUT, max_backoff: TEST_TIMEOUT, ..Settings::default() };
    let viewer = Controllers::new(vec![endpoint.clone()], None, settings.clone());
    let by_role = BTreeMap::from([("viewer".to_owned(), viewer)]);
    let controllers = Controllers::new(vec![endpoint], None, settings).with_role_credentials(by_role);
    let own = controllers.controller(None).expect("one");
    own.connection().await.expect_err("nothing listens");
    let viewer = controllers.for_role("viewer").controller(None).expect("one");
    let error = viewer.connection().await.expect_err("away");
    assert!(matches!(error, Error::Away { .. }), "{error:?}");
}

#[tokio::test]
async fn rotated_authority_is_read_again_without_restart() {
    let mut scripted = ScriptedController::start().await;
    let renewed = scripted.endpoint();
    let outdated =
        ControllerEndpoint { ca_certificate: Some(ScriptedController::start().await.authority), ..renewed.clone() };
    let reads = Arc::default();
    // as long as the files are not renewed, the error stays
    let controllers = Controllers::new(vec![outdated.clone()], None, Settings::default());
    let controllers = controllers.with_reader(reader(outdated.clone(), &reads));
    let error = controllers.controller(None).expect("one").connection().await.expect_err("another authority");
    assert_eq!((error.code(), reads.load(Ordering::Relaxed)), ("wrong_certificate", 1), "{error}");
    let controllers = Controllers::new(vec![outdated], None, Settings::default());
    let controllers = controllers.with_reader(reader(renewed, &reads));
    let controller = controllers.controller(None).expect("one");
    let (connection, _client) = tokio::join!(controller.connection(), scripted.logged_in());
    connection.expect("trusted after the files were read again");
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn rotated_password_is_read_again_without_restart() {
    let mut scripted = ScriptedController::start().await;
    let outdated = scripted.endpoint();
    let credential = Credential::Password { user: "admin".into(), password: "renewed".into() };
    let renewed = ControllerEndpoint { credential, ..outdated.clone() };
    let controllers = Controllers::new(vec![outdated], None, Settings::default());
    let controllers = controllers.with_reader(reader(renewed, &Arc::default()));
    let controller = controllers.controller(None).expect("one");
    let script = async {
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "unauthorized access", Value::Null).await;
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        assert!(login.params.is_some_and(|params| params.to_string().contains("renewed")));
        client.answer(login.id, crate::scripted::login_result("3.6.11")).await;
        client
    };
    let (connection, _client) = tokio::join!(controller.connection(), script);
    connection.expect("logged in with the renewed password");
}

#[tokio::test]
async fn unreadable_source_is_the_error_of_every_controller() {
    let endpoint = ScriptedController::start().await.endpoint();
    let problem = Error::NoControllers { problem: "no files".into(), remedy: "log in".into() };
    let controllers = Controllers::unreadable(problem, Settings::default());
    assert_eq!(controllers.controller(None).expect_err("no files").code(), "no_controllers");
    let controllers = controllers.with_reader(reader(endpoint, &Arc::default()));
    assert_eq!(controllers.find_controller(None).await.expect("readable now").name(), "scripted");
    assert_eq!(controllers.names(), ["scripted"]);
    let error = controllers.find_controller(Some("west")).await.expect_err("unknown");
    assert_eq!(error.code(), "controller_unknown");
}

#[tokio::test]
async fn silent_controller_is_detected_while_a_call_waits() {
    let mut scripted = ScriptedController::start().await;
    let settings = Settings {
        call_timeout: TEST_TIMEOUT,
        busy_ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_millis(200),
        reconnect_window: Duration::ZERO,
        connect_timeout: Duration::from_secs(1),
        ..Settings::default()
    };
    let controller = scripted.controllers(settings).controller(None).expect("one");
    let (connection, client) = tokio::join!(controller.connection(), scripted.logged_in());
    let connection = connection.expect("logged in");
    let error = connection.call::<Get>(json!({})).await.expect_err("silence");
    // the read is sent once more on a new connection, to which the controller does not answer either
    assert!(matches!(error, Error::ConnectionLost { .. } | Error::TimedOut { .. }), "{error:?}");
    assert_eq!(controller.check(Duration::from_secs(1)).await.expect_err("away").code(), error.code());
    drop(client);
}

#[tokio::test]
async fn check_of_a_silent_controller_ends_at_its_limit() {
    let mut scripted = ScriptedController::start().await;
    let controller = scripted.controllers(Settings::default()).controller(None).expect("one");
    let (connection, _client) = tokio::join!(controller.connection(), scripted.logged_in());
    connection.expect("logged in");
    let error = controller.check(Duration::from_millis(100)).await.expect_err("silence");
    assert_eq!(error.to_string(), "Pinger.Ping was not answered within 0.1 s");
}

#[tokio::test]
async fn replaced_controllers_reuse_unchanged_ones_and_close_removed_ones() {
    let (mut one, mut two) = (ScriptedController::start().await, ScriptedController::start().await);
    let named =
        |scripted: &ScriptedController, name: &str| ControllerEndpoint { name: name.into(), ..scripted.endpoint() };
    let controllers = Controllers::new(vec![named(&one, "one"), named(&two, "two")], None, Settings::default());
    let open = |name: &str| controllers.controller(Some(name)).expect("known");
    let (first, mut client_one) = tokio::join!(async { open("one").connection().await }, one.logged_in());
    let (second, mut client_two) = tokio::join!(async { open("two").connection().await }, two.logged_in());
    let (first, second) = (first.expect("logged in"), second.expect("logged in"));
    // a call that is under way ends, and then the connection of the removed controller closes
    let (call, held) = (async { second.call::<Get>(json!({})).await }, async {
        let request = client_two.request().await.expect("a request");
        let new = vec![named(&one, "one"), named(&one, "three")];
        controllers.replace(&Controllers::new(new, Some("three".to_owned()), Settings::default()));
        client_two.answer(request.id, json!("in time")).await;
    });
    let (answer, ()) = tokio::join!(call, held);
    assert_eq!(answer.expect("answered"), json!("in time"));
    drop(second);
    assert!(client_two.request().await.is_none(), "closed");
    assert_eq!(
        (controllers.names(), controllers.default_name().as_deref()),
        (vec!["one".into(), "three".into()], Some("three"))
    );
    assert_eq!(controllers.controller(Some("two")).expect_err("removed").code(), "controller_unknown");
    let answer = async {
        let request = client_one.request().await.expect("on the open connection");
        client_one.answer(request.id, json!("same")).await;
    };
    let (again, ()) = tokio::join!(first.call::<Get>(json!({})), answer);
    assert_eq!(again.expect("answered"), json!("same"));
    assert!(!one.has_new_client(), "the unchanged controller has one connection");
}

#[tokio::test]
async fn replaced_credential_of_a_role_is_used_from_then_on() {
    let mut scripted = ScriptedController::start().await;
    let endpoint = |password: &str| {
        let credential = Credential::Password { user: "admin".into(), password: password.into() };
        ControllerEndpoint { credential, ..scripted.endpoint() }
    };
    let with = |role: &str, password: &str| {
        let of_role = Controllers::new(vec![endpoint(password)], None, Settings::default());
        let own = Controllers::new(vec![endpoint("own")], None, Settings::default());
        own.with_role_credentials(BTreeMap::from([(role.to_owned(), of_role)]))
    };
    let (first, second, third) = (with("viewer", "first"), with("viewer", "second"), with("admin", "third"));
    first.replace(&second);
    let viewer = first.for_role("viewer").controller(None).expect("one");
    let script = async {
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        assert!(login.params.is_some_and(|params| params.to_string().contains("second")));
        client.answer(login.id, crate::scripted::login_result("3.6.11")).await;
        client
    };
    let (connection, mut client) = tokio::join!(viewer.connection(), script);
    drop((connection.expect("logged in"), viewer));
    first.replace(&third);
    assert_eq!(first.roles(), ["admin"]);
    drop(second);
    assert!(client.request().await.is_none(), "the connection of a removed credential closes");
}
