//! Hostile arguments at every tool of `/mcp/full`: more than 10,000 generated calls. Each is refused with a sentence that names the
//! argument, or does no harm; none crashes, hangs, writes, or loses an argument.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use catalogue::{Catalogue, with_all_bounds};
use futures::{StreamExt as _, stream};
use juju_client::ClientFiles;
use juju_sim::Simulator;
use mcp::{Endpoint, listing};
use serde_json::{Map, Value, json};
use tests::{Numbers, TestServer, long_timeouts, raw_http::Request, test_server::ServerSetup};

use crate::{
    act_targets, dry_runs,
    dry_runs::{WITH_DRY_RUN, at_shop},
};

/// Reproduces the calls of a failed run.
const SEED: u64 = 0x5EED_0000_0000_0013;
/// Fewest calls.
const MIN_CALLS: usize = 10_000;
/// Calls for each property of each tool.
const CALLS_PER_PROPERTY: usize = 12;
/// A call that takes longer hangs.
const HANG: Duration = Duration::from_secs(30);
/// Longest sentence of a refusal, in characters.
const MAX_REFUSAL_CHARS: usize = 8_000;
/// Options of the form of an answer; no act has them.
const OPTIONS: [&str; 10] =
    ["model", "controller", "dry_run", "idempotency_key", "format", "fields", "filter", "limit", "cursor", "fresh"];

/// Texts that are options, paths, commands, or no text at all for a careless reader.
const HOSTILE: [&str; 48] = [
    "",
    " ",
    "-",
    "--",
    "-m",
    "-o",
    "--output",
    "--output=/tmp/juju-mcp-abuse",
    "--config=/etc/passwd",
    "-oProxyCommand=id",
    "--help",
    "../../../../etc/passwd",
    "/etc/passwd",
    "./../../etc/shadow",
    "..",
    "~root/.ssh/id_rsa",
    "a/../b",
    "%2e%2e%2fetc%2fpasswd",
    "C:\\Windows\\system32",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "web\u{0}",
    "web\n--force",
    "web\r\nX-Header: 1",
    "\u{1b}[2J\u{1b}[31mweb",
    "\u{202e}bew",
    "we\u{200b}b",
    "\u{7f}\u{85}\u{9f}",
    "\u{feff}web",
    "$(id)",
    "`id`",
    "web; id",
    "web | id",
    "%s%n%x",
    "{{7*7}}",
    "' OR 1=1 --",
    "18446744073709551616",
    "-9223372036854775809",
    "1e400",
    "NaN",
    "null",
    "[]",
    "{\"a\":1}",
    "a=b=c",
    ":::",
    "web/0/leader/../0",
    "*",
    "é😀\u{10ffff}",
];

/// One generated call.
struct Call {
    tool: String,
    /// The property or name that is attacked.
    argument: String,
    arguments: Map<String, Value>,
    /// Whether only a refusal is right.
    must_fail: bool,
}

/// Generates calls.
struct Generator {
    numbers: Numbers,
}

impl Generator {
    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.numbers.index(items.len())]
    }

    fn text(&mut self, schema: &Value) -> String {
        let longest = usize::try_from(schema["maxLength"].as_u64().unwrap_or(256)).unwrap_or(256);
        match self.numbers.below(8) {
            0 => "x".repeat(longest.min(70_000)),
            1 => "y".repeat(longest.min(70_000) + 1),
            2 => (0..=self.numbers.below(24))
                .map(|_| {
                    *self.pick(&[
                        '-', '=', '/', '.', ':', '\u{0}', '\n', '"', '\'', '{', '[', ',', 'w', '0', '@', '\u{2028}',
                    ])
                })
                .collect(),
            3 => format!("web{}", self.pick(&HOSTILE)),
            _ => (*self.pick(&HOSTILE)).to_owned(),
        }
    }

    fn number(&mut self, schema: &Value) -> Value {
        let (least, most) = (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_u64().unwrap_or(u64::MAX));
        let values = [
            json!(least),
            json!(least.saturating_sub(1)),
            json!(most),
            json!(most.saturating_add(1)),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1e300),
            json!(-0.0),
            json!(0.5),
            json!("18446744073709551616"),
            json!("0x10"),
            json!("-1"),
        ];
        self.pick(&values).clone()
    }

    /// A value of another type than the schema wants.
    fn mistyped(&mut self) -> Value {
        let values = [
            json!(true),
            json!({}),
            json!([]),
            json!([[]]),
            json!([[["web"]]]),
            json!({"a": {"b": [null]}}),
            json!([null, 1]),
            json!(1.5),
            json!(-1),
            json!("text"),
            json!({"": ""}),
            json!({"__proto__": {"x": 1}}),
            json!([true, {}, "x", 3]),
        ];
        self.pick(&values).clone()
    }

    fn value(&mut self, schema: &Value) -> Value {
        if self.numbers.below(4) == 0 {
            return self.mistyped();
        }
        match schema["type"].as_str() {
            Some("integer") => self.number(schema),
            Some("string") => self.text(schema).into(),
            Some("boolean") => {
                self.pick(&[json!("yes"), json!("TRUE"), json!(2), json!("--force"), json!([true, false])]).clone()
            }
            Some("array") => {
                let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(1000)).unwrap_or(1000);
                let count = *self.pick(&[0, 1, 1, 1, 2, 3, most, most + 1]);
                let item = self.value(&schema["items"]);
                let last = self.value(&schema["items"]);
                // many long texts would be megabytes
                let count = if item.to_string().len() > 300 { count.min(2) } else { count };
                (0..count).map(|at| if at + 1 == count { last.clone() } else { item.clone() }).collect()
            }
            _ => {
                let known: Vec<String> =
                    schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
                let key = if known.is_empty() || self.numbers.below(3) == 0 {
                    self.text(&Value::Null)
                } else {
                    self.pick(&known).clone()
                };
                let value = match self.numbers.below(3) {
                    0 => self.mistyped(),
                    _ => self.text(&Value::Null).into(),
                };
                json!({key: value})
            }
        }
    }
}

/// Arguments with which a tool works in the estate, without a change.
fn harmless(tool: &str, schema: &Value) -> Map<String, Value> {
    let row = dry_runs::accepted().into_iter().find(|(name, _)| *name == tool);
    let mut arguments =
        at_shop(tool, &row.map_or_else(|| act_targets::required(tool), |(_, arguments)| arguments), false);
    let properties = &schema["properties"];
    if properties["dry_run"].is_object() {
        arguments["dry_run"] = json!(true);
    }
    if tool == "juju_wait_for" {
        arguments["timeout"] = json!("1s");
    }
    arguments.as_object().cloned().expect("an object")
}

/// A value that counts as left out, or that makes a dry run an act.
fn is_left_out(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_left_out),
        _ => false,
    }
}

fn calls_of(generator: &mut Generator, tool: &str, schema: &Value, catalogue: &Catalogue) -> Vec<Call> {
    let base = harmless(tool, schema);
    let call = |argument: &str, arguments: Map<String, Value>, must_fail: bool| Call {
        tool: tool.to_owned(),
        argument: argument.to_owned(),
        arguments,
        must_fail,
    };
    let mut calls = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let mut made = 0;
        while made < CALLS_PER_PROPERTY {
            let value = generator.value(property);
            let is_true = matches!(&value, Value::Bool(true))
                || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"));
            if name == "dry_run" && (is_left_out(&value) || is_true) {
                continue;
            }
            let mut arguments = base.clone();
            arguments.insert(name.clone(), value);
            calls.push(call(name, arguments, false));
            made += 1;
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut arguments = base.clone();
        arguments.remove(name);
        calls.push(call(name, arguments.clone(), true));
        arguments.insert(name.to_owned(), Value::Null);
        calls.push(call(name, arguments, true));
    }
    for _ in 0..4 {
        let name = match generator.numbers.below(3) {
            0 => format!("{}_", base.keys().next().map_or("x", String::as_str)),
            1 => "output".to_owned(),
            _ => generator.text(&Value::Null),
        };
        if catalogue.get(tool).is_none_or(|tool| tool.accepts(&name)) {
            continue;
        }
        let mut arguments = base.clone();
        let value = generator.mistyped();
        arguments.insert(name.clone(), value);
        calls.push(call(&name, arguments, true));
    }
    calls
}

/// What the server answered: whether it was refused, its code and its text.
struct Answer {
    refused: bool,
    code: String,
    text: String,
}

async fn send(server: &TestServer, tool: &str, arguments: &Map<String, Value>) -> Result<Answer, String> {
    let request = Request::modern("/mcp/full", "tools/call", json!({"name": tool, "arguments": arguments}));
    let sent = tokio::time::timeout(HANG, request.token(server.token("admin")).send(server.address)).await;
    let response = sent.map_err(|_| "hangs".to_owned())?.map_err(|error| format!("no answer: {error}"))?;
    if response.status != 200 && response.status != 400 {
        return Err(format!("status {}: {}", response.status, response.body));
    }
    let message = response.json();
    if let Some(error) = message["error"].as_object() {
        let text = error["message"].as_str().unwrap_or_default().to_owned();
        return Ok(Answer { refused: true, code: format!("{}", error["code"]), text });
    }
    let result = &message["result"];
    let text = result["content"][0]["text"].as_str().ok_or_else(|| format!("no text: {message}"))?.to_owned();
    let code = result["_meta"]["juju-mcp/code"].as_str().unwrap_or_default().to_owned();
    Ok(Answer { refused: result["isError"] == true, code, text })
}

/// Texts in a value, and their parts between separators.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            found.extend([text.clone(), text.split(':').next().unwrap_or_default().to_owned()]);
            found.extend(text.split([':', '/', '.', '=', ',']).map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.iter().for_each(|(name, item)| {
            found.push(name.clone());
            texts(item, found);
        }),
        Value::Number(number) => found.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// A text without what quoting and cleaning change.
fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric() || "-_/.:=@{}[]*$;|%~<>,".contains(*letter));
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a refusal names the attacked argument, or its value.
fn names(answer: &Answer, call: &Call) -> bool {
    let argument: String = call.argument.chars().take(12).collect();
    let (answered, attacked) = (squeezed(&answer.text), squeezed(&argument));
    // an unknown name may have no visible letter
    let quoted = attacked.is_empty() && answer.text.contains('`');
    if quoted || (!attacked.is_empty() && answered.contains(&attacked)) || answer.text.contains("\\u{") {
        return true;
    }
    let value = call.arguments.get(&call.argument).cloned().unwrap_or_default();
    let mut parts = Vec::new();
    texts(&value, &mut parts);
    let begins = parts.iter().map(|part| {
        let part = squeezed(part);
        let length = if part.contains(char::is_alphanumeric) { 8 } else { 2 };
        part.chars().take(length).collect::<String>()
    });
    let blank = parts.iter().all(|part| squeezed(part).is_empty()) && answer.text.contains("\"\"");
    let named = begins.filter(|part| !part.is_empty()).any(|part| answered.contains(&part));
    answer.code != "invalid_arguments" && (blank || named)
}

/// What is wrong with the answer of a call.
fn problem(call: &Call, answer: &Answer, base: &Answer, catalogue: &Catalogue) -> Option<String> {
    let unreadable =
        |letter: char| (letter.is_control() && !"\n\t".contains(letter)) || "\u{202e}\u{200b}\u{feff}".contains(letter);
    if answer.text.contains(unreadable) {
        return Some("the text has control characters".to_owned());
    }
    if !answer.refused {
        if call.must_fail {
            return Some("is accepted".to_owned());
        }
        return dropped(call, catalogue).then(|| "drops the argument".to_owned());
    }
    if ["internal_error", "-32603", "unwritable", "outcome_unknown", ""].contains(&answer.code.as_str()) {
        return Some(format!("fails with the code `{}`", answer.code));
    }
    if answer.text.trim().is_empty() || answer.text.chars().count() > MAX_REFUSAL_CHARS {
        return Some(format!("the sentence has {} characters", answer.text.chars().count()));
    }
    // a wait that ends is no refusal of its arguments
    if answer.text.contains("did not get there within") {
        return None;
    }
    // what is refused for another reason already, such as the program that is not there
    let as_before = base.refused && base.code == answer.code && !call.must_fail;
    (!as_before && !names(answer, call)).then(|| "the sentence names neither argument nor value".to_owned())
}

/// Whether the act of an accepted call lacks the argument.
fn dropped(call: &Call, catalogue: &Catalogue) -> bool {
    let Some(tool) = catalogue.get(&call.tool) else { return false };
    if OPTIONS.contains(&call.argument.as_str()) || call.arguments.get(&call.argument).is_none_or(is_left_out) {
        return false;
    }
    let Ok(plan) = tool.plan(call.arguments.clone()) else { return false };
    plan.unresolved_act().arguments.get(&call.argument).is_none()
}

/// Requests that changed something: all but dry runs of methods that have one.
fn changes(simulator: &Simulator) -> Vec<Value> {
    let is_dry = |request: &Value| {
        let method = format!(
            "{}.{}",
            request["facade"].as_str().unwrap_or_default(),
            request["method"].as_str().unwrap_or_default()
        );
        let text = request.to_string().to_lowercase().replace('-', "");
        WITH_DRY_RUN.contains(&method.as_str()) && text.contains("dryrun\":true")
    };
    simulator.take_recorded_writes().into_iter().filter(|request| !is_dry(request)).collect()
}

fn files(folder: &std::path::Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    names.map(|path| path.display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_hostile_calls_are_refused_by_name_or_do_no_harm() {
    let (simulator, _prepared) = dry_runs::estate().await;
    let (folder, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let data = folder.path().join("juju-data");
    simulator.write_client_files(&data, "admin").expect("client files");
    let client = ClientFiles::new(&data, folder.path()).with_file_roots(vec![root.path().to_owned()]);
    let controllers = client.controllers(long_timeouts()).await.expect("controllers").with_own_files(client);
    let server = TestServer::with(folder.path(), ServerSetup::with_controllers(controllers)).await;
    let (catalogue, server) = (Catalogue::builtin(), &server);
    let mut generator = Generator { numbers: Numbers(SEED) };
    let (mut sent, mut problems) = (0, BTreeMap::new());
    let (before, _) = ((files(&data), files(root.path())), changes(&simulator));
    for tool in listing(&catalogue, &Endpoint::full()).tools {
        let schema = Value::Object(with_all_bounds(tool.tool["inputSchema"].as_object().expect("a schema")));
        let calls = calls_of(&mut generator, &tool.name, &schema, &catalogue);
        let base = send(server, &tool.name, &harmless(&tool.name, &schema)).await.expect("a harmless call");
        sent += calls.len();
        let answers = stream::iter(calls.iter())
            .map(|call| async move { (call, send(server, &call.tool, &call.arguments).await) });
        let answers: Vec<_> = answers.buffer_unordered(8).collect().await;
        for (call, answer) in answers {
            let wrong = match &answer {
                Ok(answer) => problem(call, answer, &base, &catalogue),
                Err(error) => Some(error.clone()),
            };
            let Some(wrong) = wrong else { continue };
            let text: String = answer.map_or_else(|error| error, |answer| answer.text).chars().take(300).collect();
            let value: String = call
                .arguments
                .get(&call.argument)
                .map(ToString::to_string)
                .unwrap_or_default()
                .chars()
                .take(120)
                .collect();
            problems
                .entry(format!("{} {}: {wrong}", call.tool, call.argument))
                .or_insert(format!("{value} -> {text:?}"));
        }
        let changed = changes(&simulator);
        if !changed.is_empty() {
            problems.insert(format!("{}: writes", tool.name), json!(changed).to_string());
        }
    }
    assert!(sent >= MIN_CALLS, "{sent} calls");
    assert_eq!((files(&data), files(root.path())), before, "files are as before");
    let list: Vec<_> = problems.iter().map(|(what, how)| format!("{what}\n    {how}")).collect();
    assert!(list.is_empty(), "{} problems in {sent} calls:\n{}", list.len(), list.join("\n"));
}
