//! Messages to the MCP endpoint over HTTP: the response to every body is JSON-RPC with the id of that message, without the token
//! and without a status of 500 or above.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header::CONTENT_TYPE},
    response::Response,
};
use identity::{Authenticator, TokenHash};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const TOKEN: &str = "jmcp_0123456789abcdefghijklmnopqrstuv";
/// Number of requests after which the server and its ledger are created again.
const REQUESTS_PER_WORLD: u32 = 20_000;
/// Maximum size of a response, in bytes.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

struct World {
    runtime: Runtime,
    router: Router,
    used: u32,
    _folder: tempfile::TempDir,
}

/// Process-wide, because a value dropped at the end of a thread would find its runtime gone.
static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// Sends the bytes as a body. The first byte selects the headers and the path.
pub fn run(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if world.as_ref().is_none_or(|world| world.used > REQUESTS_PER_WORLD) {
        *world = Some(World::new());
    }
    if let Some(world) = world.as_mut() {
        world.used += 1;
        world.send(*first, body);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // connections to the store need the runtime to close
        let _guard = self.runtime.enter();
        self.router = Router::new();
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let router = runtime.block_on(router(folder.path()));
        Self { runtime, router, used: 0, _folder: folder }
    }

    fn send(&self, kind: u8, body: &[u8]) {
        let path = ["/mcp", "/mcp/full", "/mcp/readonly", "/mcp/x/deploy"][usize::from(kind >> 6)];
        let mut request = Request::post(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if kind & 1 == 0 {
            let message: Value = serde_json::from_slice(body).unwrap_or_default();
            request = request.header("mcp-protocol-version", "2026-07-28");
            for (header, text) in [("mcp-method", &message["method"]), ("mcp-name", &message["params"]["name"])] {
                if let Some(value) = text.as_str().and_then(|text| axum::http::HeaderValue::try_from(text).ok()) {
                    request = request.header(header, value);
                }
            }
        }
        let request = request.body(Body::from(body.to_vec())).expect("a request");
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("an answer");
            let status = response.status().as_u16();
            assert!(status < 500, "status {status} for {:?}", String::from_utf8_lossy(body));
            check_response(response, body).await;
        });
    }
}

/// Checks a response that is no event stream: it ends, and its id is the id of the message.
async fn check_response(response: Response, sent: &[u8]) {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let status = response.status().as_u16();
    if kind.starts_with("text/event-stream") {
        return;
    }
    let body = to_bytes(response.into_body(), MAX_RESPONSE).await.expect("an answer that ends");
    let (text, request) = (String::from_utf8_lossy(&body), String::from_utf8_lossy(sent));
    assert!(!text.contains(TOKEN), "the token in the answer to {request:?}: {text}");
    if body.is_empty() {
        assert!([202, 204].contains(&status), "nothing, with status {status}, for {request:?}");
        return;
    }
    assert_eq!(kind, "application/json", "for {request:?}: {text}");
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(answer["jsonrpc"], "2.0", "for {request:?}: {text}");
    let (result, error) = (answer.get("result").is_some(), answer.get("error").is_some());
    assert!(result != error, "a result or an error for {request:?}: {text}");
    assert!(!error || answer["error"]["code"].is_i64() && answer["error"]["message"].is_string(), "{request:?}: {text}");
    // the server reads the id of a message that it refuses, even if a name in it is no UTF-8
    let message: Value = serde_json::from_str(&request).unwrap_or_default();
    let own =
        answer.get("id").is_some_and(|id| !id.is_null() && message.get("id").is_some_and(|sent| same(id, sent)));
    assert!(own || (error && answer["id"].is_null()), "another id for {request:?}: {text}");
}

/// Whether two ids are the same: `-0` is `0`.
fn same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| Some(number) == other.as_f64())
}

async fn router(folder: &std::path::Path) -> Router {
    let store = store::Store::open(&folder.join("state.db")).await.expect("a store");
    let terms = audit::LedgerConfig {
        signer: audit::Signer::new(&[7; 32]),
        checkpoint_file: folder.join("ledger-checkpoint.json"),
        retention: audit::Retention::default(),
        sinks: Vec::new(),
        known_outcomes: std::collections::HashMap::new(),
    };
    let dispatcher = Arc::new(dispatch::Dispatcher {
        catalogue: catalogue::Catalogue::builtin(),
        policy: policy::ActivePolicy::new(policy::Policy::builtin().expect("the policy"), policy::Budget::default()),
        ledger: audit::Ledger::open(store, terms).await.expect("a ledger"),
        estates: dispatch::estates_of(&juju_client::Controllers::new(Vec::new(), None, juju_client::Settings::default())),
        logs: dispatch::logs_of(&juju_client::Controllers::new(Vec::new(), None, juju_client::Settings::default())),
        observer: None,
        planner: None,
        controllers: juju_client::Controllers::new(Vec::new(), None, juju_client::Settings::default()),
        approvals: dispatch::ApprovalSettings::default(),
        option_mask: policy::OptionMask::new(&[9; 32]),
        clock: dispatch::Clock::default(),
        writes: dispatch::WritesInProgress::default(),
    });
    let mut authenticator = Authenticator::default();
    authenticator.add_static_token(TokenHash::digest(TOKEN), "viewer");
    let settings = http_server::Settings::default();
    let metrics = Arc::new(http_server::metrics::Metrics::default());
    let server = mcp::Server::new(dispatcher, metrics.clone());
    let stop = tokio_util::sync::CancellationToken::new();
    let deps = http_server::RouterDeps {
        mcp: server.http(settings.max_body_bytes, stop, settings.drain_timeout),
        toolsets: vec!["deploy".to_owned()],
        authenticate: Arc::new(authenticator),
        health: Arc::new(()),
        metrics,
        approvals: None,
        live: None,
        events: Arc::new(()),
        console: None,
    };
    http_server::router(&settings, deps)
}
