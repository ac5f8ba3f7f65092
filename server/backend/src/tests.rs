//! The HTTP client against a server that fails in every way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
};

use crate::{BackendError, BackendKind, EndpointSettings, HttpEndpoint, HttpLogin, Instances};

/// Serves these responses in turn, the last one again and again; returns its URL, the number of connections and the last request.
async fn serve(responses: Vec<&'static str>) -> (String, Arc<AtomicUsize>, Arc<parking_lot::Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (count, last) = (Arc::new(AtomicUsize::new(0)), Arc::<parking_lot::Mutex<String>>::default());
    let (counted, seen) = (Arc::clone(&count), Arc::clone(&last));
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let index = counted.fetch_add(1, Ordering::SeqCst).min(responses.len() - 1);
            let response = responses[index];
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                let length = peer.read(&mut buffer).await.unwrap_or(0);
                *seen.lock() = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if response == "hang" {
                    std::future::pending::<()>().await;
                }
                let _ = peer.write_all(response.as_bytes()).await;
                let _ = peer.shutdown().await;
            });
        }
    });
    (url, count, last)
}

fn endpoint(url: &str, timeout: Duration, login: HttpLogin) -> HttpEndpoint {
    let (name, url, headers) = ("eu".to_owned(), url.to_owned(), vec![("X-Scope-OrgID".to_owned(), "a".to_owned())]);
    HttpEndpoint::new(EndpointSettings { kind: BackendKind::Loki, name, url, timeout, login, headers }, || {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = tls.map_err(|error| error.to_string())?;
        let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        reqwest::Client::builder().no_proxy().use_preconfigured_tls(tls).build().map_err(|error| error.to_string())
    })
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"value\":7}";
const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy";
const WRONG: &str = "HTTP/1.1 400 Bad\r\ncontent-length: 37\r\nconnection: close\r\n\r\n{\"status\":\"error\",\"error\":\"1:3: bad\"}\n";
const NONSENSE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";

#[tokio::test]
async fn read_is_repeated_until_the_backend_answers() {
    let (url, count, last) = serve(vec![BUSY, BUSY, FINE]).await;
    let endpoint = endpoint(&url, Duration::from_secs(5), HttpLogin::Bearer("top-secret".to_owned()));
    let answer: Value = endpoint.get_json("/a", &[("query", "up{a=\"b c\"}".to_owned())]).await.expect("an answer");
    assert_eq!((answer, count.load(Ordering::SeqCst)), (json!({"value": 7}), 3));
    let request = last.lock().to_lowercase();
    assert!(request.starts_with("get /a?query=up%7ba%3d%22b+c%22%7d http/1.1"), "{request}");
    assert!(request.contains("authorization: bearer top-secret") && request.contains("x-scope-orgid: a"), "{request}");
    assert_eq!(endpoint.condition().up, Some(true));
    assert!(!format!("{endpoint:?}").contains("top-secret"));
}

#[tokio::test]
async fn change_is_sent_once() {
    let (url, count, _) = serve(vec![BUSY, FINE]).await;
    let endpoint = endpoint(&url, Duration::from_secs(5), HttpLogin::None);
    let error = endpoint.send_once(reqwest::Method::POST, "/a", Some(&json!({}))).await.expect_err("busy");
    assert!(matches!(error, BackendError::Refused { status: 503, .. }), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn failures_differ_and_the_backend_recovers() {
    let (url, _, _) = serve(vec![WRONG, NONSENSE, "hang", FINE]).await;
    let endpoint = endpoint(&url, Duration::from_millis(300), HttpLogin::None);
    let ask = async || endpoint.get_json::<Value>("/a", &[]).await;
    let error = ask().await.expect_err("refused");
    assert_eq!(error.to_string(), "Loki `eu` refuses the request (status 400): 1:3: bad");
    assert_eq!(endpoint.condition().up, Some(true), "a backend that refuses answers");
    assert_eq!(ask().await.expect_err("nonsense").code(), "backend_unexpected");
    assert_eq!(endpoint.condition().up, Some(false));
    assert_eq!(ask().await.expect_err("no answer").code(), "backend_timed_out");
    assert_eq!(ask().await.expect("an answer"), json!({"value": 7}));
    assert_eq!((endpoint.condition().up, endpoint.condition().problem), (Some(true), None));
}

#[tokio::test]
async fn backend_that_is_not_there_is_down_with_a_reason() {
    // a port that is taken, so that no other test gets it, and on which nothing listens
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let url = format!("http://{}", socket.local_addr().expect("an address"));
    let endpoint = endpoint(&url, Duration::from_secs(5), HttpLogin::None);
    let error = endpoint.get_json::<Value>("/a", &[]).await.expect_err("nothing listens");
    assert_eq!(error.code(), "backend_unreachable");
    let condition = endpoint.condition();
    assert!(condition.up == Some(false) && condition.since.is_some(), "{condition:?}");
    assert!(condition.problem.is_some_and(|problem| problem.contains("refused")), "the reason");
}

#[test]
fn instances_are_found_by_name_and_the_first_is_the_default() {
    let none = Instances::<u8>::none(BackendKind::Kubernetes);
    assert_eq!(none.get(None).expect_err("none").to_string(), "no Kubernetes is configured");
    assert_eq!(none.get(Some("eu")).expect_err("none").code(), "backend_not_configured");
    let two = none.with("eu", 1).with("us", 2);
    assert_eq!((two.get(None).map(|one| **one), two.get(Some("us")).map(|one| **one)), (Ok(1), Ok(2)));
    assert_eq!(two.get(Some("asia")).expect_err("unknown").remedy(), "name one of: eu, us");
}
