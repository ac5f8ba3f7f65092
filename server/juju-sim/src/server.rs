//! TLS, HTTP and WebSocket on one port, as a controller has them.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, Path, Query, Request, State},
    response::Response,
    routing::{get, post, put},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use juju_wire::debug_log::LogQuery;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{context::Context, log, methods::Methods, session::Session, socket, upload, web_socket::web_socket};

/// Largest charm or resource that is taken, in bytes.
const LARGEST_UPLOAD: usize = 64 * 1024 * 1024;

/// The state of the router: the shared context, and the methods that sessions call.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) context: Arc<Context>,
    pub(crate) methods: Arc<Methods>,
}

impl FromRef<Served> for Arc<Context> {
    fn from_ref(served: &Served) -> Self {
        Self::clone(&served.context)
    }
}

/// Accepts connections until `stop` is cancelled.
pub(crate) async fn serve(listener: TcpListener, tls: TlsAcceptor, served: Served, stop: CancellationToken) {
    let router = router(served.clone());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let open = served.context.faults.token();
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

fn router(served: Served) -> Router {
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

async fn controller(State(served): State<Served>, request: Request) -> Response {
    upgrade(served, None, request)
}

async fn model(State(served): State<Served>, Path(uuid): Path<String>, request: Request) -> Response {
    upgrade(served, Some(uuid), request)
}

async fn debug_log(
    State(context): State<Arc<Context>>,
    Path(uuid): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let query = LogQuery::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let user = log::authenticate(&context, request.headers());
    let stop = context.faults.token();
    web_socket(request, move |socket| log::stream(socket, context, uuid, query, user, stop))
}

fn upgrade(Served { context, methods }: Served, model: Option<String>, request: Request) -> Response {
    web_socket(request, move |socket| async move {
        let stop = context.faults.token();
        let session = Arc::new(Session::new(Arc::clone(&context), model));
        socket::serve(socket, session, methods, move || context.faults.delay(), stop).await;
    })
}
