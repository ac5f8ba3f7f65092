//! `juju-mcp call`: calls one tool of a running server, for scripts and pipelines.

use std::{io::Write as _, process::ExitCode, time::Duration};

use catalogue::{Catalogue, nearest};
use policy::display_safe;
use serde_json::{Map, Value, json};

use super::login::client_with_token;
use crate::{cli::Call, failure::Failure, http_client::base_url};

/// The version of MCP in which a call needs no session.
const PROTOCOL_VERSION: &str = "2026-07-28";

/// Prints the answer, and fails if the tool does.
pub(super) async fn run(call: Call) -> Result<ExitCode, Failure> {
    let path = path_of(&call.tool)?;
    let arguments = parse_arguments(&call.arguments)?;
    let answer = send(&call, &path, &arguments).await?;
    let result = &answer["result"];
    let texts = result["content"].as_array().into_iter().flatten().filter_map(|block| block["text"].as_str());
    let text: Vec<&str> = texts.collect();
    let text = text.join("\n");
    if result["isError"] == true || result.is_null() {
        let problem = answer["error"]["message"].as_str().map_or(text, str::to_owned);
        return Err(Failure::Failed { problem: display_safe(problem.trim()), remedy: None });
    }
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", text.trim_end()).map_err(Failure::failed)?;
    Ok(ExitCode::SUCCESS)
}

/// The endpoint that lists the tool: calls of others are refused.
fn path_of(tool: &str) -> Result<String, Failure> {
    let catalogue = Catalogue::builtin();
    let Some(found) = catalogue.get(tool) else {
        let names = mcp::tool_names(&catalogue);
        // those that are no commands are beside the tools for daily work
        if names.contains(tool) {
            return Ok("/mcp".to_owned());
        }
        let near = nearest(tool, names.iter().map(String::as_str));
        let remedy =
            near.map_or_else(|| "`juju-mcp tools` lists all".to_owned(), |name| format!("did you mean `{name}`?"));
        return Err(Failure::usage(format!("there is no tool `{tool}`"), remedy));
    };
    Ok(if found.is_client_command() { "/mcp/full".to_owned() } else { format!("/mcp/x/{}", found.toolset()) })
}

/// The arguments of the call: `name=value`, or `name:=text`.
fn parse_arguments(words: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut arguments = Map::new();
    for word in words {
        let problem = || Failure::usage(format!("`{word}` is no argument"), "write `name=value`");
        let (name, text) = word.split_once('=').ok_or_else(problem)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, Value::from(text)),
            None => (name, serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
        };
        if name.is_empty() {
            return Err(problem());
        }
        if arguments.insert(name.to_owned(), value).is_some() {
            return Err(Failure::usage(format!("`{name}` is there twice"), "give a list as `name=[\"a\",\"b\"]`"));
        }
    }
    Ok(arguments)
}

async fn send(call: &Call, path: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
    let server = base_url(&call.url);
    let (token_file, authority) = (call.token_file.as_deref(), call.ca_certificate_file.as_deref());
    let timeout = Duration::from_secs(call.timeout);
    let (client, token) = client_with_token(&call.url, token_file, authority, timeout).await?;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": PROTOCOL_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "juju-mcp call", "version": env!("CARGO_PKG_VERSION")},
    });
    let params = json!({"name": call.tool, "arguments": arguments, "_meta": meta});
    let request = client
        .post(format!("{server}{path}"))
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", PROTOCOL_VERSION)
        .header("mcp-method", "tools/call")
        .header("mcp-name", &call.tool)
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
    let response = request.send().await.map_err(|error| {
        let problem = if error.is_timeout() {
            format!("the server did not answer within {} s", call.timeout)
        } else {
            format!("no server responds at `{}`: is it running?", call.url)
        };
        Failure::failed(problem)
    })?;
    let status = response.status();
    let text = response.text().await.map_err(Failure::failed)?;
    // a long call is answered as an event stream, with the result as its last event
    let body = text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap_or(&text);
    let foreign = |_| Failure::failed(format!("`{}` is not a juju-mcp server: it answered {status}", call.url));
    serde_json::from_str(body).map_err(foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Value, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parse_arguments(&words).map(Value::Object).map_err(|failure| failure.to_string())
    }

    #[test]
    fn arguments_are_json_or_text() {
        let given =
            parsed(&["model=shop", "num_units=2", "dry_run=true", "fields=[\"a\"]", "value:=7", "query=a=\"b\""]);
        let expected = json!({
            "model": "shop", "num_units": 2, "dry_run": true, "fields": ["a"], "value": "7", "query": "a=\"b\"",
        });
        assert_eq!(given, Ok(expected));
        for (words, named) in [(vec!["model"], "`model`"), (vec!["=x"], "`=x`"), (vec!["a=1", "a=2"], "twice")] {
            assert!(parsed(&words).is_err_and(|problem| problem.contains(named)), "{words:?}");
        }
    }

    #[test]
    fn path_is_the_endpoint_of_the_tool() {
        let path = |tool: &str| path_of(tool).map_err(|failure| failure.to_string());
        assert_eq!(path("juju_status").as_deref(), Ok("/mcp/full"));
        assert_eq!(path("prometheus_targets").as_deref(), Ok("/mcp/x/prometheus"));
        for builtin in ["observer_findings", "maintenance_plans", "juju_find_command"] {
            assert_eq!(path(builtin).as_deref(), Ok("/mcp"), "{builtin}");
        }
        assert!(path("prometheus_target").is_err_and(|problem| problem.contains("`prometheus_target`")));
    }
}
