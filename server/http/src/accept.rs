//! Answers in a type that the client accepts.
//!
//! The MCP service answers with one JSON message or with an event stream, as it fits, and requires clients to accept both. Here a
//! client that accepts only one of them gets its response in that one.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::HttpError;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// The types of response that a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Accepted {
    json: bool,
    events: bool,
}

impl Accepted {
    /// Reads the `Accept` headers (RFC 9110, section 12.5.1); without one, every type is accepted.
    fn from_headers(headers: &HeaderMap) -> Self {
        let mut accepted = Self { json: false, events: false };
        let mut absent = true;
        for value in headers.get_all(header::ACCEPT) {
            absent = false;
            // a header that is no text names no type
            for range in value.to_str().unwrap_or_default().split(',') {
                let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
                let kind = parts.next().unwrap_or_default();
                if parts.any(|part| is_zero_weight(&part)) {
                    continue;
                }
                accepted.json |= ["*/*", "application/*", JSON].contains(&kind.as_str());
                accepted.events |= ["*/*", "text/*", EVENTS].contains(&kind.as_str());
            }
        }
        if absent { Self { json: true, events: true } } else { accepted }
    }
}

/// Whether a body is declared as JSON. Nothing else is: a page of another site could send it without a question to this server.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(JSON)
}

/// Whether a parameter excludes its type, `q=0`.
fn is_zero_weight(parameter: &str) -> bool {
    parameter.strip_prefix("q=").is_some_and(|weight| weight.trim().parse::<f32>() == Ok(0.0))
}

/// Middleware: lets the MCP service answer in its own type, and converts the response for a client that accepts only the other one.
pub(crate) async fn negotiate_response(mut request: Request, next: Next) -> Response {
    let accepted = Accepted::from_headers(request.headers());
    let fits = match *request.method() {
        // an event stream, and nothing else
        Method::GET => accepted.events,
        Method::POST => accepted.json || accepted.events,
        _ => true,
    };
    if !fits {
        return HttpError::NotAcceptable.into_response();
    }
    if *request.method() == Method::POST {
        if !is_json(request.headers()) {
            return HttpError::NotJsonType.into_response();
        }
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let (is_json, is_events) = (kind.starts_with(JSON.as_bytes()), kind.starts_with(EVENTS.as_bytes()));
    match (accepted.json, accepted.events, response.status()) {
        (true, false, StatusCode::OK) if is_events => result_of_stream(response).await,
        (false, true, StatusCode::OK) if is_json => stream_of_result(response),
        _ => response,
    }
}

/// The one JSON message that ends an event stream. What the stream has before it, such as progress, is not for this client.
async fn result_of_stream(response: Response) -> Response {
    let (mut parts, mut body) = response.into_parts();
    // `scanned`: the bytes before it contain no end of an event
    let (mut text, mut scanned): (Vec<u8>, usize) = (Vec::new(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        text.extend_from_slice(&data);
        while let Some(end) = text[scanned..].windows(2).position(|bytes| bytes == b"\n\n") {
            let rest = text.split_off(scanned + end + 2);
            let event = std::mem::replace(&mut text, rest);
            scanned = 0;
            if let Some(message) = result_in_event(&event) {
                parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
                parts.headers.remove(header::CONTENT_LENGTH);
                return Response::from_parts(parts, Body::from(message));
            }
        }
        scanned = text.len().saturating_sub(1);
    }
    HttpError::Internal.into_response()
}

/// The message of an event, if it is a result or an error and not a notification or a request to the client.
fn result_in_event(event: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(event).ok()?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let data = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let message: Value = serde_json::from_str(&data).ok()?;
    (message.get("result").is_some() || message.get("error").is_some()).then_some(data)
}

/// An event stream of one message. JSON on one line is one line of an event.
fn stream_of_result(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    parts.headers.remove(header::CONTENT_LENGTH);
    let (before, after) = (Bytes::from_static(b"event: message\ndata: "), Bytes::from_static(b"\n\n"));
    let frames = futures::StreamExt::chain(
        futures::stream::once(std::future::ready(Ok::<_, axum::Error>(before))),
        futures::StreamExt::chain(body.into_data_stream(), futures::stream::once(std::future::ready(Ok(after)))),
    );
    Response::from_parts(parts, Body::from_stream(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_header_is_read_with_wildcards_and_weights() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::ACCEPT, HeaderValue::from_str(value).expect("a header"));
            }
            let accepted = Accepted::from_headers(&headers);
            (accepted.json, accepted.events)
        };
        for (values, expected) in [
            (&[][..], (true, true)),
            (&["*/*"], (true, true)),
            (&["application/*"], (true, false)),
            (&["text/*"], (false, true)),
            (&["application/json"], (true, false)),
            (&["text/event-stream"], (false, true)),
            (&["Application/JSON;charset=utf-8, text/event-stream;q=0.5"], (true, true)),
            (&["application/json", "text/event-stream"], (true, true)),
            (&["application/json, text/event-stream;q=0"], (true, false)),
            (&["text/html, image/*"], (false, false)),
            (&[""], (false, false)),
        ] {
            assert_eq!(read(values), expected, "{values:?}");
        }
    }

    #[test]
    fn result_in_event_skips_notifications_and_comments() {
        let result = |event: &str| result_in_event(event.as_bytes());
        assert_eq!(result(": keep alive\n\n"), None);
        assert_eq!(result("data: {\"method\": \"notifications/progress\"}\n\n"), None);
        assert_eq!(
            result("id: 1\ndata: {\"id\": 1, \"result\": {}}\n\n").as_deref(),
            Some("{\"id\": 1, \"result\": {}}")
        );
    }
}
