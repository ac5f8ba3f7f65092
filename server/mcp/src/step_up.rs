//! A call with a token that is too narrow ends as an HTTP status, before the protocol's own machinery has begun an answer: by
//! status 403 a client knows that it has to sign in for more (MCP 2026-07-28, authorization, scope challenge handling).

use std::time::Instant;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use dispatch::{Call, Narrow};
use identity::Caller;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::{HttpService, Server, Surface, call::Meant, trace};

/// Goes with a response of status 403: all scopes that the request needs, for the challenge that whoever sends it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopesNeeded(pub Vec<String>);

/// What has to be known of a message to see whether it is a call. That it is well-formed is looked at elsewhere.
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

    /// What the client calls itself, where each request says so.
    fn client(&self) -> Option<String> {
        let client = self.params.meta.get("io.modelcontextprotocol/clientInfo")?;
        Some(format!("{}/{}", client["name"].as_str()?, client["version"].as_str()?))
    }
}

impl Server {
    /// Answers a request, unless it is a call with a token that is too narrow.
    pub(crate) async fn answer(&self, service: HttpService, request: Request) -> Response {
        let limited = |request: &Request| {
            let caller = request.extensions().get::<Caller>().filter(|caller| policy::scope::limited(caller))?;
            Some((caller.clone(), request.extensions().get::<Surface>()?.clone()))
        };
        let asked = limited(&request).filter(|_| request.method() == Method::POST);
        let request = match asked {
            None => request,
            Some((caller, surface)) => {
                let (parts, body) = request.into_parts();
                // the layers before have bounded it
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
                if let Some(refused) = self.too_narrow(caller, &surface, &parts.headers, &body).await {
                    return refused;
                }
                Request::from_parts(parts, Body::from(body))
            }
        };
        let Ok(response) = service.oneshot(request).await;
        response
    }

    async fn too_narrow(
        &self,
        caller: Caller,
        surface: &Surface,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Option<Response> {
        let begun = Instant::now();
        let message = Message::call(body)?;
        if !self.shelf.has(surface, &message.params.name) {
            return None;
        }
        let caller = match message.client() {
            Some(client) => caller.with_client(client),
            None => caller,
        };
        let trace = trace::of(message.params.meta.get("traceparent").and_then(Value::as_str), Some(headers));
        let meant = Meant::of(&message.params.name, message.params.arguments, surface).ok()?;
        let tool = self.door.catalogue.get(&meant.tool)?;
        if meant.out_of_place(tool).is_some() {
            return None;
        }
        let call = Call { trace, ..Call::new(tool.name(), meant.arguments) };
        let Narrow { refusal, scopes } = dispatch::too_narrow(&self.door, &caller, &call).await?;
        self.observe.call_ended(tool.name(), "denied", begun.elapsed());
        let body = json!({"jsonrpc": "2.0", "id": message.id, "error": {
            "code": -32000, "message": refusal.to_string(), "data": {"juju-mcp/code": "insufficient scope", "scopes": scopes}}});
        let mut response = (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
        response.extensions_mut().insert(ScopesNeeded(scopes));
        Some(response)
    }
}
