//! Messages to the MCP endpoint over HTTP: every body is answered, in JSON, as the JSON-RPC answer to that very message, without
//! the token, and never as a fault of ours.

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
/// Requests until the server and its ledger are made anew.
const GENERATION: u32 = 20_000;
/// Longest answer that is read, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

struct World {
    runtime: Runtime,
    router: Router,
    used: u32,
    _folder: tempfile::TempDir,
}

/// Not of a thread: what is dropped as the thread ends finds no runtime any more.
static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// Sends the bytes as a body; the first says with which headers and where.
pub fn run(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if world.as_ref().is_none_or(|world| world.used > GENERATION) {
        *world = Some(World::new());
    }
    if let Some(world) = world.as_mut() {
        world.used += 1;
        world.send(*first, body);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // connections to the store end within the runtime
        let _within = self.runtime.enter();
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
            answers(response, body).await;
        });
    }
}

/// What is no stream ends, and answers the message that was sent; a stream is not waited for.
async fn answers(response: Response, sent: &[u8]) {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let status = response.status().as_u16();
    if kind.starts_with("text/event-stream") {
        return;
    }
    let body = to_bytes(response.into_body(), LONGEST).await.expect("an answer that ends");
    let (text, asked) = (String::from_utf8_lossy(&body), String::from_utf8_lossy(sent));
    assert!(!text.contains(TOKEN), "the token in the answer to {asked:?}: {text}");
    if body.is_empty() {
        assert!([202, 204].contains(&status), "nothing, with status {status}, for {asked:?}");
        return;
    }
    assert_eq!(kind, "application/json", "for {asked:?}: {text}");
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(answer["jsonrpc"], "2.0", "for {asked:?}: {text}");
    let (result, error) = (answer.get("result").is_some(), answer.get("error").is_some());
    assert!(result != error, "a result or an error for {asked:?}: {text}");
    assert!(!error || answer["error"]["code"].is_i64() && answer["error"]["message"].is_string(), "{asked:?}: {text}");
    let question: Value = serde_json::from_slice(sent).unwrap_or_default();
    let own =
        answer.get("id").is_some_and(|id| !id.is_null() && question.get("id").is_some_and(|asked| same(id, asked)));
    assert!(own || (error && answer["id"].is_null()), "another id for {asked:?}: {text}");
}

/// Whether two ids are the same: `-0` is `0`.
fn same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| Some(number) == other.as_f64())
}

async fn router(folder: &std::path::Path) -> Router {
    let store = store::Store::open(&folder.join("state.db")).await.expect("a store");
    let terms = audit::Terms {
        signer: audit::Signer::new(&[7; 32]),
        newest: folder.join("ledger-head.json"),
        keep: audit::Keep::default(),
    };
    let door = Arc::new(dispatch::Door {
        catalogue: catalogue::Catalogue::shipped(),
        policy: policy::InForce::new(policy::Policy::shipped().expect("the policy"), policy::Budget::default()),
        ledger: audit::Ledger::open(store, terms).await.expect("a ledger"),
        controllers: juju_client::Controllers::new(Vec::new(), None, juju_client::Settings::default()),
        approvals: dispatch::ApprovalTerms::default(),
        clock: dispatch::Clock::default(),
    });
    let mut authenticator = Authenticator::default();
    authenticator.accept(TokenHash::of(TOKEN), "viewer");
    let settings = http_server::Settings::default();
    let metrics = Arc::new(http_server::metrics::Metrics::default());
    let server = mcp::Server::new(door, metrics.clone());
    let stop = tokio_util::sync::CancellationToken::new();
    let deps = http_server::RouterDeps {
        mcp: server.http(settings.max_body_bytes, stop),
        toolsets: vec!["deploy".to_owned()],
        authenticate: Arc::new(authenticator),
        health: Arc::new(()),
        metrics,
        approvals: None,
        events: Arc::new(()),
        console: None,
    };
    http_server::router(&settings, deps).expect("a router")
}
