//! Streamable HTTP as a tower service, for both protocol eras on the same path.
//!
//! A request runs in the task of its connection, so it ends when its client disconnects. Requests of older clients need a session
//! ([`sessions`]). Calls, lists of tools and subscriptions of 2026-07-28 need none. rmcp's own service answers everything else: the other
//! methods of 2026-07-28, and with its own errors every message that violates the protocol.

mod answer;
pub(crate) mod client_link;
mod incoming;
mod outbox;
mod sessions;

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use identity::Caller;
use parking_lot::Mutex;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, Service,
    model::{
        ClientCapabilities, ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, Implementation,
        InitializeRequestParams, RequestId, ServerJsonRpcMessage, ServerResult,
    },
    service::{Peer, RequestContext},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt as _, util::BoxCloneSyncService};

use crate::{
    CallMetrics,
    message_check::{Checked, check_message},
};
use answer::{Answer, Running, event_stream, notice_stream};
use client_link::{ClientLink, closed_peer};
use incoming::{Incoming, IncomingRequest, has_legacy_version, is_acceptable};
use outbox::event;
use sessions::{CallInSession, Sessions};

pub(crate) use sessions::Session;

/// Answers MCP requests; never fails as a service.
pub type HttpService = BoxCloneSyncService<Request, Response, Infallible>;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Stored serialized results; one more drops all.
const MAX_STORED_RESULTS: usize = 64;

/// A handler that [`streamable_http`] serves.
pub trait HttpHandler: ServerHandler + Clone {
    /// Whether the handler takes the peer of a request from its link, where it is made on demand.
    const PEER_ON_DEMAND: bool = false;

    /// The key under which the serialized result of this request is stored; default: none, the handler makes the result for each request.
    fn result_key(&self, _: &ClientRequest, _: &Parts) -> Option<String> {
        None
    }

    /// What ends the streams of sessions; default: nothing.
    fn stop(&self) -> Option<CancellationToken> {
        None
    }

    /// Whether the schema of a tool requires headers that repeat arguments. rmcp's service checks them.
    fn has_parameter_headers(&self, _tool: &str) -> bool {
        true
    }
}

/// Serves `handler`.
///
/// Outer layers check `Host`, `Origin` and the size of bodies; this service does not check them again.
pub fn streamable_http<Handler: HttpHandler>(
    handler: Handler,
    max_body_bytes: usize,
    metrics: Arc<dyn CallMetrics>,
) -> HttpService {
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(max_body_bytes);
    let served = handler.clone();
    let others =
        StreamableHttpService::new(move || Ok(served.clone()), Arc::new(NeverSessionManager::default()), config);
    let transport = Arc::new(StreamableHttp {
        handler,
        others,
        max_body_bytes,
        sessions: Sessions::new(Arc::clone(&metrics)),
        metrics,
        closed_peer: OnceLock::new(),
        results: Mutex::default(),
    });
    BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
        let transport = Arc::clone(&transport);
        async move { Ok::<_, Infallible>(transport.handle(request).await) }
    }))
}

struct StreamableHttp<Handler> {
    handler: Handler,
    /// Answers what this transport does not.
    others: StreamableHttpService<Handler, NeverSessionManager>,
    max_body_bytes: usize,
    sessions: Sessions,
    metrics: Arc<dyn CallMetrics>,
    closed_peer: OnceLock<Peer<RoleServer>>,
    results: Mutex<HashMap<String, Bytes>>,
}

impl<Handler: HttpHandler> StreamableHttp<Handler> {
    async fn handle(self: Arc<Self>, request: Request) -> Response {
        match *request.method() {
            Method::POST => self.post(request).await,
            Method::GET if has_legacy_version(request.headers()) => {
                self.stream(request.headers(), request.extensions())
            }
            Method::DELETE if has_legacy_version(request.headers()) => {
                match self.session(request.headers(), request.extensions()) {
                    Ok(session) => {
                        self.sessions.end(&session);
                        StatusCode::ACCEPTED.into_response()
                    }
                    Err(refused) => refused.into_response(),
                }
            }
            _ => self.forward(request).await,
        }
    }

    /// Lets rmcp's service answer.
    async fn forward(&self, request: Request) -> Response {
        let Ok(response) = self.others.clone().oneshot(request).await;
        response.map(Body::new)
    }

    async fn post(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let session = match self.session(&parts.headers, &parts.extensions) {
            Err(StatusCode::NOT_FOUND) => return StatusCode::NOT_FOUND.into_response(),
            session => session,
        };
        let Ok(body) = to_bytes(body, self.max_body_bytes).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let body = match check_message(&body) {
            Checked::Unchanged => body,
            Checked::Rewritten(body) => Bytes::from(body),
            Checked::Refused(error, Some(id)) => return Answer::new(Err(error), id, false).into_response(),
            // a message without an id expects no answer
            Checked::Refused(_, None) => return StatusCode::BAD_REQUEST.into_response(),
        };
        let incoming = if is_acceptable(&parts.headers) { Incoming::parse(&body) } else { None };
        match incoming {
            Some(Incoming::Request(request)) if self.is_direct(&request, &parts.headers) => {
                self.run(parts, *request, None).await
            }
            Some(Incoming::Request(request)) if request.is_initialize(&parts.headers) => {
                self.initialize(parts, *request).await
            }
            // its params do not fit, which the handler states
            Some(Incoming::Request(request)) if request.is_malformed_initialize() => {
                self.run(parts, *request, None).await
            }
            Some(Incoming::Request(request)) if request.is_in_session(&parts.headers) => match session {
                Ok(session) => self.run(parts, *request, Some(session)).await,
                Err(refused) => refused.into_response(),
            },
            Some(Incoming::Other(message)) if has_legacy_version(&parts.headers) => match session {
                Ok(session) => {
                    accept(&session, *message);
                    StatusCode::ACCEPTED.into_response()
                }
                Err(refused) => refused.into_response(),
            },
            _ => self.forward(Request::from_parts(parts, Body::from(body))).await,
        }
    }

    fn is_direct(&self, request: &IncomingRequest, headers: &HeaderMap) -> bool {
        let parameters = || match &request.request {
            ClientRequest::CallToolRequest(call) => self.handler.has_parameter_headers(&call.params.name),
            _ => false,
        };
        request.is_plain_modern(headers) && !parameters()
    }

    /// The session that a request names, or the refusal.
    fn session(&self, headers: &HeaderMap, extensions: &axum::http::Extensions) -> Result<Arc<Session>, StatusCode> {
        let Some(id) = headers.get(SESSION_ID) else { return Err(StatusCode::BAD_REQUEST) };
        let session = id.to_str().ok().and_then(|id| self.sessions.get(id, &owner(extensions)));
        session.ok_or(StatusCode::NOT_FOUND)
    }

    /// Answers an older client's `initialize`, and opens its session.
    async fn initialize(self: Arc<Self>, parts: Parts, incoming: IncomingRequest) -> Response {
        let IncomingRequest { id, request, meta } = incoming;
        let ClientRequest::InitializeRequest(initialize) = &request else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let mut client = initialize.params.clone();
        let owner = owner(&parts.extensions);
        let link = Arc::new(ClientLink::new(client.clone(), None));
        let mut context = RequestContext::new(id.clone(), link.peer());
        context.meta = meta;
        context.extensions.insert(parts);
        let result = self.handler.handle_request(request, context).await;
        let session = match &result {
            Ok(ServerResult::InitializeResult(agreed)) => {
                client.protocol_version = agreed.protocol_version.clone();
                HeaderValue::from_str(&self.sessions.open(&owner, client).id).ok()
            }
            _ => None,
        };
        let mut response = Answer::new(result, id, false).into_response();
        if let Some(session) = session {
            response.headers_mut().insert(SESSION_ID, session);
        }
        response
    }

    /// Runs a request.
    async fn run(self: Arc<Self>, parts: Parts, incoming: IncomingRequest, session: Option<Arc<Session>>) -> Response {
        let IncomingRequest { id, request, meta } = incoming;
        let key = self.handler.result_key(&request, &parts).map(|key| format!("{} {key}", session.is_some()));
        if let Some(stored) = key.as_ref().and_then(|key| self.results.lock().get(key).cloned()) {
            return Answer::from_serialized(&stored, &id).into_response();
        }
        let call = match session.as_ref().map(|session| session.begin(id.clone())) {
            Some(None) => return StatusCode::NOT_FOUND.into_response(),
            Some(call) => call,
            None => None,
        };
        let declared = session.as_ref().map_or_else(|| modern_client(&meta), |session| session.client.clone());
        let link = Arc::new(ClientLink::new(declared, session.clone()));
        let on_demand = Handler::PEER_ON_DEMAND && !matches!(request, ClientRequest::SubscriptionsListenRequest(_));
        let peer = if on_demand { self.closed_peer.get_or_init(closed_peer).clone() } else { link.peer() };
        let mut context = RequestContext::new(id.clone(), peer);
        context.meta = meta;
        context.extensions.insert(parts);
        context.extensions.insert(Arc::clone(&link));
        let (outbox, metrics) = (Arc::clone(&link.outbox), Arc::clone(&self.metrics));
        let running = Running {
            resumable: session.is_some().then(|| id.clone()),
            work: Box::pin(self.work(Work { id, request, context, call, key })),
            outbox,
            metrics,
        };
        running.respond().await
    }

    async fn work(self: Arc<Self>, work: Work) -> Answer {
        let Work { id, request, mut context, call, key } = work;
        // ends when this future is dropped: the client has disconnected
        let ended = call.as_ref().map_or_else(CancellationToken::new, |call| call.token.clone());
        context.ct = ended.child_token();
        let _cancel = ended.drop_guard();
        let result = self.handler.handle_request(request, context).await;
        if let (Some(key), Ok(result)) = (key, &result)
            && let Ok(serialized) = serde_json::to_vec(result)
        {
            let serialized = Bytes::from(serialized);
            let mut results = self.results.lock();
            if results.len() >= MAX_STORED_RESULTS {
                results.clear();
            }
            results.insert(key, serialized.clone());
            return Answer::from_serialized(&serialized, &id);
        }
        Answer::new(result, id, call.is_none())
    }

    /// Opens the stream of an older client's session, for the notices of its subscriptions. Answers a client that looks for the
    /// rest of a broken stream: the request has ended with its stream.
    fn stream(&self, headers: &HeaderMap, extensions: &axum::http::Extensions) -> Response {
        let session = match self.session(headers, extensions) {
            Ok(session) => session,
            Err(refused) => return refused.into_response(),
        };
        let Some(last) = headers.get(LAST_EVENT_ID) else {
            return match session.begin_stream() {
                Some(stream) => notice_stream(stream, self.handler.stop(), Arc::clone(&self.metrics)),
                None => StatusCode::NOT_FOUND.into_response(),
            };
        };
        let Ok(id) = serde_json::from_slice::<RequestId>(last.as_bytes()) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let error = ErrorData::new(
            ErrorCode(-32000),
            "the connection broke before the answer: a read was cancelled, and a change may have been executed; look at the \
             state before you repeat it",
            None,
        );
        let answer = event(&ServerJsonRpcMessage::error(error, Some(id)));
        event_stream(futures::stream::once(std::future::ready(answer)))
    }
}

/// A request with its context.
struct Work {
    id: RequestId,
    request: ClientRequest,
    context: RequestContext<RoleServer>,
    /// The call in its session; absent for requests of 2026-07-28.
    call: Option<CallInSession>,
    key: Option<String>,
}

/// The caller that owns a session: subject, provider and OAuth client. Two providers may have users of the same subject.
fn owner(extensions: &axum::http::Extensions) -> String {
    let Some(caller) = extensions.get::<Caller>() else { return String::new() };
    let claims = caller.claims();
    let issuer = claims.map_or("", |claims| &*claims.issuer);
    let client = claims.and_then(|claims| claims.client_id.as_deref()).unwrap_or_default();
    // quoted, so that no part can pass for two
    format!("{:?} {issuer:?} {client:?}", caller.subject())
}

/// What a client of 2026-07-28 declares in a request.
fn modern_client(meta: &rmcp::model::RequestMetaObject) -> InitializeRequestParams {
    let mut declared = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default());
    if let Some(version) = meta.protocol_version() {
        declared.protocol_version = version;
    }
    declared
}

/// Takes a notification or a response. Notifications other than a cancellation need no action.
fn accept(session: &Session, message: ClientJsonRpcMessage) {
    match message {
        ClientJsonRpcMessage::Notification(message) => {
            if let ClientNotification::CancelledNotification(cancelled) = message.notification
                && let Some(id) = &cancelled.params.request_id
            {
                session.cancel(id);
            }
        }
        response => session.answer(response),
    }
}
