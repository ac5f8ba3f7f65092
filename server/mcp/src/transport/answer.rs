//! Runs a request in the task of its connection, and answers with one JSON message, or with an event stream if there is
//! something to send before the result.

use std::{
    convert::Infallible,
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::future::BoxFuture;
use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage, ServerResult};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::{outbox::Outbox, sessions::CallInSession};
use crate::CallMetrics;

/// A request that takes longer gets an event stream, which then keeps its connection open.
const STREAM_AFTER: Duration = Duration::from_secs(15);
/// Interval of comments in an event stream that sends nothing else, for proxies that close silent connections.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Time after which a client looks for the rest of a broken stream, in milliseconds.
const RETRY_MS: u32 = 3000;

/// The result of a request as a message.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) message: Vec<u8>,
}

impl Answer {
    /// The answer to a request of 2026-07-28 has a status that shows some errors; older clients get 200.
    pub(super) fn new(result: Result<ServerResult, ErrorData>, id: RequestId, modern: bool) -> Self {
        let status = match &result {
            Err(error) if modern => status(error.code),
            _ => StatusCode::OK,
        };
        let message = match result {
            Ok(result) => ServerJsonRpcMessage::response(result, id),
            Err(error) => ServerJsonRpcMessage::error(error, Some(id)),
        };
        // a message is data without maps of odd keys, so serialization cannot fail
        Self { status, message: serde_json::to_vec(&message).unwrap_or_default() }
    }

    /// The answer with a result that is serialized already.
    pub(super) fn from_serialized(result: &[u8], id: &RequestId) -> Self {
        let mut message = br#"{"jsonrpc":"2.0","id":"#.to_vec();
        message.reserve(result.len() + 64);
        message.extend(serde_json::to_vec(id).unwrap_or_default());
        message.extend_from_slice(br#","result":"#);
        message.extend_from_slice(result);
        message.push(b'}');
        Self { status: StatusCode::OK, message }
    }

    pub(super) fn into_response(self) -> Response {
        with_type(Body::from(self.message), self.status, "application/json")
    }
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

fn with_type(body: Body, status: StatusCode, content_type: &'static str) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An event stream of these events.
pub(super) fn event_stream(events: impl futures::Stream<Item = Bytes> + Send + 'static) -> Response {
    let events = futures::StreamExt::map(events, Ok::<_, Infallible>);
    let mut response = with_type(Body::from_stream(events), StatusCode::OK, "text/event-stream");
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The stream of notices of a session: it ends with its session, when a later one begins, and when the server stops.
pub(super) fn notice_stream(
    stream: CallInSession,
    stop: Option<CancellationToken>,
    metrics: Arc<dyn CallMetrics>,
) -> Response {
    let (opened, token) = (StreamGauge::new(metrics), stream.token.clone());
    let mut ended = Box::pin(async move {
        match stop {
            Some(stop) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = token.cancelled() => {}
                }
            }
            None => token.cancelled().await,
        }
    });
    let mut keep_alive = Box::pin(tokio::time::sleep(KEEP_ALIVE_INTERVAL));
    event_stream(futures::stream::poll_fn(move |context| {
        let _ = &opened;
        if ended.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        if let Some(event) = stream.session().notices.poll(context) {
            return Poll::Ready(Some(event));
        }
        std::task::ready!(keep_alive.as_mut().poll(context));
        keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE_INTERVAL);
        Poll::Ready(Some(Bytes::from_static(b": wait\n\n")))
    }))
}

/// The first event of a stream in a session. If the stream breaks, the client requests the end of its request with this id.
fn first_event(id: &RequestId) -> Option<Bytes> {
    let id = serde_json::to_string(id).ok()?;
    let visible = id.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    visible.then(|| format!("id: {id}\nretry: {RETRY_MS}\ndata:\n\n").into())
}

/// A request in progress.
pub(super) struct Running {
    pub(super) work: BoxFuture<'static, Answer>,
    pub(super) outbox: Arc<Outbox>,
    /// The id of a request in a session.
    pub(super) resumable: Option<RequestId>,
    pub(super) metrics: Arc<dyn CallMetrics>,
}

/// What comes first of a request.
enum First {
    Answer(Answer),
    Event(Option<Bytes>),
}

impl Running {
    /// Waits for the answer or for the first event, and responds.
    pub(super) async fn respond(mut self) -> Response {
        let mut timer: Option<Pin<Box<Sleep>>> = None;
        let first = std::future::poll_fn(|context| {
            if let Poll::Ready(answer) = self.work.as_mut().poll(context) {
                // what was sent before the answer goes first
                return Poll::Ready(match self.outbox.poll(context) {
                    None => First::Answer(answer),
                    event => {
                        self.work = Box::pin(std::future::ready(answer));
                        First::Event(event)
                    }
                });
            }
            if let Some(event) = self.outbox.poll(context) {
                return Poll::Ready(First::Event(Some(event)));
            }
            let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(STREAM_AFTER)));
            timer.as_mut().poll(context).map(|()| First::Event(None))
        });
        match first.await {
            First::Answer(answer) => answer.into_response(),
            First::Event(event) => self.stream(event),
        }
    }

    fn stream(self, event: Option<Bytes>) -> Response {
        let first = self.resumable.as_ref().and_then(first_event);
        let opened = StreamGauge::new(self.metrics);
        let mut rest = Rest {
            work: Some(self.work),
            outbox: self.outbox,
            keep_alive: Box::pin(tokio::time::sleep(KEEP_ALIVE_INTERVAL)),
        };
        let rest = futures::stream::poll_fn(move |context| {
            let _ = &opened;
            rest.poll(context)
        });
        event_stream(futures::StreamExt::chain(futures::stream::iter(first.into_iter().chain(event)), rest))
    }
}

/// The events of a stream after the first.
struct Rest {
    work: Option<BoxFuture<'static, Answer>>,
    outbox: Arc<Outbox>,
    keep_alive: Pin<Box<Sleep>>,
}

impl Rest {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let answer = work.as_mut().poll(context);
        if let Some(event) = self.outbox.poll(context) {
            if let Poll::Ready(answer) = answer {
                self.work = Some(Box::pin(std::future::ready(answer)));
            }
            return Poll::Ready(Some(event));
        }
        if let Poll::Ready(answer) = answer {
            self.work = None;
            let mut event = b"data: ".to_vec();
            event.extend(answer.message);
            event.extend_from_slice(b"\n\n");
            return Poll::Ready(Some(event.into()));
        }
        std::task::ready!(self.keep_alive.as_mut().poll(context));
        self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE_INTERVAL);
        Poll::Ready(Some(Bytes::from_static(b": wait\n\n")))
    }
}

/// Counts an open event stream.
struct StreamGauge(Arc<dyn CallMetrics>);

impl StreamGauge {
    fn new(metrics: Arc<dyn CallMetrics>) -> Self {
        metrics.streams_open(1);
        Self(metrics)
    }
}

impl Drop for StreamGauge {
    fn drop(&mut self) {
        self.0.streams_open(-1);
    }
}
