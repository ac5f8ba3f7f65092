//! Enforces the request rate and the concurrency limit of each caller; a refusal carries `Retry-After`.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dispatch::SecurityEvents;
use futures::StreamExt as _;
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

/// Counts a request as in flight until its response body ends, because a stream outlives its headers.
fn hold_until_end(response: Response, in_flight: InFlightGuard) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().inspect(move |_| {
            let _ = &in_flight;
        }))
    })
}
