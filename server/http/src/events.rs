//! The events of a model as server-sent events, for programs that do not use MCP. The same checks apply as for `/mcp`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use dispatch::{Dispatcher, EventStream, LiveError, ModelSelector, StreamedEvent};
use futures::stream;
use identity::Caller;
use serde::Deserialize;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::approvals::error_response;

/// Header with the id of the last event that a client has received (HTML, section 9.2).
const LAST_EVENT_ID: &str = "last-event-id";
/// Interval of comments in a stream without events, for proxies that close silent connections.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Maximum time of a stream: then the client has to show its token again, and resumes.
const MAX_STREAM_TIME: Duration = Duration::from_hours(1);

/// The source of the events, and what ends their streams.
#[derive(Clone)]
pub struct LiveEvents {
    /// Authorizes and records each stream.
    pub dispatcher: Arc<Dispatcher>,
    /// Ends all streams.
    pub stop: CancellationToken,
}

/// The route `/api/v1/events`. It expects the caller in the request's extensions.
pub(crate) fn routes(live: LiveEvents) -> Router {
    Router::new().route("/api/v1/events", get(open)).with_state(live)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    controller: Option<String>,
    model: Option<String>,
}

async fn open(
    State(LiveEvents { dispatcher, stop }): State<LiveEvents>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(EventsQuery { controller, model })) = query else {
        let allowed = "the parameters are `controller` and `model`, each once";
        return error_response(StatusCode::BAD_REQUEST, "bad_request", allowed);
    };
    let last_id = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    match EventStream::open(dispatcher, caller, ModelSelector { controller, model }, last_id).await {
        Ok(events) => respond(events, stop),
        Err(error) => refusal(&error),
    }
}

/// A response that sends events until the client leaves, the time is over or the server stops.
fn respond(events: EventStream, stop: CancellationToken) -> Response {
    let Some(end) = Instant::now().checked_add(MAX_STREAM_TIME) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = stream::unfold((events, stop), move |(mut events, stop)| async move {
        let next = tokio::select! {
            next = timeout(KEEP_ALIVE_INTERVAL, events.next()) => next,
            () = tokio::time::sleep_until(end) => return None,
            () = stop.cancelled() => return None,
        };
        let frame = match next {
            Ok(event) => frame(&event?),
            Err(_) => Bytes::from_static(b": wait\n\n"),
        };
        Some((Ok::<_, std::convert::Infallible>(frame), (events, stop)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, [("x-accel-buffering", "no")], Body::from_stream(body)).into_response()
}

/// An event as a frame; its data is one line.
fn frame(event: &StreamedEvent) -> Bytes {
    format!("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, event.data).into()
}

fn refusal(error: &LiveError) -> Response {
    let code = match error {
        LiveError::NoSuchEntity => "model_not_found",
        LiveError::Refused(refused) => refused.refusal.code(),
    };
    let status = match code {
        "permission_denied" => StatusCode::FORBIDDEN,
        "model_not_found" | "controller_unknown" => StatusCode::NOT_FOUND,
        "invalid_arguments" => StatusCode::BAD_REQUEST,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    error_response(status, code, &error.to_string())
}
