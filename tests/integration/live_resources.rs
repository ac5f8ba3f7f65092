//! The live estate as resources and as a stream of events: listed, read and followed with the permissions of the caller.

use juju_sim::{Fault, Simulator};
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{
    StdioClient, TestServer,
    raw_http::{Request, Response},
    side_by_side::simulator,
    stdio_client::initialize_request,
    test_server::ServerSetup,
    wait_until,
};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::mcp_progress_and_cancel::read_until;

const STATUS: &str = "juju://simulated/admin%2Fshop/status";
const PAYMENT: &str = "juju://simulated/shop/unit/payment/0";
/// The role of the callers: it reads the shop, and does not see the controller's own model.
const ROLES: &str = "
roles:
  viewer:
    description: Reads the shop.
    allow:
      - {tools: '*', effects: [read], models: shop}
      - {tools: [models, show-model]}
    deny:
      - {tools: '*', models: controller}
";

/// A server for the simulated shop.
struct Shop {
    simulator: Simulator,
    served: TestServer,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn start() -> Self {
        let (simulator, folder) = (simulator("shop").await, tempfile::tempdir().expect("a folder"));
        let policy = Policy::read(&[("own.yaml", ROLES)], BuiltinRules::None).expect("good");
        let setup = ServerSetup { policy, ..ServerSetup::with_simulator(&simulator, folder.path()).await };
        let served = TestServer::with(folder.path(), setup).await;
        Self { simulator, served, _folder: folder }
    }

    /// Replaces the policy by one that lets the caller read nothing of the shop.
    fn revoke(&self) {
        let text = ROLES.replace("models: shop}", "models: other}");
        self.served.dispatcher.policy.replace(Policy::read(&[("own.yaml", &text)], BuiltinRules::None).expect("good"));
    }

    fn modern(&self, method: &str, params: Value) -> Request {
        let name = params["uri"].as_str().map(str::to_owned);
        let request = Request::modern("/mcp", method, params).token(self.served.token("viewer"));
        match name {
            Some(uri) => request.header("mcp-name", &uri),
            None => request,
        }
    }

    async fn send(&self, method: &str, params: Value) -> Value {
        self.modern(method, params).send(self.served.address).await.expect("an answer").json()
    }

    async fn read(&self, uri: &str) -> Value {
        let read = self.send("resources/read", json!({"uri": uri})).await;
        let text = read["result"]["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{uri}: {read}"));
        serde_json::from_str(text).expect("JSON")
    }

    /// Makes the payment service fail, which changes a unit and the status of its model.
    async fn break_payment(&self) {
        self.simulator.inject(Fault::HookError("payment/0".to_owned())).await.expect("injected");
    }

    async fn tools_in_ledger(&self) -> Vec<String> {
        let records = serde_json::to_value(self.served.ledger_records().await).expect("records");
        let tools =
            records.as_array().expect("a list").iter().filter_map(|record| record["operation"]["tool"].as_str());
        tools.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn resources_are_listed_and_read_as_acts_of_the_caller() {
    let shop = Shop::start().await;
    assert_eq!(shop.simulator.watchers().1, 0, "nothing is watched before it is needed");
    let templates = shop.send("resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().expect("templates").clone();
    assert!(
        templates.iter().any(|one| one["uriTemplate"] == "juju://{controller}/{model}/unit/{name}"),
        "{templates:?}"
    );
    let status = shop.read(STATUS).await;
    assert_eq!(status["applications"]["web"]["unit_count"], 2, "{status}");
    assert_eq!(status["applications"]["web"]["status"]["current"], "active", "{status}");
    assert!(status["as_of"].is_string() && status["last_event"].is_string(), "{status}");
    assert_eq!(shop.read(PAYMENT).await["application"], "payment");
    assert_eq!(
        shop.read("juju://simulated/shop/application/web").await["units"].as_object().map(serde_json::Map::len),
        Some(2)
    );
    assert_eq!(shop.read("juju://simulated/shop/machine/0").await["agent"]["current"], "started");
    assert!(
        shop.read("juju://simulated/shop/relations").await["relations"].as_object().is_some_and(|all| all.len() > 4)
    );
    assert!(shop.read("juju://simulated/shop/offers").await["offers"].is_object());
    assert!(shop.read("juju://simulated/shop/events").await["events"].is_array());
    let topology = shop.read("juju://simulated/shop/topology").await;
    assert_eq!(topology["applications"]["web"]["units"], 2, "{topology}");
    assert!(topology["relations"].as_object().is_some_and(|all| all.len() > 4), "{topology}");
    let diagram = shop.send("resources/read", json!({"uri": "juju://simulated/shop/topology.mmd"})).await;
    let diagram = &diagram["result"]["contents"][0];
    assert_eq!(diagram["mimeType"], "text/vnd.mermaid", "{diagram}");
    assert!(diagram["text"].as_str().is_some_and(|text| text.starts_with("flowchart LR\n") && text.contains("-->")));
    let estate = shop.read("juju://estate").await;
    assert_eq!(estate["controllers"]["simulated"]["models"][0]["watched"]["applications"], 8, "{estate}");
    let listed = shop.send("resources/list", json!({})).await.to_string();
    for uri in ["juju://estate", STATUS, "juju://simulated/admin%2Fshop/application/web"] {
        assert!(listed.contains(uri), "{uri} in {listed}");
    }
    assert_eq!(shop.simulator.watchers().1, 1, "all resources of a model share one watcher");
    let tools = shop.tools_in_ledger().await;
    for tool in ["juju_status", "juju_show_application", "juju_show_machine", "juju_offers", "juju_models"] {
        assert!(tools.iter().any(|recorded| recorded == tool), "{tool} in {tools:?}");
    }
    assert!(shop.simulator.writes().is_empty(), "{:?}", shop.simulator.writes());
}

#[tokio::test]
async fn caller_neither_sees_nor_reads_what_its_role_does_not_allow() {
    let shop = Shop::start().await;
    let hidden = "juju://simulated/controller/status";
    assert!(!shop.send("resources/list", json!({})).await.to_string().contains("controller/status"));
    let refused = shop.send("resources/read", json!({"uri": hidden})).await;
    assert_eq!(refused["error"]["data"]["juju-mcp/code"], "permission_denied", "{refused}");
    let refused = shop.send("subscriptions/listen", listen_params(&[hidden])).await;
    assert_eq!(refused["error"]["data"]["juju-mcp/code"], "permission_denied", "{refused}");
    let stream = Request::new("GET", "/api/v1/events?model=controller").token(shop.served.token("viewer"));
    let answer = stream.send(shop.served.address).await.expect("an answer");
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("permission_denied")), "{answer:?}");
    for uri in
        ["juju://simulated/shop/unit/web/99", "juju://simulated/no-such-model/status", "juju://nonsense", "file:///x"]
    {
        let missing = shop.send("resources/read", json!({"uri": uri})).await;
        assert_eq!(missing["error"]["code"], -32602, "{uri}: {missing}");
    }
    assert_eq!(shop.simulator.watchers().1, 1, "only the model of the unit that does not exist is watched");
}

fn listen_params(uris: &[&str]) -> Value {
    json!({"notifications": {"resourceSubscriptions": uris, "resourcesListChanged": true}})
}

#[tokio::test]
async fn log_is_a_resource_for_callers_that_may_read_it() {
    const LOG: &str = "juju://simulated/shop/log";
    let shop = Shop::start().await;
    let refused = shop.send("resources/read", json!({"uri": LOG})).await;
    assert_eq!(refused["error"]["data"]["juju-mcp/code"], "permission_denied", "{refused}");
    shop.break_payment().await;
    wait_until("the log has lines", async || {
        let request = Request::modern("/mcp", "resources/read", json!({"uri": LOG})).token(shop.served.token("admin"));
        let read = request.header("mcp-name", LOG).send(shop.served.address).await.expect("an answer").json();
        let text = read["result"]["contents"][0]["text"].as_str().expect("a text");
        let log: Value = serde_json::from_str(text).expect("JSON");
        if log["lines"].as_array().is_some_and(|lines| (1..=100).contains(&lines.len())) {
            Ok(())
        } else {
            Err(log.to_string())
        }
    })
    .await;
    assert!(shop.tools_in_ledger().await.iter().any(|tool| tool == "juju_debug_log"));
}

#[tokio::test]
async fn subscription_to_a_log_notifies_who_may_read_it_of_new_lines() {
    const LOG: &str = "juju://simulated/shop/log";
    let shop = Shop::start().await;
    let refused = shop.send("subscriptions/listen", listen_params(&[LOG])).await;
    assert_eq!(refused["error"]["data"]["juju-mcp/code"], "permission_denied", "{refused}");
    let listen = Request::modern("/mcp", "subscriptions/listen", listen_params(&[LOG]));
    let mut stream = listen.token(shop.served.token("admin")).open(shop.served.address).await.expect("sent");
    read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    let fault = "log payment/0 WARNING the cache is slow".parse().expect("a fault");
    shop.simulator.inject(fault).await.expect("injected");
    let seen = read_until(&mut stream, &format!("\"uri\":\"{LOG}\"")).await;
    assert!(seen.contains("notifications/resources/updated"), "{seen}");
}

#[tokio::test]
async fn schemas_are_resources_that_resources_and_templates_name() {
    let shop = Shop::start().await;
    let templates = shop.send("resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().expect("templates").clone();
    let named: Vec<_> = templates.iter().filter_map(|one| one["_meta"]["juju-mcp/schema"].as_str()).collect();
    assert_eq!(named.len(), 9, "{named:?}");
    for uri in named.into_iter().chain(["juju://schemas/estate"]) {
        let schema = shop.read(uri).await;
        assert_eq!(schema["$id"], uri, "{schema}");
    }
    let missing = shop.send("resources/read", json!({"uri": "juju://schemas/nonsense"})).await;
    assert_eq!(missing["error"]["code"], -32602, "{missing}");
    let reference = json!({"type": "ref/resource", "uri": "juju://schemas/{resource}"});
    let argument = json!({"name": "resource", "value": "to"});
    let completed = shop.send("completion/complete", json!({"ref": reference, "argument": argument})).await;
    assert_eq!(completed["result"]["completion"]["values"], json!(["topology"]), "{completed}");
}

#[tokio::test]
async fn subscription_ends_when_its_model_is_gone() {
    let shop = Shop::start().await;
    let listen = shop.modern("subscriptions/listen", listen_params(&[STATUS]));
    let mut stream = listen.open(shop.served.address).await.expect("sent");
    let mut seen = read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    shop.read(STATUS).await;
    let caller = identity::Caller::local("ana", "admin");
    let arguments = json!({"model": "admin/shop", "force": true, "destroy_storage": true});
    let call = dispatch::Call::new("juju_destroy_model", arguments.as_object().cloned().expect("an object"));
    if let Err(refused) = dispatch::execute(&shop.served.dispatcher, &caller, call).await {
        panic!("{}", refused.refusal);
    }
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("the end of the stream");
    seen.push_str(&rest);
    let answer = Response::parse(&seen).expect("HTTP");
    let last = answer.events().last().cloned().expect("an answer");
    assert_eq!(last["error"]["data"]["juju-mcp/code"], "resource_not_found", "{last}");
}

#[tokio::test]
async fn listening_client_is_notified_of_a_change_until_its_permission_is_lost() {
    let shop = Shop::start().await;
    let listen = shop.modern("subscriptions/listen", listen_params(&[STATUS, PAYMENT]));
    let mut stream = listen.open(shop.served.address).await.expect("sent");
    let mut seen = read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    wait_until("the model is watched", async || match shop.simulator.watchers().0 {
        1 => Ok(()),
        open => Err(format!("{open} watchers")),
    })
    .await;
    shop.read(PAYMENT).await;
    shop.break_payment().await;
    // the sequence of both notices is not fixed, and both may arrive at once
    while !(seen.contains(&format!("\"uri\":\"{STATUS}\"")) && seen.contains(&format!("\"uri\":\"{PAYMENT}\""))) {
        seen.push_str(&read_until(&mut stream, "notifications/resources/updated").await);
    }
    wait_until("the unit fails", async || match shop.read(PAYMENT).await {
        unit if unit["workload"]["current"] == "error" => Ok(()),
        unit => Err(unit.to_string()),
    })
    .await;
    shop.revoke();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("the end of the stream");
    let answer = Response::parse(&(seen + &rest)).expect("HTTP");
    let last = answer.events().last().cloned().expect("an answer");
    assert_eq!(last["error"]["data"]["juju-mcp/code"], "permission_denied", "{last}");
}

#[tokio::test]
async fn older_client_receives_notices_by_the_stream_of_its_session() {
    let shop = Shop::start().await;
    let token = shop.served.token("viewer");
    let opened = Request::rpc("/mcp", &initialize_request("2025-11-25", &json!({}))).token(token);
    let opened = opened.send(shop.served.address).await.expect("sent");
    assert_eq!(opened.json()["result"]["capabilities"]["resources"], json!({"subscribe": true, "listChanged": true}));
    let session = opened.header("mcp-session-id").to_owned();
    let call = async |id: u32, method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let request = Request::rpc("/mcp", &message).header("mcp-session-id", &session).token(token);
        request.send(shop.served.address).await.expect("sent").json()
    };
    let missing = call(2, "resources/read", json!({"uri": "juju://simulated/shop/unit/web/99"})).await;
    assert_eq!(missing["error"]["code"], -32002, "{missing}");
    let get = Request::new("GET", "/mcp").header("accept", "text/event-stream").header("mcp-session-id", &session);
    let mut stream = get.token(token).open(shop.served.address).await.expect("sent");
    assert_eq!(call(3, "resources/subscribe", json!({"uri": PAYMENT})).await["result"], json!({}));
    shop.break_payment().await;
    let seen = read_until(&mut stream, "notifications/resources/updated").await;
    assert!(seen.contains(PAYMENT), "{seen}");
    assert_eq!(call(4, "resources/unsubscribe", json!({"uri": PAYMENT})).await["result"], json!({}));
    let end = Request::new("DELETE", "/mcp").header("mcp-session-id", &session).token(token);
    assert_eq!(end.send(shop.served.address).await.expect("sent").status, 202);
    stream.read_to_end(&mut Vec::new()).await.expect("the stream ends with its session");
}

#[tokio::test]
async fn client_over_stdio_subscribes_in_both_eras() {
    let shop = Shop::start().await;
    let caller = identity::Caller::local("ana", "viewer");
    let server = || shop.served.server.clone().local(caller.clone(), mcp::Endpoint::curated());
    let mut older = StdioClient::with(server());
    older.initialize("2025-11-25", &json!({})).await;
    let subscribe = json!({"jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": {"uri": PAYMENT}});
    assert_eq!(older.request(subscribe).await["result"], json!({}));
    let mut newer = StdioClient::with(server());
    let mut listen =
        json!({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": listen_params(&[STATUS])});
    listen["params"]["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}});
    let acknowledged = newer.request(listen).await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    // the first notice of the list may come before that of the change
    shop.read(STATUS).await;
    shop.break_payment().await;
    for (client, uri) in [(&mut older, PAYMENT), (&mut newer, STATUS)] {
        loop {
            let notice = client.receive().await;
            if notice["method"] == "notifications/resources/updated" {
                assert_eq!(notice["params"]["uri"], uri, "{notice}");
                break;
            }
        }
    }
}

/// The next frames of a stream of events, up to one with this text.
async fn frames(stream: &mut TcpStream, part: &str) -> Vec<(String, String)> {
    let text = read_until(stream, part).await;
    let field = |frame: &str, name: &str| {
        frame.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    };
    let events = text.split("\n\n").filter(|frame| frame.contains("event:"));
    events.map(|frame| (field(frame, "id:"), field(frame, "event:"))).collect()
}

#[tokio::test]
async fn stream_of_events_resumes_after_the_last_event_without_gap() {
    let shop = Shop::start().await;
    let open = async |last: Option<&str>| {
        let request =
            Request::new("GET", "/api/v1/events?controller=simulated&model=shop").token(shop.served.token("viewer"));
        let request = match last {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        request.open(shop.served.address).await.expect("sent")
    };
    let mut first = open(None).await;
    let opened = frames(&mut first, "stream_opened").await;
    let last = &opened.last().expect("an event").0;
    drop(first);
    shop.break_payment().await;
    let mut resumed = open(Some(last)).await;
    let seen = frames(&mut resumed, "unit_hook_failed").await;
    assert_eq!((&seen[0].0, seen[0].1.as_str()), (last, "stream_opened"), "{seen:?}");
    let number = |id: &str| id.rsplit_once('-').and_then(|(_, number)| number.parse::<u64>().ok()).expect("an id");
    let numbers: Vec<_> = seen.iter().map(|(id, _)| number(id)).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seen:?}");
    let mut unknown = open(Some("of-an-earlier-run-7")).await;
    let seen = frames(&mut unknown, "events_missed").await;
    assert_eq!(seen.last().map(|(_, event)| event.as_str()), Some("events_missed"), "{seen:?}");
    shop.revoke();
    frames(&mut resumed, "stream_ended").await;
    resumed.read_to_end(&mut Vec::new()).await.expect("the stream has ended");
}
