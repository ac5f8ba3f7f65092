//! Enforces the request rate and the concurrency limit of each caller; a refusal carries `Retry-After`.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dispatch::{CallPermit, SecurityEvents};
use identity::Caller;
use limits::{Exceeded, LimitKind, RateLimiter};
use mcp::RequestPermit;

use crate::{HttpError, Settings, held_body::HeldBody};

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
pub(crate) async fn enforce_rate_limit(State(limit): State<RateLimit>, mut request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().filter(|_| limit.limiter.is_enabled()).cloned();
    let Some(caller) = caller else { return next.run(request).await };
    match limit.limiter.acquire(caller.subject(), limit.started.elapsed()) {
        Ok(in_flight) => {
            let permit: CallPermit = Arc::new(in_flight);
            // an act that goes on after its client has disconnected holds the permit
            request.extensions_mut().insert(RequestPermit(Arc::clone(&permit)));
            hold_until_end(next.run(request).await, permit)
        }
        Err(exceeded) => limit.refuse(&caller, &exceeded).into_response(),
    }
}

/// Counts a request as in flight until the client has taken its response body: a stream outlives its headers, and a client that
/// reads slowly keeps a large response in memory.
fn hold_until_end(response: Response, permit: CallPermit) -> Response {
    response.map(|inner| Body::new(HeldBody::new(inner, permit)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::HttpBody as _;
    use http_body_util::BodyExt as _;
    use limits::Rate;

    use super::*;
    use crate::held_body::MAX_FRAME_BYTES;

    #[tokio::test]
    async fn request_is_in_flight_until_its_whole_body_was_taken() {
        let limiter = RateLimiter::new(Rate::NONE, 1);
        let enter = || limiter.acquire("ana", Duration::ZERO);
        let sent = vec![7; 3 * MAX_FRAME_BYTES + 1];
        let mut body =
            hold_until_end(Response::new(Body::from(sent.clone())), Arc::new(enter().expect("admitted"))).into_body();
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
