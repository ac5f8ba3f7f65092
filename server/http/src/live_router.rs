//! A router that can be replaced while it serves.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response, routing::future::RouteFuture};
use hyper::body::Incoming;
use parking_lot::RwLock;
use tower::Service;

/// The current router of a server. A request that has begun, and its stream, stay with the router that received it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveRouter(Arc<RwLock<Router>>);

impl LiveRouter {
    /// Serves all further requests, those on open connections included, by this router.
    pub fn replace(&self, router: Router) {
        *self.0.write() = router;
    }
}

impl From<Router> for LiveRouter {
    fn from(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }
}

impl Service<Request<Incoming>> for LiveRouter {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let mut current = self.0.read().clone();
        current.call(request)
    }
}
