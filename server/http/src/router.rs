//! The routes and the layers around them.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Path, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{Next, from_fn, from_fn_with_state as middleware, map_request},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use dispatch::{Approvals, SecurityEvents};
use mcp::Endpoint;
use tower::{Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{
    Authenticate, HttpError, LiveEvents, Settings, accept, alerts, approvals,
    authentication::RecordingAuthenticator,
    backends,
    bearer::{self, AuthLayer},
    body::{self, BodyLimit},
    bytes_in_flight::{BytesInFlight, bound_bytes},
    deadline::enforce_deadline,
    error::json_rpc_error,
    events,
    health::{self, Health, HealthState},
    host_origin::{self, HostOriginPolicy, check_host_and_origin},
    login_token_keys, metadata,
    metrics::{self, Metrics},
    rate_limit::{ByteRate, PeerRate, RateLimit, enforce_byte_rate, enforce_peer_rate, enforce_rate_limit},
    trace,
};

/// Largest form of the approval page, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;
/// Deadline of a page; a sign-in sends several requests to the identity provider.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The MCP service. It finds the [`identity::Caller`] and the [`Endpoint`] in the request's extensions.
pub type McpService = BoxCloneSyncService<Request, Response, Infallible>;

/// The services behind the routes. Cheap to clone.
#[derive(Clone)]
pub struct RouterDeps {
    /// Answers MCP requests of every endpoint.
    pub mcp: McpService,
    /// Names for `/mcp/x/{toolset}`.
    pub toolsets: Vec<String>,
    /// Authenticates callers.
    pub authenticate: Arc<dyn Authenticate>,
    /// The dependencies that `/readyz` checks.
    pub health: Arc<dyn Health>,
    /// Counts requests.
    pub metrics: Arc<Metrics>,
    /// Approval requests; without them there is no management API for approvals.
    pub approvals: Option<Approvals>,
    /// The events of watched models; without it there is neither `/api/v1/events` nor `/api/v1/alerts`.
    pub live: Option<LiveEvents>,
    /// Receives authentication failures and exceeded rate limits.
    pub events: Arc<dyn SecurityEvents>,
    /// The approval page, with its own paths and its own sign-in. It finds the address of the peer, an
    /// [`std::net::IpAddr`], in the request's extensions.
    pub console: Option<Router>,
}

/// Builds the HTTP server as one service.
///
/// A request passes these layers, in this order:
///
/// 1. `CatchPanicLayer`: a panic becomes status 500.
/// 2. Request id: removes unsafe ids, sets a new one where none is left, copies it to the response.
/// 3. The exported span of the request, if traces are exported, and `TraceLayer`: the span of the request in the log.
/// 4. Request metrics.
/// 5. Routing. `/healthz`, `/readyz`, `/mcp/health`, `/metrics`, the OAuth metadata and the keys of login tokens have no further layers.
///
/// Then `/mcp` and `/api`:
///
/// 6. `Host` and `Origin` allow-lists.
/// 7. CORS.
/// 8. Authentication: adds the caller.
/// 9. Rate and concurrency limits of the caller, and bytes in flight of all callers.
/// 10. Body: size, time, JSON; then the caller's bytes per time.
/// 11. Deadline of the response.
/// 12. Type of the response, `Accept` (`/mcp` only).
///
/// Or `/console`: 6, 7, then the rate of the peer, body, deadline, and the address of the peer.
pub fn router(settings: &Settings, deps: RouterDeps) -> Router {
    let metrics = Arc::clone(&deps.metrics);
    let routes = api_routes(settings, &deps)
        .merge(operations_routes(settings, &deps))
        .merge(page_routes(settings, deps.console.unwrap_or_default()))
        .merge(settings.metadata.clone().map(metadata::routes).unwrap_or_default())
        .merge(settings.login_token_keys.clone().map(login_token_keys::routes).unwrap_or_default());
    let routes = routes
        .method_not_allowed_fallback(async || HttpError::MethodNotAllowed("GET, HEAD"))
        .fallback(async || HttpError::NoSuchPath);
    // a `ServiceBuilder` runs its layers in the order in which they are written, `Router::layer` in the reverse one
    let record_layers = ServiceBuilder::new()
        .layer(
            TraceLayer::new_for_http().make_span_with(trace::span).on_request(()).on_response(trace::record_response),
        )
        .layer(middleware(metrics, record_request));
    let mut routes = routes.layer(record_layers);
    if settings.traces {
        routes = routes.layer(from_fn(trace::export_request));
    }
    let outer_layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(panic_response))
        .map_request(trace::sanitize_request_id)
        .layer(SetRequestIdLayer::new(trace::REQUEST_ID, trace::MakeUuidRequestId))
        .layer(PropagateRequestIdLayer::new(trace::REQUEST_ID));
    routes.layer(outer_layers)
}

/// `/mcp` and `/api`: layers 6 to 12.
fn api_routes(settings: &Settings, deps: &RouterDeps) -> Router {
    let endpoint = McpEndpoint { mcp: deps.mcp.clone(), toolsets: deps.toolsets.clone().into() };
    let auth = AuthLayer { authenticator: recording_authenticator(settings, deps) };
    let rate_limit = RateLimit::new(settings, Arc::clone(&deps.events));
    let byte_rate = ByteRate::new(settings, Arc::clone(&deps.events));
    let bytes = BytesInFlight::new(settings.max_bytes_in_flight, settings.max_body_bytes, Arc::clone(&deps.metrics));
    let body_limit = BodyLimit { bytes: settings.max_body_bytes, time: settings.read_timeout, json: true };
    let mcp = Router::new()
        .route("/mcp", any(default_tools))
        .route("/mcp/", any(default_tools))
        .route("/mcp/full", any(all_tools))
        .route("/mcp/full/", any(all_tools))
        .route("/mcp/readonly", any(read_only_tools))
        .route("/mcp/readonly/", any(read_only_tools))
        .route("/mcp/x/{toolset}", any(toolset))
        .route("/mcp/x/{toolset}/", any(toolset))
        .with_state(endpoint)
        .layer(from_fn(accept::negotiate_response));
    let layers = ServiceBuilder::new()
        .layer(middleware(Arc::new(HostOriginPolicy::new(settings).with_local_pages(settings)), check_host_and_origin))
        .layer(host_origin::cors())
        .layer(middleware(auth, bearer::authenticate))
        .layer(middleware(rate_limit, enforce_rate_limit))
        .layer(middleware(bytes, bound_bytes))
        .layer(middleware(body_limit, body::buffer_body))
        .layer(middleware(byte_rate, enforce_byte_rate))
        .layer(middleware(settings.response_timeout, enforce_deadline));
    let api = deps.approvals.clone().map(approvals::routes).unwrap_or_default();
    let events = deps.live.clone().map(events::routes).unwrap_or_default();
    let alerts = deps.live.clone().map(alerts::routes).unwrap_or_default();
    let backends = deps.live.clone().map(|live| backends::routes(live.dispatcher)).unwrap_or_default();
    mcp.merge(api).merge(events).merge(alerts).merge(backends).layer(layers)
}

/// `/console`, with layers of its own: people sign in with a form, not with a bearer token.
fn page_routes(settings: &Settings, console: Router) -> Router {
    let body_limit = BodyLimit { bytes: MAX_FORM_BYTES, time: settings.read_timeout, json: false };
    let layers = ServiceBuilder::new()
        .layer(middleware(Arc::new(HostOriginPolicy::new(settings)), check_host_and_origin))
        .layer(host_origin::cors())
        .layer(middleware(PeerRate::new(), enforce_peer_rate))
        .layer(middleware(body_limit, body::buffer_body))
        .layer(middleware(PAGE_TIMEOUT, enforce_deadline))
        .layer(map_request(insert_peer));
    console.layer(layers)
}

/// Probes and metrics: without a check of `Host`, because probes connect by address.
fn operations_routes(settings: &Settings, deps: &RouterDeps) -> Router {
    let authenticator = recording_authenticator(settings, deps);
    let health = HealthState {
        health: health::CachedHealth::new(Arc::clone(&deps.health)),
        authenticator: authenticator.clone(),
    };
    let probes = Router::new()
        .route("/readyz", get(health::readiness))
        .route("/mcp/health", get(health::all_parts))
        .with_state(health)
        .route("/healthz", get(health::liveness));
    let access = MetricsAccess {
        metrics: Arc::clone(&deps.metrics),
        authenticator,
        open_to_this_machine: HostOriginPolicy::new(settings).has_loopback_names_only(),
    };
    let metrics = Router::new().route("/metrics", get(metrics)).with_state(access);
    probes.merge(metrics)
}

fn recording_authenticator(settings: &Settings, deps: &RouterDeps) -> RecordingAuthenticator {
    RecordingAuthenticator {
        inner: Arc::clone(&deps.authenticate),
        events: Arc::clone(&deps.events),
        metadata: settings.metadata.clone(),
    }
}

/// Adds the address of the peer to the request's extensions, for the approval page.
async fn insert_peer(mut request: Request) -> Request {
    if let Some(peer) = bearer::peer(request.extensions()) {
        request.extensions_mut().insert(peer);
    }
    request
}

/// The MCP service with the state that HTTP adds to it.
#[derive(Clone)]
struct McpEndpoint {
    mcp: McpService,
    toolsets: Arc<[String]>,
}

impl McpEndpoint {
    async fn call(mut self, endpoint: Endpoint, mut request: Request) -> Response {
        request.extensions_mut().insert(endpoint);
        let Ok(service) = self.mcp.ready().await;
        let Ok(response) = service.call(request).await;
        normalize_error_body(response)
    }
}

async fn default_tools(State(endpoint): State<McpEndpoint>, request: Request) -> Response {
    endpoint.call(Endpoint::curated(), request).await
}

async fn all_tools(State(endpoint): State<McpEndpoint>, request: Request) -> Response {
    endpoint.call(Endpoint::full(), request).await
}

async fn read_only_tools(State(endpoint): State<McpEndpoint>, request: Request) -> Response {
    endpoint.call(Endpoint::curated().read_only(), request).await
}

async fn toolset(State(endpoint): State<McpEndpoint>, Path(name): Path<String>, request: Request) -> Response {
    if !endpoint.toolsets.contains(&name) {
        let known = if endpoint.toolsets.is_empty() {
            "none: this server has no toolsets".to_owned()
        } else {
            format!("`{}`", endpoint.toolsets.join("`, `"))
        };
        return HttpError::NoSuchToolset { known }.into_response();
    }
    endpoint.call(Endpoint::toolsets([name]), request).await
}

/// The MCP library answers some malformed requests with plain text; here they get the form of [`HttpError`].
fn normalize_error_body(response: Response) -> Response {
    let status = response.status();
    let structured = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"application/json") || kind.as_bytes().starts_with(b"text/event-stream")
    });
    if structured || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (message, code) = match status {
        // the only cause is JSON that is no message, because the body layer has checked for JSON and for the size
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            return HttpError::NotMcp.into_response();
        }
        StatusCode::NOT_FOUND => return HttpError::NoSuchSession.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => {
            let allow = response.headers().get(header::ALLOW).cloned();
            let mut answer = json_rpc_error(status, -32000, "this path does not support that method: use `POST`");
            answer.headers_mut().insert(header::ALLOW, allow.unwrap_or(HeaderValue::from_static("POST")));
            return answer;
        }
        StatusCode::BAD_REQUEST => (
            "the request violates the protocol: send `initialize` first, or `MCP-Protocol-Version` with a version \
             that this server supports",
            -32600,
        ),
        _ => return HttpError::Internal.into_response(),
    };
    json_rpc_error(status, code, message)
}

async fn record_request(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics.http_request(route, method, response.status().as_u16(), started.elapsed());
    response
}

/// The metrics, and who may read them.
#[derive(Clone)]
struct MetricsAccess {
    metrics: Arc<Metrics>,
    authenticator: RecordingAuthenticator,
    /// Whether this machine needs no token. A server with another name is behind a proxy: its clients have a loopback address
    /// here, and may send any `Host`.
    open_to_this_machine: bool,
}

/// `/metrics`: without a token for this machine under a loopback name if the server has no other, else for authenticated callers.
async fn metrics(
    State(MetricsAccess { metrics, authenticator, open_to_this_machine }): State<MetricsAccess>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let peer = bearer::peer(&extensions);
    let local = open_to_this_machine
        && peer.is_some_and(|address| address.is_loopback())
        && host_origin::is_loopback_request(&uri, &headers);
    let credentials = bearer::extract_credentials(&headers, &uri);
    if !local && authenticator.authenticate(credentials, peer, uri.path()).await.is_err() {
        return HttpError::MetricsForbidden.into_response();
    }
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.text()).into_response()
}

/// A router with `/metrics` alone, for everyone who can connect: for a listener that only the monitoring reaches.
pub fn metrics_router(metrics: Arc<Metrics>) -> Router {
    let respond = async move || ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.text());
    Router::new().route("/metrics", get(respond)).fallback(async || HttpError::NoSuchPath)
}

/// The panic hook has logged the message of the panic, which may contain data and is not for the caller.
fn panic_response(_: Box<dyn std::any::Any + Send>) -> Response {
    HttpError::Internal.into_response()
}
