//! Notifications: one message per finding and one when it ends, whatever the receiver does, and over restarts.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chrono::{TimeDelta, Utc};
use notifier::{Notifier, NotifierSettings, Receiver, ReceiverKind};
use observer::{
    Evidence, Finding, FindingChangeKind, FindingEntity, FindingLog, FindingSeverity, FindingState, FindingTrend,
    RecommendedCall,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::Store;
use tests::{side_by_side::simulator, wait_until};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

/// What a receiver does with a request.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Accept,
    Answer(u16),
    Hang,
    AcceptAfter(Duration),
}

/// A receiver of webhooks that stores what it has accepted.
#[derive(Clone)]
struct Endpoint {
    behaviour: Arc<Mutex<Behaviour>>,
    accepted: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    requests: Arc<Mutex<usize>>,
    url: String,
}

impl Endpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let endpoint = Self {
            behaviour: Arc::new(Mutex::new(Behaviour::Accept)),
            accepted: Arc::default(),
            requests: Arc::default(),
            url,
        };
        let take = async |State(own): State<Self>, headers: HeaderMap, body: Bytes| {
            *own.requests.lock() += 1;
            let behaviour = *own.behaviour.lock();
            match behaviour {
                Behaviour::Accept => {}
                Behaviour::Answer(status) => return StatusCode::from_u16(status).expect("a status"),
                Behaviour::Hang => std::future::pending().await,
                Behaviour::AcceptAfter(delay) => tokio::time::sleep(delay).await,
            }
            own.accepted.lock().push((headers, serde_json::from_slice(&body).expect("JSON")));
            StatusCode::OK
        };
        let router = Router::new().fallback(post(take)).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        endpoint
    }

    fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock() = behaviour;
    }

    fn texts(&self) -> Vec<String> {
        let accepted = self.accepted.lock();
        accepted.iter().map(|(_, body)| body["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn wait_for(&self, count: usize) -> Vec<String> {
        wait_until("the messages arrive", async || {
            let texts = self.texts();
            if texts.len() >= count { Ok(()) } else { Err(texts.join("\n")) }
        })
        .await;
        // one too many would follow at once
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.texts()
    }

    async fn wait_for_requests(&self, count: usize) {
        wait_until("the requests arrive", async || match *self.requests.lock() {
            requests if requests >= count => Ok(()),
            requests => Err(requests.to_string()),
        })
        .await;
    }
}

pub(crate) fn client(timeout: Duration) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().timeout(timeout).no_proxy().use_preconfigured_tls(tls);
    client.build().expect("a client")
}

fn chat(name: &str, url: &str) -> Receiver {
    Receiver {
        name: name.to_owned(),
        kind: ReceiverKind::Chat,
        url: url.to_owned(),
        token: Some("the-token".to_owned()),
        signing_key: Some("the-key".to_owned()),
        client: client(Duration::from_millis(500)),
        min_severity: FindingSeverity::Warning,
        models: Vec::new(),
    }
}

fn finding(id: &str) -> Finding {
    let entity = FindingEntity {
        controller: "eu".into(),
        model: "admin/shop".into(),
        kind: "unit".into(),
        name: "web/0".into(),
    };
    let evidence =
        Evidence { what: "failed runs".to_owned(), value: "3".to_owned(), expected: "0".to_owned(), since: None };
    let recommended = RecommendedCall {
        tool: "juju_resolved".to_owned(),
        arguments: json!({"model": "shop", "units": ["web/0"]}).as_object().cloned().unwrap_or_default(),
        why: "The hook runs again.".to_owned(),
    };
    Finding {
        id: id.to_owned(),
        fingerprint: id.to_owned(),
        detector: "hook_retries".to_owned(),
        severity: FindingSeverity::Warning,
        title: format!("A hook of {id} fails."),
        entity,
        affected: Vec::new(),
        evidence: vec![evidence],
        consequence_of: None,
        cause: None,
        trend: FindingTrend::default(),
        first_seen: Utc::now() - TimeDelta::minutes(5),
        last_seen: Utc::now(),
        recommended: Some(recommended),
        state: FindingState::Open,
        change: 0,
    }
}

/// The findings, their store, and a notifier of them.
struct Fixture {
    folder: tempfile::TempDir,
    findings: Arc<FindingLog>,
    stored: Vec<Arc<Finding>>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, findings: Arc::default(), stored: Vec::new() }
    }

    async fn notifier(&self, receivers: Vec<Receiver>) -> (Notifier, Store) {
        let store = Store::open(&self.folder.path().join("state.db")).await.expect("a store");
        let (first_delay, max_delay) = (Duration::from_millis(10), Duration::from_millis(100));
        let settings = NotifierSettings { first_delay, max_delay, ..NotifierSettings::default() };
        let notifier = Notifier::start(store.clone(), &self.findings, receivers, settings).await;
        (notifier.expect("a notifier"), store)
    }

    /// The findings after a restart of the observer.
    fn restart(&mut self) {
        self.findings = Arc::new(FindingLog::from_stored(self.stored.clone()));
    }

    fn open(&mut self, id: &str) {
        self.stored.push(self.findings.append(FindingChangeKind::Opened, finding(id), Utc::now()));
    }

    fn close(&mut self, id: &str) {
        for stored in &mut self.stored {
            if stored.id == id {
                let closed = Finding { state: FindingState::Closed, ..Finding::clone(stored) };
                *stored = self.findings.append(FindingChangeKind::Closed, closed, Utc::now());
            }
        }
    }
}

async fn stop((notifier, store): (Notifier, Store)) {
    notifier.stop().await;
    store.close().await;
}

#[tokio::test]
async fn finding_is_announced_once_and_resolved_once_with_signature_and_call() {
    let (mut fixture, endpoint) = (Fixture::new(), Endpoint::start().await);
    let running = fixture.notifier(vec![chat("team", &endpoint.url)]).await;
    fixture.open("first");
    let updated = Finding::clone(&fixture.stored[0]);
    fixture.findings.append(FindingChangeKind::Updated, updated, Utc::now());
    let texts = endpoint.wait_for(1).await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("*WARNING* A hook of first fails."), "{texts:?}");
    assert!(texts[0].contains(r#"juju_resolved {"model":"shop","units":["web/0"]}"#), "{texts:?}");
    fixture.close("first");
    let texts = endpoint.wait_for(2).await;
    assert!(texts.len() == 2 && texts[1].contains("*RESOLVED* after"), "{texts:?}");
    let accepted = endpoint.accepted.lock().clone();
    let (headers, _) = &accepted[0];
    assert_eq!(headers["authorization"], "Bearer the-token");
    assert!(headers["x-juju-mcp-signature"].to_str().is_ok_and(|text| text.starts_with("sha256=")), "{headers:?}");
    assert_eq!(headers["idempotency-key"], "team/first/announce");
    let counts = running.0.counts().await;
    assert_eq!((counts["team"].sent, counts["team"].queued), (2, 0));
    stop(running).await;
}

#[tokio::test]
async fn receiver_that_fails_in_any_way_gets_each_message_once_afterwards() {
    let (mut fixture, endpoint, other) = (Fixture::new(), Endpoint::start().await, Endpoint::start().await);
    let running = fixture.notifier(vec![chat("team", &endpoint.url), chat("other", &other.url)]).await;
    let mut expected = 0;
    for (at, behaviour) in [
        Behaviour::Answer(500),
        Behaviour::Answer(503),
        Behaviour::Answer(429),
        Behaviour::Answer(401),
        Behaviour::Answer(301),
        Behaviour::Hang,
    ]
    .into_iter()
    .enumerate()
    {
        endpoint.behave(behaviour);
        let requests = *endpoint.requests.lock();
        fixture.open(&format!("f{at}"));
        fixture.close(&format!("f{at}"));
        other.wait_for((at + 1) * 2).await;
        endpoint.wait_for_requests(requests + 2).await;
        assert_eq!(endpoint.texts().len(), expected, "{behaviour:?}");
        endpoint.behave(Behaviour::Accept);
        expected += 2;
        assert_eq!(endpoint.wait_for(expected).await.len(), expected, "{behaviour:?}");
    }
    // slow, but within the timeout
    endpoint.behave(Behaviour::AcceptAfter(Duration::from_millis(200)));
    fixture.open("slow");
    assert_eq!(endpoint.wait_for(expected + 1).await.len(), expected + 1);
    // a message that the receiver never accepts does not hold back the next one
    endpoint.behave(Behaviour::Answer(400));
    fixture.open("bad");
    wait_until("the message is rejected", async || match running.0.counts().await["team"].rejected {
        1 => Ok(()),
        rejected => Err(rejected.to_string()),
    })
    .await;
    endpoint.behave(Behaviour::Accept);
    fixture.open("good");
    let texts = endpoint.wait_for(expected + 2).await;
    assert!(texts.last().is_some_and(|text| text.contains("A hook of good")), "{texts:?}");
    stop(running).await;
}

#[tokio::test]
async fn receiver_without_trusted_certificate_gets_nothing_until_corrected() {
    let (mut fixture, endpoint, controller) = (Fixture::new(), Endpoint::start().await, simulator("shop").await);
    let untrusted = chat("team", &format!("https://{}", controller.address()));
    let running = fixture.notifier(vec![untrusted]).await;
    fixture.open("first");
    wait_until("the request fails", async || match running.0.counts().await["team"].failed {
        0 => Err("no failure".to_owned()),
        _ => Ok(()),
    })
    .await;
    running.0.set_receivers(vec![chat("team", &endpoint.url)]).await;
    assert_eq!(endpoint.wait_for(1).await.len(), 1);
    stop(running).await;
}

#[tokio::test]
async fn restart_in_the_middle_loses_and_repeats_nothing() {
    let (mut fixture, endpoint) = (Fixture::new(), Endpoint::start().await);
    let mut expected = Vec::new();
    for round in 0..5 {
        let running = fixture.notifier(vec![chat("team", &endpoint.url)]).await;
        endpoint.behave(if round % 2 == 0 { Behaviour::Accept } else { Behaviour::Answer(503) });
        for at in 0..10 {
            let id = format!("f{round}-{at}");
            fixture.open(&id);
            expected.push(format!("A hook of {id} fails."));
            if at % 2 == 0 {
                fixture.close(&id);
                expected.push(format!("A hook of {id} fails."));
            }
        }
        // stops while some are sent and others wait
        tokio::time::sleep(Duration::from_millis(20)).await;
        stop(running).await;
        fixture.restart();
    }
    endpoint.behave(Behaviour::Accept);
    let running = fixture.notifier(vec![chat("team", &endpoint.url)]).await;
    let texts = endpoint.wait_for(expected.len()).await;
    let mut found: Vec<_> = texts
        .iter()
        .map(|text| {
            text.lines().next().and_then(|line| line.find("A hook").map(|at| line[at..].to_owned())).unwrap_or_default()
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    stop(running).await;
}

/// Starts Alertmanager with a configuration; returns its process, its URL, and its folder.
pub(crate) async fn start_alertmanager(program: &str, config: &str) -> (Child, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("am.yml"), config).expect("written");
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    // the program has the path of its templates below /usr/share, and the package is unpacked elsewhere
    let share = Path::new(program).ancestors().nth(2).expect("usr").join("share");
    let namespace_script = r#"mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@""#;
    let process = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", namespace_script])
        .args([share.as_os_str(), program.as_ref()])
        .args(["--config.file=am.yml", "--storage.path=data", "--cluster.listen-address="])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Alertmanager starts");
    (process, format!("http://127.0.0.1:{port}"), folder)
}

/// The program of Debian's package; `None` where this machine cannot provide it.
pub(crate) async fn alertmanager_program() -> Option<String> {
    let get = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/get");
    let output = Command::new(get).arg("alertmanager").output().await.ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| path.trim().to_owned())
}

#[tokio::test]
async fn real_alertmanager_accepts_groups_and_resolves_findings() {
    let Some(program) = alertmanager_program().await else {
        println!("skipped: Alertmanager cannot be provided");
        return;
    };
    let (mut fixture, endpoint) = (Fixture::new(), Endpoint::start().await);
    let config = format!(
        "route: {{receiver: all, group_by: [juju_model], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}\n\
         receivers: [{{name: all, webhook_configs: [{{url: '{}'}}]}}]\n",
        endpoint.url
    );
    let (mut alertmanager, url, _folder) = start_alertmanager(&program, &config).await;
    let receiver = Receiver {
        kind: ReceiverKind::Alertmanager { refresh: Duration::from_mins(5) },
        client: client(Duration::from_secs(5)),
        ..chat("alertmanager", &url)
    };
    let running = fixture.notifier(vec![receiver]).await;
    fixture.open("first");
    fixture.open("second");
    let groups = wait_until_notified(&endpoint, "firing", 2).await;
    assert_eq!(groups["groupLabels"], json!({"juju_model": "shop"}), "{groups}");
    let alert = &groups["alerts"][0];
    assert_eq!(
        (&alert["labels"]["alertname"], &alert["labels"]["juju_unit"]),
        (&json!("juju_hook_retries"), &json!("web/0"))
    );
    assert_eq!(alert["annotations"]["proposed_call"], r#"juju_resolved {"model":"shop","units":["web/0"]}"#);
    fixture.close("first");
    let groups = wait_until_notified(&endpoint, "resolved", 1).await;
    let resolved = groups["alerts"].as_array().into_iter().flatten().find(|alert| alert["status"] == "resolved");
    assert_eq!(resolved.expect("a resolved alert")["labels"]["finding"], "first");
    stop(running).await;
    alertmanager.kill().await.expect("ended");
}

/// Waits until Alertmanager has notified its own receiver of so many alerts with a status at once.
async fn wait_until_notified(endpoint: &Endpoint, status: &str, count: usize) -> Value {
    let last = || {
        let accepted = endpoint.accepted.lock();
        let with_status = |body: &Value| {
            body["alerts"].as_array().into_iter().flatten().filter(|alert| alert["status"] == status).count()
        };
        accepted.iter().map(|(_, body)| body.clone()).rfind(|body| with_status(body) == count)
    };
    wait_until("Alertmanager notifies", async || {
        last().map(drop).ok_or_else(|| format!("{:?}", endpoint.accepted.lock()))
    })
    .await;
    last().expect("a notification")
}
