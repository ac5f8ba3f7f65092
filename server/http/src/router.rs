//! The routes, and the layers around them in the order in which a request meets them.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Path, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state as layer, map_request},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use dispatch::{Approvals, Doorkeeper};
use identity::Caller;
use mcp::Surface;
use tower::{Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{
    Authenticate, Refusal, Settings, approvals,
    bearer::{self, Gate},
    body::{self, BodyLimit},
    deadline,
    guard::{self, Guard},
    health::{self, Doctor, Health},
    limit::{self, Limit},
    metadata,
    metrics::Metrics,
    refusal,
    session::{self, Opened, SessionKey},
    trace,
    turned_away::Telling,
};

/// Bytes of the longest form of a page.
const LONGEST_FORM: usize = 64 * 1024;
/// How long a page may take; signing in asks the identity provider several times.
const PAGE_LIMIT: Duration = Duration::from_secs(30);

/// What answers MCP. It finds the [`identity::Caller`] and the [`Surface`] in the request's extensions.
pub type McpService = BoxCloneSyncService<Request, Response, Infallible>;

/// What stands behind the routes.
pub struct Served {
    /// Answers MCP on every surface.
    pub mcp: McpService,
    /// Names for `/mcp/x/{toolset}`.
    pub toolsets: Vec<String>,
    /// Finds callers.
    pub authenticate: Arc<dyn Authenticate>,
    /// What the server depends on.
    pub health: Arc<dyn Health>,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Questions to humans; without them there is no management API about them.
    pub approvals: Option<Approvals>,
    /// Notes whom `authenticate` does not let in.
    pub doorkeeper: Arc<Doorkeeper>,
    /// Where whoever asks too much is written down; without it nowhere.
    pub floods: Option<Arc<dispatch::Door>>,
    /// Pages for people, with addresses of their own. They find the address of the other end, an [`std::net::IpAddr`], in the
    /// request's extensions, and see to it themselves who is signed in.
    pub console: Option<Router>,
}

/// The whole HTTP server as one service.
///
/// # Errors
/// Where the operating system has no randomness for the key of the sessions.
pub fn router(settings: &Settings, served: Served) -> Result<Router, getrandom::Error> {
    let Served { mcp, toolsets, authenticate, health, metrics, approvals, doorkeeper, floods, console } = served;
    let authenticate: Arc<dyn Authenticate> = Arc::new(Telling { inner: authenticate, doorkeeper });
    let advertised = settings.advertised.clone();
    let gate = Gate { authenticate: authenticate.clone(), advertised: advertised.clone() };
    let guard = Arc::new(Guard::new(settings));
    let rate = Limit::new(settings, metrics.clone(), floods);
    let limit = BodyLimit { bytes: settings.max_body_bytes, time: settings.read_limit, json: true };
    let door = Door { mcp, toolsets: toolsets.into(), opened: Opened::default() };
    let protected = Router::new()
        .route("/mcp", any(curated))
        .route("/mcp/full", any(full))
        .route("/mcp/readonly", any(read_only))
        .route("/mcp/x/{toolset}", any(toolset))
        .with_state(door)
        .layer(layer(SessionKey::generate()?, session::own))
        .merge(approvals.map(approvals::routes).unwrap_or_default())
        .layer(layer(settings.answer_limit, deadline::keep))
        .layer(layer(limit, body::take_in))
        .layer(layer(rate, limit::keep))
        .layer(layer(gate, bearer::identify))
        .layer(layer(guard.clone(), guard::check));
    let form = BodyLimit { bytes: LONGEST_FORM, json: false, ..limit };
    let pages = console
        .unwrap_or_default()
        .layer(map_request(name_peer))
        .layer(layer(PAGE_LIMIT, deadline::keep))
        .layer(layer(form, body::take_in))
        .layer(layer(guard, guard::check));
    let doctor = Doctor { health, authenticate: authenticate.clone() };
    let probes = Router::new()
        .route("/mcp/health", get(health::ready))
        .route("/ready", get(health::ready))
        .with_state(doctor)
        .route("/health", get(health::alive));
    let scrape = Router::new().route("/metrics", get(scrape)).with_state((metrics.clone(), authenticate));
    let around = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(panicked))
        .map_request(trace::drop_odd_id)
        .layer(SetRequestIdLayer::new(trace::REQUEST_ID, trace::Ids))
        .layer(PropagateRequestIdLayer::new(trace::REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(trace::span).on_request(()).on_response(trace::ended))
        .layer(layer(metrics, count));
    let sign_in = advertised.map(metadata::routes).unwrap_or_default();
    let routes = protected.merge(pages).merge(probes).merge(scrape).merge(sign_in);
    Ok(routes
        .method_not_allowed_fallback(async || Refusal::Method("GET, HEAD"))
        .fallback(async || Refusal::NoSuchPath)
        .layer(around))
}

/// For pages: who is at the other end.
async fn name_peer(mut request: Request) -> Request {
    if let Some(peer) = bearer::peer(request.extensions()) {
        request.extensions_mut().insert(peer);
    }
    request
}

#[derive(Clone)]
struct Door {
    mcp: McpService,
    toolsets: Arc<[String]>,
    opened: Opened,
}

impl Door {
    async fn answer(mut self, surface: Surface, mut request: Request) -> Response {
        request.extensions_mut().insert(surface);
        let caller = request.extensions().get::<Caller>().cloned();
        let within = session::within(&request);
        let Ok(service) = self.mcp.ready().await;
        let Ok(response) = service.call(request).await;
        if let Some(end) = caller.and_then(|caller| self.opened.note(&caller, within, &response)) {
            let Ok(_ended) = service.call(end).await;
        }
        plain_to_sentence(response)
    }
}

async fn curated(State(door): State<Door>, request: Request) -> Response {
    door.answer(Surface::curated(), request).await
}

async fn full(State(door): State<Door>, request: Request) -> Response {
    door.answer(Surface::full(), request).await
}

async fn read_only(State(door): State<Door>, request: Request) -> Response {
    door.answer(Surface::curated().read_only(), request).await
}

async fn toolset(State(door): State<Door>, Path(name): Path<String>, request: Request) -> Response {
    if !door.toolsets.contains(&name) {
        let known = if door.toolsets.is_empty() {
            "none: this server has no toolsets".to_owned()
        } else {
            format!("`{}`", door.toolsets.join("`, `"))
        };
        return Refusal::NoSuchToolset { known }.into_response();
    }
    door.answer(Surface::toolsets([name]), request).await
}

/// The MCP library answers some malformed requests with bare text; here they get the same form as all refusals.
fn plain_to_sentence(response: Response) -> Response {
    let status = response.status();
    let structured = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"application/json") || kind.as_bytes().starts_with(b"text/event-stream")
    });
    if structured || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (message, code) = match status {
        // its only cause here is JSON that is no message, because the body was seen to be JSON and small enough
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            return Refusal::NotMcp.into_response();
        }
        StatusCode::NOT_ACCEPTABLE => {
            ("the client must take both forms of answer: send `Accept: application/json, text/event-stream`", -32000)
        }
        StatusCode::NOT_FOUND => return Refusal::NoSuchSession.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => {
            let allow = response.headers().get(header::ALLOW).cloned();
            let mut answer = refusal::sentence(status, -32000, "this path does not take that method: use `POST`");
            answer.headers_mut().insert(header::ALLOW, allow.unwrap_or(HeaderValue::from_static("POST")));
            return answer;
        }
        StatusCode::BAD_REQUEST => (
            "the request does not fit the protocol: send `initialize` first, or `MCP-Protocol-Version` with a version \
             that this server speaks",
            -32600,
        ),
        _ => return Refusal::Fault.into_response(),
    };
    refusal::sentence(status, code, message)
}

async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        method @ ("GET" | "HEAD" | "POST" | "DELETE" | "OPTIONS") => method.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    metrics.request(&route, &method, response.status().as_u16(), begun.elapsed());
    response
}

/// For Prometheus: open to this machine under a loopback name, else with a token.
async fn scrape(
    State((metrics, authenticate)): State<(Arc<Metrics>, Arc<dyn Authenticate>)>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let peer = bearer::peer(&extensions);
    let local = peer.is_some_and(|address| address.is_loopback()) && guard::names_loopback(&uri, &headers);
    if !local && authenticate.caller(bearer::presented(&headers, &uri), peer).await.is_err() {
        return Refusal::Private.into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], Body::from(metrics.text())).into_response()
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    // the panic's own text went to the log by the hook; it may hold data and is not for the caller
    Refusal::Fault.into_response()
}
