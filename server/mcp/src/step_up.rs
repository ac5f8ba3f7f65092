//! Step-up authorization: the server answers a call with insufficient scope with HTTP status 403, before the MCP layer handles
//! it, so that the client requests a token with more scopes (MCP 2026-07-28, authorization, scope challenge handling).

use std::time::Instant;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use dispatch::{Call, InsufficientScope};
use identity::Caller;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::{
    Endpoint, HttpService, Server,
    builtin::resolve_call,
    message_check::{Checked, check_message},
    trace,
};

/// Extension of a response with status 403: all scopes that the request needs, for the `WWW-Authenticate` challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopesNeeded(pub Vec<String>);

/// The members of a JSON-RPC message that identify a tool call. The MCP layer validates the message itself.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Value,
    method: String,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(rename = "_meta", default)]
    meta: Map<String, Value>,
}

impl Message {
    fn call(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok().filter(|message| message.method == "tools/call")
    }

    /// Name and version of the client, if the request contains them.
    fn client(&self) -> Option<String> {
        let client = self.params.meta.get("io.modelcontextprotocol/clientInfo")?;
        Some(format!("{}/{}", client["name"].as_str()?, client["version"].as_str()?))
    }
}

impl Server {
    /// Handles a request: answers a call with insufficient scope with status 403, and forwards everything else to `service`.
    pub(crate) async fn handle(&self, service: HttpService, request: Request) -> Response {
        let limited = |request: &Request| {
            let caller = request.extensions().get::<Caller>().filter(|caller| policy::is_scoped(caller))?;
            Some((caller.clone(), request.extensions().get::<Endpoint>()?.clone()))
        };
        let scoped = limited(&request).filter(|_| request.method() == Method::POST);
        let request = match scoped {
            None => request,
            Some((caller, endpoint)) => {
                let (parts, body) = request.into_parts();
                // an outer layer limits the size
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
                // the transport answers a message that is refused
                let body = match check_message(&body) {
                    Checked::Rewritten(body) => Bytes::from(body),
                    Checked::Unchanged | Checked::Refused(..) => body,
                };
                if let Some(refused) = self.insufficient_scope(caller, &endpoint, &parts.headers, &body).await {
                    return refused;
                }
                Request::from_parts(parts, Body::from(body))
            }
        };
        let Ok(response) = service.oneshot(request).await;
        response
    }

    async fn insufficient_scope(
        &self,
        caller: Caller,
        endpoint: &Endpoint,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Option<Response> {
        let started = Instant::now();
        let message = Message::call(body)?;
        if !self.tools.offers(endpoint, &message.params.name) {
            return None;
        }
        let caller = match message.client() {
            Some(client) => caller.with_client(client),
            None => caller,
        };
        let trace =
            trace::trace_of_message(message.params.meta.get("traceparent").and_then(Value::as_str), Some(headers));
        let name = &message.params.name;
        let arguments = self.tools.read_arguments(name, message.params.arguments).ok()?;
        let resolved = resolve_call(name, arguments, endpoint).ok()??;
        let tool = self.services.dispatcher.catalogue.get(&resolved.tool)?;
        if resolved.read_only_violation(tool).is_some() {
            return None;
        }
        let call = Call { trace, ..Call::new(tool.name(), resolved.arguments) };
        let InsufficientScope { refusal, scopes } =
            dispatch::insufficient_scope(&self.services.dispatcher, &caller, &call).await?;
        self.services.call_ended(tool.name(), &caller, "denied", started.elapsed());
        let body = json!({"jsonrpc": "2.0", "id": message.id, "error": {
            "code": -32000, "message": refusal.to_string(), "data": {"juju-mcp/code": "insufficient_scope", "scopes": scopes}}});
        let mut response = (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
        response.extensions_mut().insert(ScopesNeeded(scopes));
        Some(response)
    }
}
