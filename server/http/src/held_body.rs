//! A response body that is handed over in small parts, and something that is dropped when the client has taken all of it.

use std::{
    any::Any,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

/// Largest part of a body that is handed to the connection at once. The next part waits until the connection has written.
pub(crate) const MAX_FRAME_BYTES: usize = 64 * 1024;

/// A response body with what it holds until its end.
pub(crate) struct HeldBody {
    inner: Body,
    /// What is left of the last part of `inner`.
    rest: Bytes,
    _held: Arc<dyn Any + Send + Sync>,
}

impl HeldBody {
    /// Holds a value until the body has ended.
    pub(crate) fn new(inner: Body, held: Arc<dyn Any + Send + Sync>) -> Self {
        Self { inner, rest: Bytes::new(), _held: held }
    }
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
