//! The client against a store on loopback that answers each request with one text.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// A store that answers with these statuses and bodies, in order, and the requests that it got.
async fn store(answers: Vec<(u16, String)>) -> (Charmhub, tokio::task::JoinHandle<Vec<String>>) {
    // a second test in the same process has installed it already
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let own = Arc::new(url.clone());
    let served = tokio::spawn(async move {
        let mut requests = Vec::new();
        for (status, body) in answers {
            let (mut socket, _) = listener.accept().await.expect("a client");
            let mut request = vec![0; 64 * 1024];
            let read = socket.read(&mut request).await.expect("a request");
            requests.push(String::from_utf8_lossy(&request[..read]).into_owned());
            let body = body.replace("STORE", &own);
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            socket.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
        }
        requests
    });
    let client = Client::builder().no_proxy().build().expect("a client");
    (Charmhub::new(&format!("{url}/"), move || Ok(client.clone())), served)
}

#[tokio::test]
async fn find_sends_only_the_given_filters() {
    let body = r#"{"results": [{"type": "charm", "id": "x", "name": "web", "result": {"summary": "Serves", "publisher": {"display-name": "Acme"}},
        "default-release": {"revision": {"version": "7", "bases": [{"name": "ubuntu", "channel": "22.04", "architecture": "amd64"}]}}}]}"#;
    let (hub, served) = store(vec![(200, body.to_owned())]).await;
    let query = Query { text: "web & db".to_owned(), kind: "charm".to_owned(), ..Query::default() };
    let found = hub.find(&query).await.expect("an answer");
    assert_eq!((found[0].name.as_str(), found[0].entity.summary.as_str()), ("web", "Serves"));
    let requests = served.await.expect("the store");
    assert!(requests[0].starts_with("GET /v2/charms/find?q=web+%26+db&fields=result.publisher"), "{}", requests[0]);
    assert!(requests[0].contains("&type=charm ") && !requests[0].contains("publisher="), "{}", requests[0]);
}

#[tokio::test]
async fn errors_of_the_store_name_what_there_is() {
    let missing = r#"{"error-list": [{"code": "resource-not-found", "message": "No charm or bundle."}]}"#;
    let other = r#"{"error-list": [], "results": [{"charm": null, "error": {"code": "revision-not-found", "message": "No revision.",
        "extra": {"releases": [{"channel": "stable", "base": {"name": "ubuntu", "channel": "22.04", "architecture": "amd64"}}]}}}]}"#;
    let answers =
        vec![(404, missing.to_owned()), (200, other.to_owned()), (503, "busy".to_owned()), (200, "<html>".to_owned())];
    let (hub, served) = store(answers).await;
    assert!(matches!(hub.info("nonsense").await, Err(Error::NotFound(name)) if name == "nonsense"));
    let base = Base { architecture: "amd64".to_owned(), name: "ubuntu".to_owned(), channel: "24.04".to_owned() };
    let wanted = Wanted::Channel { channel: "latest/stable".to_owned(), base };
    let refused = hub.resolve("web", &wanted).await.expect_err("no such base");
    assert!(refused.remedy().contains("stable on ubuntu@22.04 (amd64)"), "{}", refused.remedy());
    assert!(matches!(hub.info("web").await, Err(Error::Busy { status: 503, .. })));
    assert!(matches!(hub.info("web").await, Err(Error::Unexpected(_))));
    let requests = served.await.expect("the store");
    assert!(requests[1].contains(r#""name":"web""#) && requests[1].contains(r#""context":[]"#), "{}", requests[1]);
    assert!(matches!(hub.info("web").await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn download_leaves_no_file_with_another_hash() {
    let (hub, served) = store(vec![(200, "content".to_owned()), (200, "content".to_owned())]).await;
    let file = std::env::temp_dir().join(format!("charmhub-{}.charm", std::process::id()));
    let hash = hex::encode(Sha256::digest("content"));
    let download = Download { hash_sha_256: "00".to_owned(), size: 7, url: format!("{}/x", hub.url()) };
    assert!(matches!(hub.download(&download, &file).await, Err(Error::Hash { found, .. }) if found == hash));
    assert!(!file.exists());
    let download = Download { hash_sha_256: hash, ..download };
    assert_eq!(hub.download(&download, &file).await.expect("written"), 7);
    assert!(matches!(hub.download(&download, &file).await, Err(Error::Write { .. })));
    std::fs::remove_file(file).expect("removed");
    served.await.expect("the store");
    let elsewhere = Download { url: "http://other.example/x".to_owned(), ..download };
    assert!(matches!(hub.download(&elsewhere, Path::new("/nonexistent/x")).await, Err(Error::Unexpected(_))));
}

#[test]
fn names_are_those_that_cannot_change_the_path() {
    assert_eq!(check_name("ch:web-2").expect("a name"), "web-2");
    for name in ["", "../web", "web/../x", "Web", "web?x", "-web", "web-", "web%2f", "a\nb"] {
        assert!(check_name(name).is_err(), "{name}");
    }
}

#[tokio::test]
async fn client_is_built_once_for_the_first_request() {
    let (hub, served) =
        store(vec![(200, r#"{"results": []}"#.to_owned()), (200, r#"{"results": []}"#.to_owned())]).await;
    let (url, builds) = (hub.url().to_owned(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let counter = builds.clone();
    let hub = Charmhub::new(&url, move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Client::builder().no_proxy().build().map_err(|cause| cause.to_string())
    });
    let count = || builds.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(count(), 0);
    for _ in 0..2 {
        hub.find(&Query::default()).await.expect("an answer");
        assert_eq!(count(), 1);
    }
    served.await.expect("served");

    let failing = Charmhub::new(&url, || Err("no certificates".to_owned()));
    let error = failing.find(&Query::default()).await.expect_err("no client");
    assert_eq!(error.to_string(), "cannot send requests to Charmhub: no certificates");
}
