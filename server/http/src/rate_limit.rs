//! Enforces the request rate and the concurrency limit of each caller; a refusal carries `Retry-After`.

use std::{net::IpAddr, sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use dispatch::{CallPermit, SecurityEvents};
use identity::Caller;
use limits::{Exceeded, LimitKind, Rate, RateLimiter};
use mcp::RequestPermit;

use crate::{HttpError, Settings, bearer, held_body::HeldBody};

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
            let is_session_stream = request.method() == Method::GET && request.uri().path().starts_with("/mcp");
            let response = next.run(request).await;
            // each older client has one open for as long as it is connected; the number of sessions bounds them
            if is_session_stream { response } else { hold_until_end(response, permit) }
        }
        Err(exceeded) => limit.refuse(&caller, &exceeded).into_response(),
    }
}

/// State of the middleware that limits the bytes of each caller's requests.
#[derive(Clone)]
pub(crate) struct ByteRate(RateLimit);

impl ByteRate {
    pub(crate) fn new(settings: &Settings, events: Arc<dyn SecurityEvents>) -> Self {
        let limiter = Arc::new(RateLimiter::new(settings.request_kilobytes, 0));
        Self(RateLimit { limiter, started: Instant::now(), events })
    }
}

/// Middleware: passes a request with a buffered body on, or refuses it because its caller has sent too many bytes. It must run after the
/// middlewares that add the caller and buffer the body.
pub(crate) async fn enforce_byte_rate(
    State(ByteRate(limit)): State<ByteRate>,
    request: Request,
    next: Next,
) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().filter(|_| limit.limiter.is_enabled()) else {
        return next.run(request).await;
    };
    let bytes = request.body().size_hint().exact().unwrap_or_default();
    let kilobytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    match limit.limiter.acquire_many(caller.subject(), kilobytes, limit.started.elapsed()) {
        Ok(_) => next.run(request).await,
        Err(exceeded) => {
            limit.events.rate_limited(caller, "bytes", exceeded.report_count);
            HttpError::TooManyBytes { seconds: exceeded.seconds() }.into_response()
        }
    }
}

/// Requests of one address, or of one /64 network, to the approval page. Its callers have no token yet, and a sign-in sends requests to
/// the identity provider; behind a proxy all people share one address.
const PAGE_RATE: Rate = Rate { per_minute: 600, burst: 300 };

/// State of the middleware for routes without callers.
#[derive(Clone)]
pub(crate) struct PeerRate {
    limiter: Arc<RateLimiter>,
    started: Instant,
}

impl PeerRate {
    pub(crate) fn new() -> Self {
        Self { limiter: Arc::new(RateLimiter::new(PAGE_RATE, 0)), started: Instant::now() }
    }

    fn acquire(&self, peer: Option<IpAddr>) -> Result<(), HttpError> {
        let Some(peer) = peer else { return Ok(()) };
        let admitted = self.limiter.acquire(&identity::network(peer).to_string(), self.started.elapsed());
        admitted.map(drop).map_err(|exceeded| HttpError::RateLimited { seconds: exceeded.seconds() })
    }
}

/// Middleware: passes the request on, or refuses it because its peer sends too many.
pub(crate) async fn enforce_peer_rate(State(rate): State<PeerRate>, request: Request, next: Next) -> Response {
    match rate.acquire(bearer::peer(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
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

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::held_body::MAX_FRAME_BYTES;

    #[test]
    fn page_rate_limits_each_network_by_itself() {
        let rate = PeerRate::new();
        let peer = |text: &str| Some(text.parse().expect("an address"));
        let refused = (0..2 * PAGE_RATE.burst).filter(|_| rate.acquire(peer("2001:db8::1")).is_err()).count();
        assert!(refused > 0 && rate.acquire(peer("2001:db8::2")).is_err(), "{refused}");
        assert_eq!(rate.acquire(peer("2001:db8:0:1::1")), Ok(()));
    }

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
