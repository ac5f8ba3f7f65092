//! Streamable HTTP as a tower service, for both protocol eras on the same path.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt as _, util::BoxCloneSyncService};

use crate::Server;

/// Answers MCP requests; never fails as a service.
pub type HttpService = BoxCloneSyncService<Request, Response, Infallible>;

/// A session of an older client ends after this time without a request.
const SESSION_IDLE_TIMEOUT: Duration = Duration::from_hours(1);

/// Serves `handler`. Streams and sessions end when `stop` is cancelled.
///
/// Outer layers check `Host`, `Origin` and the size of bodies; this service does not check them again.
pub fn streamable_http<Handler>(handler: Handler, max_body_bytes: usize, stop: CancellationToken) -> HttpService
where
    Handler: ServerHandler + Clone,
{
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(SESSION_IDLE_TIMEOUT);
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_json_response(true)
        .with_max_request_body_bytes(max_body_bytes)
        .with_cancellation_token(stop);
    let service = StreamableHttpService::new(move || Ok(handler.clone()), Arc::new(sessions), config);
    BoxCloneSyncService::new(
        service
            .map_request(|request: Request| request)
            .map_response(|response| response.map(Body::new).into_response()),
    )
}

impl Server {
    /// Serves this server over HTTP. Streams and sessions end when `stop` is cancelled.
    #[must_use]
    pub fn http(self, max_body_bytes: usize, stop: CancellationToken) -> HttpService {
        let inner = streamable_http(self.clone(), max_body_bytes, stop);
        BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
            let (server, inner) = (self.clone(), inner.clone());
            async move { Ok::<_, Infallible>(server.handle(inner, request).await) }
        }))
    }
}
