//! Lost answers, malformed frames, slowness, dead addresses, moved models: against a scripted controller.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    Connection, Controller, ControllerEndpoint, Controllers, Credential, Error, Settings,
    scripted::{Scripted, welcome},
};

// names of a facade that the client knows; what they carry does not matter here
juju_wire::methods! { ModelManager {
    Look(read): Value => Value,
    Change(write): Value => Value,
} }

/// Longer than anything takes here, on a machine that is busy with everything else as well.
const PATIENCE: Duration = Duration::from_mins(3);

fn patient() -> Settings {
    Settings {
        call_timeout: PATIENCE,
        connect_timeout: PATIENCE,
        reconnect_window: Duration::from_secs(2),
        backoff_first: Duration::from_millis(10),
        ..Settings::default()
    }
}

async fn connect(
    scripted: &mut Scripted,
    settings: Settings,
) -> (Arc<Controller>, Arc<Connection>, crate::scripted::Client) {
    let controller = scripted.controllers(settings).controller(None).expect("the only one");
    let (connection, client) = tokio::join!(controller.connection(), scripted.logged_in());
    (controller, connection.expect("logged in"), client)
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_made_once_more() {
    let mut scripted = Scripted::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, patient()).await;
    let script = async {
        client.request().await.expect("the first try");
        drop(client);
        let mut client = scripted.logged_in().await;
        let request = client.request().await.expect("the second try");
        client.answer(request.id, json!({"seen": 2})).await;
        client
    };
    let (answer, _client) = tokio::join!(connection.call::<Look>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!({"seen": 2}));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_never_repeated() {
    let mut scripted = Scripted::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, patient()).await;
    let script = async {
        client.request().await.expect("the only try");
        drop(client);
    };
    let (answer, ()) = tokio::join!(connection.call::<Change>(json!({})), script);
    let error = answer.expect_err("nobody knows");
    assert!(matches!(&error, Error::UnknownOutcome { method, .. } if method == "ModelManager.Change"), "{error:?}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!scripted.was_dialled(), "a write was about to be repeated");
}

#[tokio::test]
async fn a_write_that_cannot_have_been_seen_is_made_on_the_next_connection() {
    let mut scripted = Scripted::start().await;
    let (_controller, connection, client) = connect(&mut scripted, patient()).await;
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
async fn slow_answers_end_reads_in_time_and_leave_writes_in_doubt() {
    let mut scripted = Scripted::start().await;
    // the last of the three calls has to be answered within this time
    let settings = Settings { call_timeout: Duration::from_secs(4), ..patient() };
    let (_controller, connection, mut client) = connect(&mut scripted, settings).await;
    let (read, write) = tokio::join!(connection.call::<Look>(json!({})), connection.call::<Change>(json!({})));
    assert!(matches!(read, Err(Error::TimedOut { .. })), "{read:?}");
    assert!(matches!(write, Err(Error::UnknownOutcome { .. })), "{write:?}");
    // both answers come late, one of them twice, and disturb nobody
    for _ in 0..2 {
        let request = client.request().await.expect("a request");
        client.answer(request.id, json!("late")).await;
        client.answer(request.id, json!("later")).await;
    }
    let script = async {
        let request = client.request().await.expect("a request");
        client.answer(request.id, json!("in time")).await;
    };
    let (answer, ()) = tokio::join!(connection.call::<Look>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!("in time"));
    assert!(!scripted.was_dialled(), "the connection was kept");
}

#[tokio::test]
async fn who_gives_up_takes_nothing_from_the_others() {
    let mut scripted = Scripted::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, patient()).await;
    let given_up = tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.call::<Look>(json!({})).await }
    });
    let first = client.request().await.expect("the first");
    given_up.abort();
    // only when it has gone does the next one ask for itself
    assert!(given_up.await.is_err());
    let script = async {
        let second = client.request().await.expect("the second");
        client.answer(first.id, json!("first")).await;
        client.answer(second.id, json!("second")).await;
    };
    let (answer, ()) = tokio::join!(connection.call::<Look>(json!({})), script);
    assert_eq!(answer.expect("answered"), json!("second"));
}

#[tokio::test]
async fn a_malformed_frame_ends_the_connection_with_a_clear_error() {
    let mut scripted = Scripted::start().await;
    let (_controller, connection, mut client) = connect(&mut scripted, patient()).await;
    let script = async {
        client.request().await.expect("the write");
        client.send("<html>not Juju</html>".to_owned()).await;
        assert!(client.request().await.is_none(), "the client closes");
    };
    let (answer, ()) = tokio::join!(connection.call::<Change>(json!({})), script);
    let error = answer.expect_err("malformed");
    assert_eq!(error.code(), "unknown outcome");
    assert!(error.to_string().contains("not a frame of the Juju API"), "{error}");
}

#[tokio::test]
async fn a_silent_controller_is_found_out_by_a_ping() {
    let mut scripted = Scripted::start().await;
    let settings = Settings {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_secs(4),
        reconnect_window: Duration::ZERO,
        ..patient()
    };
    let (_controller, connection, mut client) = connect(&mut scripted, settings).await;
    let ping = client.request().await.expect("a ping");
    assert_eq!((ping.facade.as_str(), ping.method.as_str()), ("Pinger", "Ping"));
    client.answer(ping.id, json!({})).await;
    let error = connection.call::<Change>(json!({})).await.expect_err("silence");
    assert!(error.to_string().contains("did not answer a ping"), "{error}");
}

#[tokio::test]
async fn a_dead_address_does_not_hold_up_a_live_one() {
    let mut scripted = Scripted::start().await;
    let mut endpoint = scripted.endpoint();
    endpoint.addresses.insert(0, "127.0.0.1:1".to_owned());
    let controllers = crate::Controllers::new(vec![endpoint], None, patient());
    let controller = controllers.controller(None).expect("the only one");
    let (connection, _client) = tokio::join!(controller.connection(), scripted.logged_in());
    connection.expect("by the live address");
}

#[tokio::test]
async fn a_hundred_callers_dial_once_and_the_last_handle_closes() {
    let mut scripted = Scripted::start().await;
    let controllers = scripted.controllers(patient());
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
    assert!(!scripted.was_dialled(), "one connection for all");
    drop(controllers);
    let closed = tokio::time::timeout(PATIENCE, client.request()).await;
    assert!(closed.expect("closed").is_none());
}

#[tokio::test]
async fn refused_log_ins_and_other_versions_are_told_apart() {
    for (version, refusal, code) in [
        ("2.9.51", None, "controller version"),
        ("4.0.1", None, "controller version"),
        ("3.6.11", Some("unauthorized access"), "login refused"),
        ("3.6.11", Some("upgrade in progress"), "upgrade in progress"),
    ] {
        let mut scripted = Scripted::start().await;
        let controller = scripted.controllers(patient()).controller(None).expect("the only one");
        let script = async {
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            match refusal {
                Some(refusal) => client.refuse(login.id, refusal, Value::Null).await,
                None => client.answer(login.id, welcome(version)).await,
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
async fn a_moved_model_is_followed_once() {
    let (mut here, mut there) = (Scripted::start().await, Scripted::start().await);
    let controller = here.controllers(patient()).controller(None).expect("the only one");
    let port = |scripted: &Scripted| scripted.address.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let info = |scripted: &Scripted| json!({"servers": [[{"value": "127.0.0.1", "port": port(scripted)}]], "ca-cert": scripted.authority});
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

    let controller = here.controllers(patient()).controller(None).expect("the only one");
    let script = async {
        let mut client = here.client().await;
        let login = client.request().await.expect("a log-in");
        // without the place in the error, the client asks for it
        client.refuse(login.id, "redirection required", Value::Null).await;
        let asked = client.request().await.expect("where to");
        assert_eq!(asked.method, "RedirectInfo");
        client.answer(asked.id, to_there.clone()).await;
        let mut client = there.client().await;
        let login = client.request().await.expect("a log-in");
        client.refuse(login.id, "redirection required", back_here).await;
    };
    let (answer, ()) = tokio::join!(controller.connection(), script);
    assert_eq!(answer.expect_err("no further").code(), "redirected");
}

#[tokio::test]
async fn who_logged_in_with_a_browser_goes_on_by_session_token_until_it_ends() {
    let mut scripted = Scripted::start().await;
    let user = "ana@example.com".to_owned();
    let credential = Credential::SessionToken { user, token: "the-token".into() };
    let endpoint = ControllerEndpoint { credential, ..scripted.endpoint() };
    let controller = Controllers::new(vec![endpoint], None, patient()).controller(None).expect("the only one");
    let script = async {
        let mut client = scripted.client().await;
        let login = client.request().await.expect("a log-in");
        assert_eq!((login.version, login.method.as_str()), (4, "LoginWithSessionToken"));
        assert_eq!(login.params.map(|params| params.to_string()).as_deref(), Some(r#"{"session-token":"the-token"}"#));
        client.answer(login.id, welcome("3.6.11")).await;
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
async fn who_is_logged_in_by_macaroon_is_told_what_to_do_before_anything_is_said() {
    let mut scripted = Scripted::start().await;
    let credential = Credential::Missing { user: Some("bob".to_owned()) };
    let endpoint = ControllerEndpoint { credential, ..scripted.endpoint() };
    let controller = Controllers::new(vec![endpoint], None, patient()).controller(None).expect("the only one");
    let script = async { scripted.client().await.request().await };
    let (refused, said) = tokio::join!(controller.connection(), script);
    let error = refused.expect_err("no credential");
    assert_eq!(error.code(), "no credential");
    assert!(error.to_string().contains("bob") && error.to_string().contains("macaroon"), "{error}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("accounts.yaml")));
    assert!(said.is_none(), "{said:?}");
}
