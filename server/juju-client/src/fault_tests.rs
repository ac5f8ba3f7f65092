//! Tests of faults with a scripted controller: lost replies, malformed frames, timeouts, dead addresses, moved models.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    Connection, Controller, ControllerEndpoint, Controllers, Credential, Error, Settings,
    scripted::{ScriptedClient, ScriptedController, login_result},
};

// methods of a known facade; their parameters do not matter here
juju_wire::methods! { ModelManager {
    Get(read): Value => Value,
    Change(write): Value => Value,
} }

/// Longer than any step of these tests, also on a busy machine.
const TEST_TIMEOUT: Duration = Duration::from_mins(3);

fn long_timeouts() -> Settings {
    Settings {
        call_timeout: TEST_TIMEOUT,
        connect_timeout: TEST_TIMEOUT,
        reconnect_window: Duration::from_secs(2),
        initial_backoff: Duration::from_millis(10),
        ..Settings::default()
    }
}

async fn connect(
    scripted: &mut ScriptedController,
    settings: Settings,
) -> (Arc<Controller>, Arc<Connection>, ScriptedClient) {
    let controller = scripted.controllers(settings).controller(None).expect("the only one");
    let (connection, client) = tokio::join!(controller.connection(), scripted.logged_in());
    (controller, connection.expect("logged in"), client)
}

#[tokio::test]
async fn read_with_lost_reply_is_sent_once_more() {
    let mut scripted = ScriptedController::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, long_timeouts()).await;
    let script = async {
        client.request().await.expect("the first try");
        drop(client);
        let mut client = scripted.logged_in().await;
        let request = client.request().await.expect("the second try");
        client.answer(request.id, json!({"seen": 2})).await;
        client
    };
    let (answer, _client) = tokio::join!(connection.call::<Get>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!({"seen": 2}));
}

#[tokio::test]
async fn write_with_lost_reply_is_never_repeated() {
    let mut scripted = ScriptedController::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, long_timeouts()).await;
    let script = async {
        client.request().await.expect("the only try");
        drop(client);
    };
    let (answer, ()) = tokio::join!(connection.call::<Change>(json!({})), script);
    let error = answer.expect_err("unknown outcome");
    assert!(matches!(&error, Error::UnknownOutcome { method, .. } if method == "ModelManager.Change"), "{error:?}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!scripted.has_new_client(), "the write was repeated");
}

#[tokio::test]
async fn unsent_write_is_sent_on_next_connection() {
    let mut scripted = ScriptedController::start().await;
    let (_controller, connection, client) = connect(&mut scripted, long_timeouts()).await;
    let session = connection.session().await.expect("open");
    drop(client);
    while !session.is_closed() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let script = async {
        let mut client = scripted.logged_in().await;
        let request = client.request().await.expect("the write");
        client.answer(request.id, json!({"done": true})).await;
        client
    };
    let (answer, _client) = tokio::join!(connection.call::<Change>(json!({})), script);
    assert_eq!(answer.expect("done"), json!({"done": true}));
}

#[tokio::test]
async fn slow_replies_time_out_reads_and_leave_writes_unknown() {
    let mut scripted = ScriptedController::start().await;
    // the script replies to the last of the three calls within this time
    let settings = Settings { call_timeout: Duration::from_secs(4), ..long_timeouts() };
    let (_controller, connection, mut client) = connect(&mut scripted, settings).await;
    let (read, write) = tokio::join!(connection.call::<Get>(json!({})), connection.call::<Change>(json!({})));
    assert!(matches!(read, Err(Error::TimedOut { .. })), "{read:?}");
    assert!(matches!(write, Err(Error::UnknownOutcome { .. })), "{write:?}");
    // late and duplicate replies have no effect
    for _ in 0..2 {
        let request = client.request().await.expect("a request");
        client.answer(request.id, json!("late")).await;
        client.answer(request.id, json!("later")).await;
    }
    let script = async {
        let request = client.request().await.expect("a request");
        client.answer(request.id, json!("in time")).await;
    };
    let (answer, ()) = tokio::join!(connection.call::<Get>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!("in time"));
    assert!(!scripted.has_new_client(), "the connection stayed open");
}

#[tokio::test]
async fn cancelled_read_does_not_cancel_read_of_another_caller() {
    let mut scripted = ScriptedController::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, long_timeouts()).await;
    let cancelled = tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.call::<Get>(json!({})).await }
    });
    let first = client.request().await.expect("the first");
    cancelled.abort();
    // after the cancellation the next read sends a request of its own
    assert!(cancelled.await.is_err());
    let script = async {
        let second = client.request().await.expect("the second");
        client.answer(first.id, json!("first")).await;
        client.answer(second.id, json!("second")).await;
    };
    let (answer, ()) = tokio::join!(connection.call::<Get>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!("second"));
}

#[tokio::test]
async fn malformed_frame_closes_connection_with_clear_error() {
    let mut scripted = ScriptedController::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, long_timeouts()).await;
    let script = async {
        client.request().await.expect("the write");
        client.send("<html>not Juju</html>".to_owned()).await;
        assert!(client.request().await.is_none(), "the client closes");
    };
    let (answer, ()) = tokio::join!(connection.call::<Change>(json!({})), script);
    let error = answer.expect_err("malformed");
    assert_eq!(error.code(), "outcome_unknown");
    assert!(error.to_string().contains("not a frame of the Juju API"), "{error}");
}

#[tokio::test]
async fn silent_controller_is_detected_by_ping() {
    let mut scripted = ScriptedController::start().await;
    let settings = Settings {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_secs(4),
        reconnect_window: Duration::ZERO,
        ..long_timeouts()
    };
    let (_controller, connection, mut client) = connect(&mut scripted, settings).await;
    let ping = client.request().await.expect("a ping");
    assert_eq!((ping.facade.as_str(), ping.method.as_str()), ("Pinger", "Ping"));
    client.answer(ping.id, json!({})).await;
    let error = connection.call::<Change>(json!({})).await.expect_err("silence");
    assert!(error.to_string().contains("did not answer a ping"), "{error}");
}

#[tokio::test]
async fn dead_address_does_not_delay_live_one() {
    let mut scripted = ScriptedController::start().await;
    let mut endpoint = scripted.endpoint();
    endpoint.addresses.insert(0, "127.0.0.1:1".to_owned());
    let controllers = crate::Controllers::new(vec![endpoint], None, long_timeouts());
    let controller = controllers.controller(None).expect("the only one");
    let (connection, _client) = tokio::join!(controller.connection(), scripted.logged_in());
    connection.expect("connected to the live address");
}

#[tokio::test]
async fn hundred_callers_share_one_connection_until_last_handle_drops() {
    let mut scripted = ScriptedController::start().await;
    let controllers = scripted.controllers(long_timeouts());
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let controller = controllers.controller(None).expect("the only one");
            tokio::spawn(async move { controller.connection().await.map(|_| ()) })
        })
        .collect();
    let mut client = scripted.logged_in().await;
    for caller in callers {
        caller.await.expect("no panic").expect("logged in");
    }
    assert!(!scripted.has_new_client(), "one connection for all");
    drop(controllers);
    let closed = tokio::time::timeout(TEST_TIMEOUT, client.request()).await;
    assert!(closed.expect("closed").is_none());
}

#[tokio::test]
async fn rejected_log_ins_and_other_versions_have_distinct_codes() {
    for (version, refusal, code) in [
        ("2.9.51", None, "controller_version"),
        ("4.0.1", None, "controller_version"),
        ("3.6.11", Some("unauthorized access"), "login_refused"),
        ("3.6.11", Some("upgrade in progress"), "upgrade_in_progress"),
    ] {
        let mut scripted = ScriptedController::start().await;
        let controller = scripted.controllers(long_timeouts()).controller(None).expect("the only one");
        let script = async {
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            match refusal {
                Some(refusal) => client.refuse(login.id, refusal, Value::Null).await,
                None => client.answer(login.id, login_result(version)).await,
            }
            client
        };
        let (answer, _client) = tokio::join!(controller.connection(), script);
        let error = answer.expect_err(version);
        assert_eq!(error.code(), code, "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn redirection_of_moved_model_is_followed_once() {
    let (mut here, mut there) = (ScriptedController::start().await, ScriptedController::start().await);
    let controller = here.controllers(long_timeouts()).controller(None).expect("the only one");
    let port =
        |scripted: &ScriptedController| scripted.address.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let info = |scripted: &ScriptedController| json!({"servers": [[{"value": "127.0.0.1", "port": port(scripted)}]], "ca-cert": scripted.authority});
    let (to_there, back_here) = (info(&there), info(&here));
    let script = async {
        let mut client = here.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "redirection required", to_there.clone()).await;
        there.logged_in().await
    };
    let (answer, client) = tokio::join!(controller.connection(), script);
    answer.expect("logged in there");
    drop((client, controller));

    // the error names another controller than the one that answers there
    let controller = here.controllers(long_timeouts()).controller(None).expect("the only one");
    let mut to_other = to_there.clone();
    to_other["controller-tag"] = json!("controller-00000000-0000-4000-8000-000000000000");
    let script = async {
        let mut client = here.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "redirection required", to_other).await;
        there.logged_in().await
    };
    let (answer, client) = tokio::join!(controller.connection(), script);
    assert_eq!(answer.expect_err("another controller").code(), "wrong_controller");
    drop((client, controller));

    let controller = here.controllers(long_timeouts()).controller(None).expect("the only one");
    let script = async {
        let mut client = here.client().await;
        let login = client.request().await.expect("a log-in");
        // without the address in the error, the client requests it
        client.refuse(login.id, "redirection required", Value::Null).await;
        let request = client.request().await.expect("a request for the address");
        assert_eq!(request.method, "RedirectInfo");
        client.answer(request.id, to_there.clone()).await;
        let mut client = there.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "redirection required", back_here).await;
    };
    let (answer, ()) = tokio::join!(controller.connection(), script);
    assert_eq!(answer.expect_err("no further").code(), "redirected");
}

#[tokio::test]
async fn session_token_of_browser_log_in_is_used_until_it_expires() {
    let mut scripted = ScriptedController::start().await;
    let user = "ana@example.com".to_owned();
    let credential = Credential::SessionToken { user, token: "the-token".into() };
    let endpoint = ControllerEndpoint { credential, ..scripted.endpoint() };
    let controller = Controllers::new(vec![endpoint], None, long_timeouts()).controller(None).expect("the only one");
    let script = async {
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        assert_eq!((login.version, login.method.as_str()), (4, "LoginWithSessionToken"));
        assert_eq!(login.params.map(|params| params.to_string()).as_deref(), Some(r#"{"session-token":"the-token"}"#));
        client.answer(login.id, login_result("3.6.11")).await;
        drop(client);
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "session token invalid", Value::Null).await;
    };
    let calls = async {
        controller.connection().await.expect("logged in");
        loop {
            if let Err(error) = controller.connection().await {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (error, ()) = tokio::join!(calls, script);
    assert!(error.to_string().contains("ana@example.com") && !format!("{error} {error:?}").contains("the-token"));
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("juju login -c scripted")), "{error:?}");
}

#[tokio::test]
async fn macaroon_account_gets_remedy_and_no_request_is_sent() {
    let mut scripted = ScriptedController::start().await;
    let credential = Credential::Missing { user: Some("bob".to_owned()) };
    let endpoint = ControllerEndpoint { credential, ..scripted.endpoint() };
    let controller = Controllers::new(vec![endpoint], None, long_timeouts()).controller(None).expect("the only one");
    let script = async { scripted.client().await.request().await };
    let (refused, request) = tokio::join!(controller.connection(), script);
    let error = refused.expect_err("no credential");
    assert_eq!(error.code(), "no_credential");
    assert!(error.to_string().contains("bob") && error.to_string().contains("macaroon"), "{error}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("accounts.yaml")));
    assert!(request.is_none(), "{request:?}");
}
