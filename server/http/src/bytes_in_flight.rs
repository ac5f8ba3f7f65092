//! Bounds the memory that the requests and responses of all callers take together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{HttpError, held_body::HeldBody, metrics::Metrics};

/// A request that does not announce its size counts as this many bytes.
const UNANNOUNCED_BYTES: usize = 64 * 1024;

/// The bytes in flight; clones share the count.
#[derive(Clone)]
pub(crate) struct BytesInFlight {
    most: usize,
    max_body: usize,
    count: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

/// Bytes that count until this is dropped.
struct CountedBytes {
    bytes: usize,
    all: BytesInFlight,
}

impl BytesInFlight {
    /// Admits requests while at most so many bytes are in flight, 0 for no limit; no body is longer than `max_body` bytes.
    pub(crate) fn new(most: usize, max_body: usize, metrics: Arc<Metrics>) -> Self {
        Self { most, max_body, count: Arc::default(), metrics }
    }

    fn add(&self, bytes: usize) -> CountedBytes {
        let before = self.count.fetch_add(bytes, Ordering::Relaxed);
        self.metrics.bytes_in_flight(before + bytes);
        CountedBytes { bytes, all: self.clone() }
    }

    fn is_full(&self) -> bool {
        self.most > 0 && self.count.load(Ordering::Relaxed) > self.most
    }
}

impl Drop for CountedBytes {
    fn drop(&mut self) {
        let before = self.all.count.fetch_sub(self.bytes, Ordering::Relaxed);
        self.all.metrics.bytes_in_flight(before - self.bytes);
    }
}

/// Middleware: refuses a request while too many bytes are in flight. Counts the request until its response has begun, and the
/// response until the client has taken it.
pub(crate) async fn bound_bytes(State(bytes): State<BytesInFlight>, request: Request, next: Next) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    // no more than the limit of a body is held: a longer one is refused
    let counted = bytes.add(announced.unwrap_or(UNANNOUNCED_BYTES).min(bytes.max_body));
    if bytes.is_full() {
        return HttpError::Busy.into_response();
    }
    let response = next.run(request).await;
    drop(counted);
    let size = response.body().size_hint().lower().try_into().unwrap_or(usize::MAX);
    if size <= UNANNOUNCED_BYTES {
        return response;
    }
    let counted = Arc::new(bytes.add(size));
    response.map(|body| Body::new(HeldBody::new(body, counted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_count_until_they_are_dropped() {
        let bytes = BytesInFlight::new(100, 100, Arc::default());
        let first = bytes.add(100);
        assert!(!bytes.is_full());
        let second = bytes.add(1);
        assert!(bytes.is_full());
        drop(first);
        assert!(!bytes.is_full());
        drop(second);
        assert_eq!(bytes.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn zero_admits_any_number_of_bytes() {
        let bytes = BytesInFlight::new(0, 100, Arc::default());
        let _all = bytes.add(usize::MAX / 2);
        assert!(!bytes.is_full());
    }
}
