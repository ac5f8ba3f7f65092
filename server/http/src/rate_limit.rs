//! Enforces the request rate and the concurrency limit of each caller; a refusal carries `Retry-After`.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dispatch::SecurityEvents;
use http_body::{Frame, SizeHint};
use identity::Caller;
use limits::{Exceeded, InFlightGuard, LimitKind, RateLimiter};

use crate::{HttpError, Settings};

/// State of the rate limit middleware.
#[derive(Clone)]
pub(crate) struct RateLimit {
    limiter: Arc<RateLimiter>,
    started: Instant,
    events: Arc<dyn SecurityEvents>,
}

impl RateLimit {
    pub(crate) fn new(settings: &Settings, events: Arc<dyn SecurityEvents>) -> Self {
        let limiter = Arc::new(RateLimiter::new(settings.rate, settings.max_concurrent));
        Self { limiter, started: Instant::now(), events }
    }

    fn refuse(&self, caller: &Caller, exceeded: &Exceeded) -> HttpError {
        let (limit, error) = match exceeded.limit {
            LimitKind::Rate => ("rate", HttpError::RateLimited { seconds: exceeded.seconds() }),
            LimitKind::Concurrency => ("concurrency", HttpError::TooManyConcurrent { seconds: exceeded.seconds() }),
        };
        self.events.rate_limited(caller, limit, exceeded.report_count);
        error
    }
}

/// Middleware: passes the request on or refuses it. It must run after the middleware that adds the caller.
pub(crate) async fn enforce_rate_limit(State(limit): State<RateLimit>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().filter(|_| limit.limiter.is_enabled()) else {
        return next.run(request).await;
    };
    match limit.limiter.acquire(caller.subject(), limit.started.elapsed()) {
        Ok(in_flight) => hold_until_end(next.run(request).await, in_flight),
        Err(exceeded) => limit.refuse(caller, &exceeded).into_response(),
    }
}

/// Counts a request as in flight until the client has taken its response body: a stream outlives its headers, and a client that
/// reads slowly keeps a large response in memory.
fn hold_until_end(response: Response, in_flight: InFlightGuard) -> Response {
    response.map(|inner| Body::new(HeldBody { inner, rest: Bytes::new(), _in_flight: in_flight }))
}

/// Largest part of a body that is handed to the connection at once. The next part waits until the connection has written.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// A response body in small parts, with the guard of its request.
struct HeldBody {
    inner: Body,
    /// What is left of the last part of `inner`.
    rest: Bytes,
    _in_flight: InFlightGuard,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(MAX_FRAME_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt as _;
    use limits::Rate;

    use super::*;

    #[tokio::test]
    async fn request_is_in_flight_until_its_whole_body_was_taken() {
        let limiter = RateLimiter::new(Rate::NONE, 1);
        let enter = || limiter.acquire("ana", Duration::ZERO);
        let sent = vec![7; 3 * MAX_FRAME_BYTES + 1];
        let mut body = hold_until_end(Response::new(Body::from(sent.clone())), enter().expect("admitted")).into_body();
        assert_eq!(body.size_hint().exact(), Some(sent.len() as u64));
        let mut received = Vec::new();
        while let Some(frame) = body.frame().await {
            assert!(enter().is_err());
            let data = frame.expect("a frame").into_data().expect("data");
            assert!(data.len() <= MAX_FRAME_BYTES);
            received.extend(data);
        }
        assert_eq!(received, sent);
        drop(body);
        assert!(enter().is_ok());
    }
}
