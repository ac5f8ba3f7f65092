//! TLS, HTTP and WebSocket on one port, as a controller has them.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};
use tokio_util::sync::CancellationToken;

use juju_wire::debug_log::LogQuery;

use crate::{log, methods::Methods, session::Session, socket, state::Estate, upload};

/// Largest charm or resource that is taken, in bytes.
const LARGEST_UPLOAD: usize = 64 * 1024 * 1024;

/// What every connection needs.
pub(crate) struct Served {
    pub(crate) estate: Arc<Estate>,
    pub(crate) methods: Methods,
    pub(crate) address: SocketAddr,
    /// PEM.
    pub(crate) ca_certificate: String,
    pub(crate) faults: Faults,
}

/// Faults of connections.
#[derive(Default)]
pub(crate) struct Faults {
    delay_milliseconds: AtomicU64,
    open: Mutex<CancellationToken>,
}

impl Faults {
    /// How long each answer is held back.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_milliseconds.load(Ordering::Relaxed))
    }

    /// Holds each answer back for so long from now on.
    pub(crate) fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// Ends all connections that are open now.
    pub(crate) fn drop_connections(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.cancel();
        *open = CancellationToken::new();
    }

    fn token(&self) -> CancellationToken {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Accepts connections until `stop` is cancelled.
pub(crate) async fn serve(listener: TcpListener, tls: TlsAcceptor, served: Arc<Served>, stop: CancellationToken) {
    let router = router(Arc::clone(&served));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let open = served.faults.token();
                let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = open.cancelled() => {}
                        () = stop.cancelled() => {}
                        () = connection(stream, tls, router) => {}
                    }
                });
            }
            // out of file handles: others will be given back
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, router: Router) {
    // without this an answer waits for the client's acknowledgement of the one before
    let _ = stream.set_nodelay(true);
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = TowerToHyperService::new(router);
    let builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    if let Err(error) = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended");
    }
}

fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(controller))
        .route("/api", get(controller))
        .route("/model/{uuid}/api", get(model))
        .route("/model/{uuid}/log", get(debug_log))
        .route("/{model}/charms/{object}", put(upload::charm_object))
        .route("/model/{uuid}/charms", post(upload::charm))
        .route("/model/{uuid}/applications/{application}/resources/{name}", put(upload::resource))
        .layer(DefaultBodyLimit::max(LARGEST_UPLOAD))
        .route("/health", get(async || "running\n"))
        .with_state(served)
}

async fn controller(State(served): State<Arc<Served>>, request: Request) -> Response {
    upgrade(served, None, request)
}

async fn model(State(served): State<Arc<Served>>, Path(uuid): Path<String>, request: Request) -> Response {
    upgrade(served, Some(uuid), request)
}

async fn debug_log(
    State(served): State<Arc<Served>>,
    Path(uuid): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let query = LogQuery::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let user = log::user(&served, request.headers());
    let stop = served.faults.token();
    web_socket(request, move |socket| log::stream(socket, served, uuid, query, user, stop))
}

fn upgrade(served: Arc<Served>, model: Option<String>, request: Request) -> Response {
    web_socket(request, move |socket| async move {
        let stop = served.faults.token();
        let faults = Arc::clone(&served);
        let session = Arc::new(Session::new(served, model));
        socket::serve(socket, session, move || faults.faults.delay(), stop).await;
    })
}

/// A WebSocket on an upgraded connection.
pub(crate) type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// Turns a request into a WebSocket (RFC 6455 section 4.2.2) and hands it over.
pub(crate) fn web_socket<Serve, Serving>(mut request: Request, serve: Serve) -> Response
where
    Serve: FnOnce(Socket) -> Serving + Send + 'static,
    Serving: Future<Output = ()> + Send + 'static,
{
    let Some(accept) = accept_key(request.headers()) else {
        return (StatusCode::BAD_REQUEST, "this is a WebSocket endpoint\n").into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgraded.await {
            serve(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await).await;
        }
    });
    let headers = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

fn accept_key(headers: &HeaderMap) -> Option<String> {
    let wanted = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    wanted.eq_ignore_ascii_case("websocket").then(|| derive_accept_key(key.as_bytes()))
}
