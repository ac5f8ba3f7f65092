//! What a model reads of a result, whichever part of it its client passes on: every read, in a small and in a very large model.

use std::collections::BTreeMap;

use catalogue::{Catalogue, MAX_RESULT_TOKENS, Tool, estimate_tokens};
use juju_sim::{AgentTiming, Fault, Simulator};
use serde_json::{Value, json};
use tests::{TestServer, pages::JsonPage, raw_http::Request, test_server::ServerSetup, wait_until};

/// Number of units of the very large model.
const UNITS: u32 = 10_000;
const FORMATS: [&str; 3] = ["concise", "detailed", "json"];
/// Pages of one answer that are read at most; a very large status has hundreds.
const MAX_PAGES: usize = 2;

/// A simulated controller with a server.
struct Estate {
    model: &'static str,
    catalogue: Catalogue,
    simulator: Simulator,
    served: TestServer,
    _folder: tempfile::TempDir,
}

impl Estate {
    async fn start(model: &'static str, units: Option<u32>) -> Self {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let settings = juju_sim::Settings { scenario: model.to_owned(), units, listen, timing: AgentTiming::default() };
        let simulator = Simulator::start(settings).await.expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a folder");
        let served =
            TestServer::with(folder.path(), ServerSetup::with_simulator(&simulator, folder.path()).await).await;
        Self { model, catalogue: Catalogue::builtin(), simulator, served, _folder: folder }
    }

    /// The tools that read, by name: each is covered as soon as it exists.
    fn reads(&self) -> impl Iterator<Item = &dyn Tool> {
        // the charm of the very large model has no action, no storage, and nothing to offer
        let only_in_shop = ["juju_show_action", "juju_show_offer", "juju_show_storage"];
        // those need a store, a dashboard, or files of a user: `charmhub.rs`, `programs.rs`
        let elsewhere =
            ["juju_agreements", "juju_dashboard", "juju_diff_bundle", "juju_download", "juju_find", "juju_info"];
        let has_answer = move |tool: &&dyn Tool| {
            tool.is_client_command()
                && (self.model == "shop" || !only_in_shop.contains(&tool.name()))
                && !elsewhere.contains(&tool.name())
        };
        self.catalogue.iter().filter(|tool| !tool.least().changes()).filter(has_answer)
    }

    /// The arguments that a read requires, with the largest answer that the model has for them.
    fn arguments(&self, tool: &dyn Tool) -> Value {
        let (application, units) = match self.model {
            "shop" => ("postgresql", 2),
            _ => ("app007", 50),
        };
        let names = |count: usize| (0..count).map(|n| format!("{application}/{n}")).collect::<Vec<_>>();
        let machines: Vec<String> = (0..units).map(|id| id.to_string()).collect();
        let mut arguments = match tool.name() {
            "juju_show_unit" => json!({"units": names(units)}),
            "juju_show_machine" => json!({"machines": machines}),
            "juju_show_application" => json!({"applications": [application]}),
            "juju_actions" | "juju_config" | "juju_constraints" => json!({"application": application}),
            "juju_show_status_log" => json!({"entity_name": format!("{application}/0"), "n": 1000}),
            "juju_debug_log" => json!({"lines": 2000}),
            "juju_show_operation" => json!({"operation_id": "1"}),
            "juju_show_task" => json!({"task_id": "2"}),
            "juju_show_space" => json!({"name": "alpha"}),
            "juju_resources" => json!({"name": application}),
            "juju_charm_resources" => json!({"charm": "postgresql"}),
            "juju_show_action" => json!({"application": application, "action": "get-primary"}),
            "juju_show_cloud" | "juju_regions" => json!({"cloud": "sim"}),
            "juju_show_offer" => json!({"url": "admin/shop.database"}),
            "juju_show_secret" => json!({"id_or_name": "api-key"}),
            "juju_show_secret_backend" => json!({"name": "internal"}),
            "juju_show_storage" => json!({"storage": ["pgdata/0"]}),
            "juju_wait_for" => json!({"kind": "application", "name": application}),
            name => {
                assert!(tool.input_schema().get("required").is_none(), "add the arguments of {name} here");
                json!({})
            }
        };
        if tool.input_schema()["properties"]["model"].is_object() {
            arguments["model"] = self.model.into();
        }
        arguments
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Value {
        let call = json!({"name": tool, "arguments": arguments});
        let path = if tool.starts_with("juju_") && !tool.ends_with("_command") { "/mcp/full" } else { "/mcp" };
        let request = Request::modern(path, "tools/call", call).token(self.served.token("admin"));
        request.send(self.served.address).await.expect("an answer").json()["result"].clone()
    }

    /// The text of a read.
    async fn text(&self, tool: &str, arguments: Value) -> String {
        let mut arguments = arguments;
        arguments["model"] = self.model.into();
        let result = self.call(tool, &arguments).await;
        assert_ne!(result["isError"], true, "{tool} {arguments}: {result}");
        content_only(&result)
    }

    /// Something to read for every tool: an operation, log lines, a warning of a hook.
    async fn make_history(&self) {
        let unit = if self.model == "shop" { "web/0" } else { "app001/7" };
        wait_until("a command runs", async || {
            let exec = json!({"model": self.model, "units": [unit], "command": "seq 1 100000"});
            let done = self.call("juju_exec", &exec).await;
            if done["isError"] == true { Err(done.to_string()) } else { Ok(()) }
        })
        .await;
        let secret = json!({"model": self.model, "name": "api-key", "secret_content": {"user": "ana"}});
        let offer = json!({"model": self.model, "application": "postgresql", "endpoints": ["database"],
            "offer_name": "database"});
        for (tool, arguments) in [("juju_add_secret", secret), ("juju_offer", offer)] {
            if tool == "juju_add_secret" || self.model == "shop" {
                let done = self.call(tool, &arguments).await;
                assert_ne!(done["isError"], true, "{tool} {arguments}: {done}");
            }
        }
    }
}

/// What a client passes on that knows text only: gemini-cli, goose, Zed.
fn content_only(result: &Value) -> String {
    let texts = result["content"].as_array().into_iter().flatten().filter_map(|one| one["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn structured(result: &Value) -> Option<String> {
    result.get("structuredContent").filter(|data| !data.is_null()).map(Value::to_string)
}

/// What clients of four kinds pass on to the model.
fn variants(result: &Value) -> [(&'static str, String); 4] {
    let (text, data) = (content_only(result), structured(result));
    let is_error = result["isError"] == true;
    // Claude Code, VS Code, Codex: structured content if there is any, and only the text of an error
    let structured_first = data.clone().filter(|_| !is_error).unwrap_or_else(|| text.clone());
    // structured content only where there is no text
    let fallback = if text.is_empty() { data.clone().unwrap_or_default() } else { text.clone() };
    let both = [text.clone(), data.unwrap_or_default()].concat();
    [("content only", text), ("structured first", structured_first), ("both", both), ("fallback", fallback)]
}

fn cursor(text: &str) -> Option<String> {
    let (_, next) = text.split_once("\"next_cursor\":\"").or_else(|| text.split_once("go on with cursor `"))?;
    Some(next.split(['"', '`']).next()?.to_owned())
}

/// Every variant of every page has the same information and is small.
async fn check_every_read(estate: &Estate) {
    estate.make_history().await;
    let mut checked = 0;
    for tool in estate.reads() {
        for format in FORMATS {
            let mut arguments = estate.arguments(tool);
            arguments["format"] = format.into();
            for _ in 0..MAX_PAGES {
                let result = estate.call(tool.name(), &arguments).await;
                assert_ne!(result["isError"], true, "{} {arguments}: {result}", tool.name());
                let [(_, expected), others @ ..] = variants(&result);
                assert!(!expected.trim().is_empty(), "{} {arguments}", tool.name());
                for (variant, text) in others {
                    assert_eq!(text, expected, "{} {arguments}: {variant}", tool.name());
                }
                let tokens = estimate_tokens(&expected);
                assert!(tokens <= MAX_RESULT_TOKENS, "{} {arguments}: {tokens} tokens", tool.name());
                checked += 1;
                let Some(next) = cursor(&expected) else { break };
                assert!(expected.contains("shown"), "a page states what it shows: {expected}");
                arguments["cursor"] = next.into();
            }
        }
    }
    assert!(checked >= 3 * 20, "{checked}");
}

#[tokio::test]
async fn every_client_passes_on_the_same_of_every_read_of_the_shop() {
    check_every_read(&Estate::start("shop", None).await).await;
}

#[tokio::test]
async fn every_client_passes_on_the_same_of_every_read_of_10000_units() {
    check_every_read(&Estate::start("large", Some(UNITS)).await).await;
}

#[tokio::test]
async fn status_is_short_and_shows_a_failed_unit_first() {
    let shop = Estate::start("shop", None).await;
    let text = wait_until("the shop is healthy", async || {
        let text = shop.text("juju_status", json!({})).await;
        if text.contains("all well: 8 applications, 10 units") { Ok(text) } else { Err(text) }
    })
    .await;
    assert!(estimate_tokens(&text) <= 300, "{} tokens: {text}", estimate_tokens(&text));
    let large = Estate::start("large", Some(UNITS)).await;
    let text = large.text("juju_status", json!({})).await;
    assert!(text.contains("all well: 200 applications, 10000 units, 10000 machines"), "{text}");
    assert!(text.contains("shown 1-25 of 200 applications; go on with cursor"), "{text}");
    assert!(estimate_tokens(&text) <= 600, "{} tokens: {text}", estimate_tokens(&text));
    large.simulator.inject(Fault::HookError("app133/7".to_owned())).await.expect("a unit");
    let text = wait_until("a hook fails", async || {
        let text = large.text("juju_status", json!({})).await;
        if text.contains("error") { Ok(text) } else { Err(text) }
    })
    .await;
    assert!(estimate_tokens(&text) <= 800, "{} tokens: {text}", estimate_tokens(&text));
    let first = text.lines().find(|line| line.contains('/') && line.starts_with("app")).expect("a unit");
    assert!(first.starts_with("app133/7") && text.contains(" in 200 applications, 10000 units"), "{text}");
    // whatever part of it a call shows, it does not report that all is well
    for arguments in [
        json!({"limit": 1}),
        json!({"fields": ["charm"]}),
        json!({"cursor": cursor(&text).expect("a cursor")}),
        json!({"filter": "app133"}),
        json!({"selectors": ["app133"]}),
    ] {
        let text = large.text("juju_status", arguments.clone()).await;
        assert!(!text.contains("all well") && text.contains("problem"), "{arguments}: {text}");
    }
    for arguments in [json!({"selectors": ["nosuch*"]}), json!({"filter": "no such text"})] {
        let text = large.text("juju_status", arguments.clone()).await;
        assert!(text.contains("nothing matches") && !text.contains("all well"), "{arguments}: {text}");
    }
}

#[tokio::test]
async fn pages_of_every_read_join_to_the_complete_answer() {
    let estate = Estate::start("large", Some(120)).await;
    estate.make_history().await;
    for tool in estate.reads() {
        let (mut arguments, mut whole, mut pages) = (estate.arguments(tool), json!({}), 0);
        arguments["format"] = "json".into();
        if let Value::Object(map) = &mut arguments {
            map.retain(|name, _| name != "units" && name != "machines");
        }
        match tool.name() {
            "juju_show_unit" => arguments["units"] = (0..50).map(|n| json!(format!("app001/{n}"))).collect(),
            "juju_show_machine" => arguments["machines"] = (0..50).map(|n| json!(n.to_string())).collect(),
            "juju_show_application" => arguments["applications"] = json!(["app001"]),
            "juju_show_status_log" => arguments["entity_name"] = "app001/0".into(),
            "juju_wait_for" => arguments["name"] = "app001".into(),
            _ if arguments.get("application").is_some() => arguments["application"] = "app001".into(),
            _ => {}
        }
        loop {
            let text = content_only(&estate.call(tool.name(), &arguments).await);
            let page = JsonPage::parse(&text);
            catalogue::join_page(&mut whole, page.value, &page.continues);
            pages += 1;
            let Some(next) = page.next else { break };
            assert!(page.shown.is_some_and(|shown| shown.ends_with(" kB")), "{text}");
            arguments["cursor"] = next.into();
        }
        match tool.name() {
            "juju_status" => {
                let count = |name: &str| whole[name].as_object().map(serde_json::Map::len);
                assert_eq!((count("applications"), count("machines")), (Some(3), Some(120)));
                let units = whole["applications"].as_object().expect("applications").values();
                let units: usize = units.map(|one| one["units"].as_object().map_or(0, serde_json::Map::len)).sum();
                assert_eq!(units, 120);
                assert!(pages >= 5, "{pages}");
            }
            "juju_show_unit" | "juju_operations" => assert!(whole.as_object().is_some_and(|all| !all.is_empty())),
            "juju_show_operation" => {
                let output = whole["tasks"].as_object().and_then(|tasks| tasks.values().next()).expect("a task");
                assert!(output["results"].is_object(), "{whole}");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn cursor_of_another_call_is_refused() {
    let estate = Estate::start("large", Some(120)).await;
    let first = estate.text("juju_machines", json!({"limit": 10})).await;
    let cursor = cursor(&first).expect("a cursor");
    let next = estate.text("juju_machines", json!({"limit": 5, "cursor": cursor})).await;
    assert!(next.contains("shown 11-15 of 120 machines"), "{next}");
    for (tool, arguments) in [
        ("juju_status", json!({})),
        ("juju_machines", json!({"format": "json"})),
        ("juju_machines", json!({"filter": "started"})),
        ("juju_machines", json!({"model": "controller"})),
    ] {
        let mut arguments = arguments;
        arguments["cursor"] = json!(cursor);
        if arguments["model"].is_null() {
            arguments["model"] = estate.model.into();
        }
        let refused = estate.call(tool, &arguments).await;
        let text = content_only(&refused);
        assert_eq!(refused["isError"], true, "{tool} {arguments}: {text}");
        assert!(text.contains("`cursor` belongs to another call: repeat the arguments"), "{text}");
    }
    for odd in ["2", "nonsense", &cursor[1..]] {
        let refused = estate.call("juju_machines", &json!({"model": "large", "cursor": odd})).await;
        let text = content_only(&refused);
        assert!(text.contains("`cursor` is not one that this server returned"), "{odd}: {text}");
    }
    let write = json!({"model": "large", "application": "app000", "values": {"hostname": "x"}, "cursor": cursor});
    let text = content_only(&estate.call("juju_config", &write).await);
    assert!(text.contains("`cursor` is for reads"), "{text}");
}

/// `cargo test -p tests --test integration results::tokens -- --nocapture` prints what every read costs, also for 10,000 units with
/// `LARGE=1` in the environment.
#[tokio::test]
async fn tokens_of_every_read_are_printed_and_bounded() {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut estates = vec![Estate::start("shop", None).await];
    if std::env::var_os("LARGE").is_some() {
        estates.push(Estate::start("large", Some(UNITS)).await);
    }
    for estate in estates {
        estate.make_history().await;
        let tools = estate.reads().map(|tool| (tool.name(), estate.arguments(tool), &FORMATS[..]));
        let builtin = [("juju_find_command", json!({"query": "unit"})), ("audit_changes", json!({}))];
        let builtin = builtin.into_iter().map(|(name, arguments)| (name, arguments, &FORMATS[..1]));
        for (tool, arguments, formats) in tools.chain(builtin) {
            for format in formats {
                let mut arguments = arguments.clone();
                if *format != "concise" {
                    arguments["format"] = (*format).into();
                }
                let result = estate.call(tool, &arguments).await;
                let (text, data) = (content_only(&result), structured(&result).unwrap_or_default());
                let pages = if cursor(&text).is_some() { " (page 1)" } else { "" };
                let cost = estimate_tokens(&text) + estimate_tokens(&data);
                assert!(cost <= MAX_RESULT_TOKENS, "{tool} {format}: {cost}");
                table.entry(tool.to_owned()).or_default().push(format!("{} {format} {cost}{pages}", estate.model));
            }
        }
    }
    for (tool, costs) in table {
        println!("{tool}: {}", costs.join(", "));
    }
}
