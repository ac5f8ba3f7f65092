//! The task that sends spans to a collector in batches, over HTTP with JSON (OTLP 1.x).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{encode, span::Span};

/// Most spans that wait for the exporter; further ones are dropped and counted.
pub(crate) const QUEUE_SPANS: usize = 2048;
/// Most spans in one request.
const BATCH_SPANS: usize = 512;
/// How long the first span of a batch waits for further ones.
const BATCH_INTERVAL: Duration = Duration::from_secs(2);
/// How often the exporter sends a batch before it drops it.
const MAX_ATTEMPTS: u32 = 3;
/// Delay after the first attempt, doubled after the second one, unless the collector names another one.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Longest delay that a collector may name.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);
/// Longest response of a collector that is read.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Where spans go.
#[derive(Debug)]
pub struct Settings {
    /// The URL that receives traces, `http://collector:4318/v1/traces`.
    pub url: String,
    /// The client, with its timeout and its trusted authorities.
    pub client: Client,
    /// Headers of each request, for collectors that authenticate.
    pub headers: HeaderMap,
    /// Share of the traces that are exported, from 0 to 1. A caller that sends its own trace context decides for its traces.
    pub sample_ratio: f64,
    /// Attributes of this process: `service.name` and others.
    pub resource: Vec<(String, String)>,
}

/// The running export.
#[derive(Debug)]
pub struct Exporter {
    stopping: CancellationToken,
    task: JoinHandle<()>,
    dropped: Arc<AtomicU64>,
}

impl Exporter {
    pub(crate) fn start(sink: Sink, spans: mpsc::Receiver<Span>) -> Self {
        let (stopping, dropped) = (CancellationToken::new(), Arc::clone(&sink.dropped));
        let task = tokio::spawn(sink.run(spans, stopping.clone()));
        Self { stopping, task, dropped }
    }

    /// Sends the spans that have ended, and ends. Spans that the collector has not accepted at the deadline are dropped.
    pub async fn stop(mut self, deadline: Instant) {
        self.stopping.cancel();
        if timeout_at(deadline, &mut self.task).await.is_err() {
            self.task.abort();
            self.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("the last spans were not sent to the collector in time");
        }
    }
}

/// A collector, and what is known of it.
#[derive(Debug)]
pub(crate) struct Sink {
    settings: Settings,
    dropped: Arc<AtomicU64>,
    /// Whether the last batch failed; the log has one line for each change.
    failing: bool,
}

/// Why a collector has not accepted a batch.
struct Failed {
    problem: String,
    /// When to try again; `None` if the batch would fail again.
    retry_after: Option<Duration>,
}

impl Sink {
    pub(crate) fn new(settings: Settings, dropped: Arc<AtomicU64>) -> Self {
        Self { settings, dropped, failing: false }
    }

    async fn run(mut self, mut spans: mpsc::Receiver<Span>, stopping: CancellationToken) {
        let mut batch = Vec::new();
        while collect(&mut spans, &mut batch, &stopping).await {
            self.deliver(&batch, &stopping).await;
            batch.clear();
        }
    }

    /// Sends a batch, again if the collector is away or busy, and drops it in the end. While the program stops there is one attempt.
    async fn deliver(&mut self, batch: &[Span], stopping: &CancellationToken) {
        let body = encode::request(&self.settings.resource, batch).to_string();
        for attempt in 1.. {
            let failed = match self.post(body.clone()).await {
                Ok(rejected) => {
                    self.dropped.fetch_add(rejected, Ordering::Relaxed);
                    if std::mem::take(&mut self.failing) {
                        tracing::info!("the collector accepts spans again");
                    }
                    return;
                }
                Err(failed) => failed,
            };
            if !std::mem::replace(&mut self.failing, true) {
                tracing::warn!(problem = failed.problem, "the collector does not accept spans");
            }
            let delay = failed.retry_after.filter(|_| attempt < MAX_ATTEMPTS && !stopping.is_cancelled());
            let Some(delay) = delay else { break };
            let delay = delay.max(RETRY_DELAY * attempt).min(MAX_RETRY_DELAY);
            stopping.run_until_cancelled(tokio::time::sleep(delay)).await;
        }
        self.dropped.fetch_add(u64::try_from(batch.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Sends one request; returns the number of spans that the collector rejected.
    async fn post(&self, body: String) -> Result<u64, Failed> {
        let request = self.settings.client.post(&self.settings.url).headers(self.settings.headers.clone());
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let response = sent.map_err(|error| {
            let error = error.without_url();
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            Failed { problem: cause.to_string(), retry_after: Some(Duration::ZERO) }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(encode::rejected_spans(&read(response).await));
        }
        let busy = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        let named = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let delay = named.map_or(Duration::ZERO, Duration::from_secs);
        let retry_after = busy.contains(&status).then_some(delay);
        Err(Failed { problem: format!("it answers HTTP {}", status.as_u16()), retry_after })
    }
}

/// Waits for spans until the batch is full, its time is over, or the program stops. `false` if no further spans come.
async fn collect(spans: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>, stopping: &CancellationToken) -> bool {
    if stopping.run_until_cancelled(spans.recv_many(batch, BATCH_SPANS)).await == Some(0) {
        return false;
    }
    let deadline = Instant::now() + BATCH_INTERVAL;
    while batch.len() < BATCH_SPANS && !stopping.is_cancelled() {
        let more = timeout_at(deadline, spans.recv_many(batch, BATCH_SPANS - batch.len()));
        if !matches!(stopping.run_until_cancelled(more).await, Some(Ok(1..))) {
            break;
        }
    }
    if stopping.is_cancelled() {
        while batch.len() < BATCH_SPANS
            && let Ok(span) = spans.try_recv()
        {
            batch.push(span);
        }
    }
    !batch.is_empty()
}

/// The body of a response up to [`MAX_RESPONSE_BYTES`]; what cannot be read is empty.
async fn read(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Vec::new();
        }
        body.extend_from_slice(&chunk);
    }
    body
}
