//! Parses the messages of clients, and decides in which era one is.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, header};
use rmcp::model::{
    CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, GetMeta as _, JsonRpcVersion2_0, ListToolsRequest,
    PaginatedRequestParams, ProtocolVersion, Request, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde_json::value::RawValue;

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// Headers that repeat an argument of a call.
const PARAMETER_PREFIX: &str = "mcp-param-";

/// A message of a client.
pub(super) enum Incoming {
    /// A request.
    Request(Box<IncomingRequest>),
    /// A notification or a response.
    Other(Box<ClientJsonRpcMessage>),
}

/// A request and its metadata.
pub(super) struct IncomingRequest {
    pub(super) id: RequestId,
    pub(super) request: ClientRequest,
    pub(super) meta: RequestMetaObject,
}

/// The members of every message.
#[derive(Deserialize)]
struct Envelope<'body> {
    #[expect(dead_code, reason = "only its presence is checked")]
    jsonrpc: JsonRpcVersion2_0,
    #[serde(borrow)]
    id: Option<&'body RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'body, str>>,
    #[serde(borrow)]
    params: Option<&'body RawValue>,
}

impl Incoming {
    /// Parses a message; `None` if it is not one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        if let Some(request) = frequent(body) {
            return Some(Self::Request(Box::new(request)));
        }
        Some(match serde_json::from_slice(body).ok()? {
            ClientJsonRpcMessage::Request(mut message) => {
                let meta = std::mem::take(message.request.get_meta_mut());
                Self::Request(Box::new(IncomingRequest { id: message.id, request: message.request, meta }))
            }
            other => Self::Other(Box::new(other)),
        })
    }
}

/// Parses the two most frequent requests without the general type of all messages, which tries one kind after the other.
fn frequent(body: &[u8]) -> Option<IncomingRequest> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    let id = serde_json::from_str(envelope.id?.get()).ok()?;
    match &*envelope.method? {
        "tools/call" => {
            let mut params: CallToolRequestParams = serde_json::from_str(envelope.params?.get()).ok()?;
            let meta = params.meta.take().unwrap_or_default();
            Some(IncomingRequest { id, request: ClientRequest::CallToolRequest(Request::new(params)), meta })
        }
        "tools/list" => {
            let params = envelope.params.map(|params| serde_json::from_str(params.get())).transpose().ok()?;
            let mut params: PaginatedRequestParams = params.unwrap_or_default();
            let meta = params.meta.take().unwrap_or_default();
            let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
            Some(IncomingRequest { id, request, meta })
        }
        _ => None,
    }
}

/// Whether the client accepts both kinds of response and sends JSON.
pub(super) fn is_acceptable(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accept = text(header::ACCEPT);
    accept.contains("application/json")
        && accept.contains("text/event-stream")
        && text(header::CONTENT_TYPE).starts_with("application/json")
}

/// Whether the version in the header, if there is one, is a known one that has sessions.
pub(super) fn has_legacy_version(headers: &HeaderMap) -> bool {
    headers.get(PROTOCOL_VERSION).is_none_or(|version| {
        let known = |known: &&ProtocolVersion| version.as_bytes() == known.as_str().as_bytes();
        ProtocolVersion::KNOWN_VERSIONS.iter().find(known).is_some_and(ProtocolVersion::has_initialize)
    })
}

impl IncomingRequest {
    /// Whether an older client sent this request in a session.
    pub(super) fn is_in_session(&self, headers: &HeaderMap) -> bool {
        has_legacy_version(headers)
            && self.meta.protocol_version().is_none()
            && !matches!(self.request, ClientRequest::DiscoverRequest(_) | ClientRequest::InitializeRequest(_))
    }

    /// Whether this is an `initialize` that agrees with its headers, as far as there are any.
    pub(super) fn is_initialize(&self, headers: &HeaderMap) -> bool {
        let ClientRequest::InitializeRequest(initialize) = &self.request else { return false };
        let agrees = |name: HeaderName, expected: &str| headers.get_all(name).iter().all(|value| value == expected);
        agrees(PROTOCOL_VERSION, initialize.params.protocol_version.as_str()) && agrees(METHOD, "initialize")
    }

    /// Whether this is an `initialize` with params that do not fit it.
    pub(super) fn is_malformed_initialize(&self) -> bool {
        matches!(&self.request, ClientRequest::CustomRequest(custom) if custom.method == "initialize")
    }

    /// Whether this is a call, a list of tools or a subscription of 2026-07-28, complete and with headers that plainly agree.
    pub(super) fn is_plain_modern(&self, headers: &HeaderMap) -> bool {
        let (method, name) = match &self.request {
            ClientRequest::CallToolRequest(call) => ("tools/call", Some(&*call.params.name)),
            ClientRequest::ListToolsRequest(_) => ("tools/list", None),
            ClientRequest::SubscriptionsListenRequest(_) => ("subscriptions/listen", None),
            _ => return false,
        };
        let version = ProtocolVersion::V_2026_07_28;
        let single = |header: HeaderName, expected: &str| {
            let mut values = headers.get_all(header).iter();
            values.next().is_some_and(|value| value == expected) && values.next().is_none()
        };
        self.meta.protocol_version().as_ref() == Some(&version)
            && self.meta.missing_required_keys(&version).is_empty()
            && single(PROTOCOL_VERSION, version.as_str())
            && single(METHOD, method)
            && name.is_none_or(|name| !name.starts_with("=?") && single(NAME, name))
            && !headers.keys().any(|header| header.as_str().starts_with(PARAMETER_PREFIX))
    }
}
