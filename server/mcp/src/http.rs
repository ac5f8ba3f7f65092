//! The server as an HTTP service.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::extract::Request;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;

use crate::{
    Server,
    services::Stopping,
    transport::{HttpService, streamable_http},
};

impl Server {
    /// Serves this server over HTTP. When `stop` is cancelled, calls in progress end within `drain_timeout`.
    #[must_use]
    pub fn http(mut self, max_body_bytes: usize, stop: CancellationToken, drain_timeout: Duration) -> HttpService {
        self.services.stopping = Stopping { stop, drain_timeout };
        let inner = streamable_http(self.clone(), max_body_bytes, Arc::clone(&self.services.metrics));
        let shared = Arc::new((self, inner));
        BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
            let shared = Arc::clone(&shared);
            async move {
                let (server, inner) = &*shared;
                Ok::<_, Infallible>(server.handle(inner.clone(), request).await)
            }
        }))
    }
}
