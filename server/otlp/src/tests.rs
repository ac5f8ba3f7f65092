//! Spans from the macros to the request that a collector receives.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, MutexGuard},
};
use tracing::{Dispatch, Span, dispatcher::DefaultGuard, field::Empty, info_span};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

use crate::{Exporter, Settings, Spans};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector: a test receives each request and responds to it.
struct Collector(TcpListener);

impl Collector {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    /// The head and the body of the next request; responds with this status line.
    async fn respond(&self, status: &str, body: &str) -> (String, Value) {
        let (mut stream, _) = self.0.accept().await.expect("a connection");
        let (head, request) = read_request(&mut stream).await;
        let length = body.len();
        let response = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(response.as_bytes()).await.expect("sent");
        (head, request)
    }

    fn settings(&self, sample_ratio: f64) -> Settings {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let address = self.0.local_addr().expect("bound");
        Settings {
            url: format!("http://{address}/v1/traces"),
            client: reqwest::Client::builder().use_preconfigured_tls(tls).no_proxy().build().expect("a client"),
            headers: HeaderMap::from_iter([(http_name(), "Bearer of-the-test".parse().expect("a value"))]),
            sample_ratio,
            resource: vec![("service.name".to_owned(), "test".to_owned())],
        }
    }
}

fn http_name() -> reqwest::header::HeaderName {
    reqwest::header::AUTHORIZATION
}

async fn read_request(stream: &mut TcpStream) -> (String, Value) {
    let mut received = Vec::new();
    loop {
        let mut part = vec![0; 65536];
        let length = stream.read(&mut part).await.expect("readable");
        assert!(length > 0, "the request is cut");
        received.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&received).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if Some(body.len()) == length {
            return (head.to_owned(), serde_json::from_str(body).expect("JSON"));
        }
    }
}

/// Only one test at a time records spans: what callsites cache belongs to the whole process.
static RECORDING: Mutex<()> = Mutex::const_new(());

/// Records the spans of this thread.
async fn record(spans: &Spans) -> (DefaultGuard, MutexGuard<'static, ()>) {
    let only = RECORDING.lock().await;
    let subscriber = tracing_subscriber::registry().with(spans.layer().with_filter(spans.filter()));
    (tracing::dispatcher::set_default(&Dispatch::new(subscriber)), only)
}

fn start(spans: &Spans, collector: &Collector, sample_ratio: f64) -> Exporter {
    spans.start(collector.settings(sample_ratio)).expect("the first start")
}

/// The spans of a request by name.
fn by_name(request: &Value) -> BTreeMap<String, Value> {
    let spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans");
    spans.iter().map(|span| (span["name"].as_str().expect("a name").to_owned(), span.clone())).collect()
}

fn attribute<'span>(span: &'span Value, name: &str) -> Option<&'span Value> {
    let attributes = span["attributes"].as_array()?;
    attributes.iter().find(|attribute| attribute["key"] == name).map(|attribute| &attribute["value"])
}

/// A request with a call and a request to another program in it.
fn request_span(traceparent: &str) -> Span {
    info_span!(target: "otlp_span", "request", otel.kind = "server", otel.name = "POST /mcp", traceparent, status = Empty)
}

#[tokio::test]
async fn spans_of_a_request_reach_the_collector_with_their_parents() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let exporter = start(&spans, &collector, 1.0);
    let request = request_span(&format!("00-{TRACE}-{PARENT}-01"));
    request.in_scope(|| {
        let client =
            info_span!(target: "otlp_span", "client", otel.kind = "client", error.type = Empty, long = "ä".repeat(200));
        client.record("error.type", "unreachable");
        info_span!("of the log", word = "hidden").in_scope(|| info_span!(target: "otlp_span", "inner", flag = true));
    });
    request.record("status", 200);
    drop(request);
    let (head, body) = collector.respond("200 OK", "{}").await;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1") && head.contains("Bearer of-the-test"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let resource = &body["resourceSpans"][0]["resource"]["attributes"][0];
    assert_eq!(*resource, serde_json::json!({"key": "service.name", "value": {"stringValue": "test"}}));
    let found = by_name(&body);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["POST /mcp", "client", "inner"]);
    let (server, client, inner) = (&found["POST /mcp"], &found["client"], &found["inner"]);
    assert_eq!((server["traceId"].as_str(), server["parentSpanId"].as_str()), (Some(TRACE), Some(PARENT)));
    assert_eq!((&server["kind"], &client["kind"], &inner["kind"]), (&2.into(), &3.into(), &1.into()));
    for child in [client, inner] {
        assert_eq!((&child["traceId"], &child["parentSpanId"]), (&server["traceId"], &server["spanId"]));
    }
    assert_eq!(attribute(server, "status"), Some(&serde_json::json!({"intValue": "200"})));
    assert_eq!(attribute(inner, "flag"), Some(&serde_json::json!({"boolValue": true})));
    assert_eq!((&client["status"]["code"], &server["status"]), (&2.into(), &Value::Null));
    let long = attribute(client, "long").and_then(|value| value["stringValue"].as_str()).expect("text");
    assert_eq!(long.chars().count(), 128, "cut at a character");
    assert!(!body.to_string().contains("hidden") && attribute(server, "traceparent").is_none(), "{body}");
    exporter.stop(tokio::time::Instant::now() + Duration::from_mins(1)).await;
    assert_eq!(spans.dropped(), 0);
}

#[tokio::test]
async fn spans_are_off_before_the_start_and_without_a_request() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let probe = || info_span!(target: "otlp_span", "probe", otel.kind = "server");
    assert!(probe().is_disabled());
    let exporter = start(&spans, &collector, 1.0);
    assert!(spans.start(collector.settings(1.0)).is_none(), "one exporter is enough");
    assert!(!probe().is_disabled());
    // work of the program itself, such as a ping, begins no trace
    info_span!(target: "otlp_span", "ping", otel.kind = "client").in_scope(|| info_span!(target: "otlp_span", "inner"));
    let (stopped, (_, body)) = tokio::join!(
        exporter.stop(tokio::time::Instant::now() + Duration::from_mins(1)),
        collector.respond("200 OK", r#"{"partialSuccess": {"rejectedSpans": "1"}}"#)
    );
    let () = stopped;
    assert_eq!(by_name(&body).into_keys().collect::<Vec<_>>(), ["probe"]);
    assert_eq!(spans.dropped(), 1, "the collector has rejected it");
}

#[tokio::test]
async fn request_id_becomes_the_trace_id_and_another_trace_in_the_call_a_link() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let exporter = start(&spans, &collector, 1.0);
    let id = "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
    let request =
        info_span!(target: "otlp_span", "request", otel.kind = "server", otel.trace_id = id, traceparent = "malformed");
    let call = |name, traceparent: String| info_span!(target: "otlp_span", parent: &request, "call", otel.kind = "server", otel.name = name, traceparent);
    drop(call("other", format!("00-{TRACE}-{PARENT}-01")));
    drop(call("same", format!("00-{}-{PARENT}-01", id.replace('-', ""))));
    drop(request);
    let stop = exporter.stop(tokio::time::Instant::now() + Duration::from_mins(1));
    let ((), (_, body)) = tokio::join!(stop, collector.respond("200 OK", ""));
    let found = by_name(&body);
    assert_eq!(found["request"]["traceId"], id.replace('-', ""));
    assert_eq!(found["request"]["parentSpanId"], Value::Null);
    assert_eq!((&found["other"]["traceId"], &found["other"]["parentSpanId"]), (&TRACE.into(), &PARENT.into()));
    assert_eq!(found["other"]["links"][0]["spanId"], found["request"]["spanId"]);
    assert_eq!(found["same"]["parentSpanId"], found["request"]["spanId"]);
}

#[tokio::test]
async fn sample_ratio_decides_unless_the_client_has_decided() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let exporter = start(&spans, &collector, 0.0);
    for traceparent in ["", &format!("00-{TRACE}-{PARENT}-00"), &format!("00-{TRACE}-{PARENT}-01")] {
        request_span(traceparent).in_scope(|| info_span!(target: "otlp_span", "inner"));
    }
    let stop = exporter.stop(tokio::time::Instant::now() + Duration::from_mins(1));
    let ((), (_, body)) = tokio::join!(stop, collector.respond("200 OK", "{}"));
    assert_eq!(body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().map(Vec::len), Some(2), "{body}");
    assert_eq!((by_name(&body)["inner"]["traceId"].as_str(), spans.dropped()), (Some(TRACE), 0));
}

#[tokio::test]
async fn batch_is_sent_again_to_a_busy_collector_and_dropped_if_it_is_refused() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let exporter = start(&spans, &collector, 1.0);
    drop(request_span(""));
    let (_, first) = collector.respond("503 Service Unavailable", "").await;
    let (_, second) = collector.respond("200 OK", "{}").await;
    assert_eq!((first, spans.dropped()), (second, 0));
    drop(request_span(""));
    collector.respond("400 Bad Request", "").await;
    drop(request_span(""));
    let stop = exporter.stop(tokio::time::Instant::now() + Duration::from_mins(1));
    let ((), _) = tokio::join!(stop, collector.respond("200 OK", "{}"));
    assert_eq!(spans.dropped(), 1);
}

#[tokio::test]
async fn silent_collector_delays_no_span_and_the_stop_keeps_its_deadline() {
    let (collector, spans) = (Collector::start().await, Spans::default());
    let _recording = record(&spans).await;
    let exporter = start(&spans, &collector, 1.0);
    let started = Instant::now();
    // nothing accepts the connection, so the queue fills up
    for _ in 0..5000 {
        drop(request_span(""));
        tokio::task::yield_now().await;
    }
    assert!(started.elapsed() < Duration::from_mins(1) && spans.dropped() > 0, "{:?}", started.elapsed());
    let stopping = Instant::now();
    exporter.stop(tokio::time::Instant::now() + Duration::from_millis(200)).await;
    assert!(stopping.elapsed() < Duration::from_secs(30), "{:?}", stopping.elapsed());
}
