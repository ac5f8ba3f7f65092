//! `juju-mcp approvals`: lists, shows and decides approval requests of a running server over its management API.

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
    time::Duration,
};

use policy::{Approval, Requester, Status, confusable_warning, display_safe};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::login::client_with_token;
use crate::{
    cli::{ApiServer, Approvals, Decide, Format},
    failure::Failure,
    http_client::base_url,
    output,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn run(arguments: Approvals) -> Result<ExitCode, Failure> {
    match arguments {
        Approvals::List { server, status } => list(&server, status.as_deref()).await,
        Approvals::Show { id, server } => show(&server, &id).await,
        Approvals::Approve(arguments) => decide(&arguments, "approve").await,
        Approvals::Reject(arguments) => decide(&arguments, "reject").await,
    }
}

async fn list(server: &ApiServer, status: Option<&str>) -> Result<ExitCode, Failure> {
    if let Some(unknown) = status.filter(|status| Status::read(status).is_none()) {
        return Err(Failure::usage(
            format!("unknown status `{unknown}`"),
            "use `pending`, `approved`, `rejected`, `used` or `expired`",
        ));
    }
    let query = status.map(|status| format!("?status={status}")).unwrap_or_default();
    let response: Value = call_api(server, "GET", &query, None).await?;
    if output_format(server) == Format::Json {
        return print_json(&response);
    }
    let approvals: Vec<Approval> = parse(response["approvals"].clone())?;
    let rows = approvals.iter().map(|approval| {
        let act = &approval.request.act;
        [
            approval.id.clone(),
            approval.status.as_str().to_owned(),
            approval.expires_at.format("%Y-%m-%d %H:%M UTC").to_string(),
            approval.request.requester.name().to_owned(),
            act.target.location.to_string(),
            approval.request.command.clone(),
        ]
    });
    let heads = ["ID", "STATUS", "EXPIRES", "REQUESTED BY", "TARGET", "COMMAND"];
    output::table(&heads, &rows.collect::<Vec<_>>())?;
    Ok(ExitCode::SUCCESS)
}

async fn show(server: &ApiServer, id: &str) -> Result<ExitCode, Failure> {
    let response: Value = call_api(server, "GET", &path(id)?, None).await?;
    if output_format(server) == Format::Json {
        return print_json(&response);
    }
    print!("{}", describe(&parse(response)?));
    Ok(ExitCode::SUCCESS)
}

async fn decide(arguments: &Decide, verb: &str) -> Result<ExitCode, Failure> {
    let path = path(&arguments.id)?;
    let server = &arguments.server;
    let digest = if let Some(digest) = &arguments.digest {
        digest.clone()
    } else {
        let approval: Approval = call_api(server, "GET", &path, None).await?;
        eprint!("{}", describe(&approval));
        if !arguments.yes && !confirm(verb, &approval)? {
            return Err(Failure::failed("nothing was decided"));
        }
        approval.digest
    };
    let body = json!({"digest": digest, "reason": arguments.reason});
    let response: Value = call_api(server, "POST", &format!("{path}/{verb}"), Some(body)).await?;
    if output_format(server) == Format::Json {
        return print_json(&response);
    }
    let approval: Approval = parse(response)?;
    println!("{}: {}", approval.status.as_str(), display_safe(&approval.request.command));
    Ok(ExitCode::SUCCESS)
}

/// Prompts on the terminal; an act that cannot be undone is approved by typing a name.
fn confirm(verb: &str, approval: &Approval) -> Result<bool, Failure> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Failure::usage(
            format!("cannot prompt for confirmation to {verb} this, because there is no terminal"),
            "give `--digest` with the digest of the act that you saw, or `--yes`",
        ));
    }
    let name = approval.confirmation_text().filter(|_| verb == "approve");
    match name {
        Some(name) => eprint!("this cannot be undone; type `{}` to approve it: ", display_safe(name)),
        None => eprint!("{verb} this? [y/N] "),
    }
    std::io::stderr().flush().map_err(Failure::failed)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Failure::failed)?;
    Ok(name.map_or_else(|| matches!(line.trim(), "y" | "Y" | "yes"), |name| line.trim() == name))
}

fn describe(approval: &Approval) -> String {
    let request = &approval.request;
    let act = &request.act;
    let mut lines = vec![
        ("approval", approval.id.clone()),
        ("status", approval.status.as_str().to_owned()),
        ("command", request.command.clone()),
        ("target", act.target.location.to_string()),
        ("effect", act.effect.as_str().to_owned()),
        ("requested by", requester(&request.requester)),
        ("expires", approval.expires_at.to_rfc3339()),
        ("digest", approval.digest.clone()),
    ];
    let warning = confusable_warning(&format!("{} {}", request.command, act.target.location));
    lines.extend(warning.map(|warning| ("warning", format!("it {warning}"))));
    lines.extend(request.requirements.iter().map(|requirement| {
        let second = if requirement.requires_second_approver { " (second approver)" } else { "" };
        let message = if requirement.message.is_empty() { String::new() } else { format!(": {}", requirement.message) };
        ("rule", format!("{}{second}{message}", requirement.rule))
    }));
    if !request.preview.is_null() {
        lines.push(("preview", request.preview.to_string()));
    }
    if !request.target_state.is_null() {
        lines.push(("target state", request.target_state.to_string()));
    }
    if let Some(approver) = &approval.decided_by {
        lines.push(("decided by", approver.clone()));
    }
    if !approval.reason.is_empty() {
        lines.push(("reason", approval.reason.clone()));
    }
    lines
        .into_iter()
        .fold(String::new(), |text, (name, value)| text + &format!("{name:<12} {}\n", display_safe(&value)))
}

/// The requester by name, subject in the ledger and OAuth client.
fn requester(requester: &Requester) -> String {
    let subject = Some(&requester.subject).filter(|subject| *subject != requester.name());
    let more = [subject, requester.client_id.as_ref()].into_iter().flatten();
    more.fold(requester.name().to_owned(), |text, more| format!("{text}, {more}"))
}

/// The requested format. Default: a table on a terminal, else JSON.
fn output_format(server: &ApiServer) -> Format {
    let default = if std::io::stdout().is_terminal() { Format::Table } else { Format::Json };
    server.format.unwrap_or(default)
}

fn print_json(value: &Value) -> Result<ExitCode, Failure> {
    output::json(value).map(|()| ExitCode::SUCCESS)
}

/// The path below the API's root. An id contains no path separators, so it cannot address another path.
fn path(id: &str) -> Result<String, Failure> {
    let valid = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let error = || Failure::usage(format!("no approval has the id `{id}`"), "`juju-mcp approvals list` prints all ids");
    if valid { Ok(format!("/{id}")) } else { Err(error()) }
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value)
        .map_err(|cause| Failure::failed(format!("the server's response cannot be read: {cause}")))
}

async fn call_api<T: DeserializeOwned>(
    server: &ApiServer,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<T, Failure> {
    let url = format!("{}/api/v1/approvals{path}", base_url(&server.url));
    let (token_file, authority) = (server.token_file.as_deref(), server.ca_certificate_file.as_deref());
    let (client, token) = client_with_token(&server.url, token_file, authority, REQUEST_TIMEOUT).await?;
    let request = if method == "GET" { client.get(&url) } else { client.post(&url) };
    let request = request.bearer_auth(token);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let response = request
        .send()
        .await
        .map_err(|_| Failure::failed(format!("no server responds at `{}`: is it running?", server.url)))?;
    let status = response.status();
    let body: Value = response
        .json()
        .await
        .map_err(|_| Failure::failed(format!("`{}` is not a juju-mcp server: it answered {status}", server.url)))?;
    if status.is_success() {
        return parse(body);
    }
    let problem = body["error"]["message"].as_str().map_or_else(|| status.to_string(), str::to_owned);
    Err(Failure::Failed { problem: display_safe(&problem), remedy: remedy(status.as_u16()).map(str::to_owned) })
}

/// The remedy for a refusal.
fn remedy(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("sign in with `juju-mcp login`, or give the file of a valid token with `--token-file FILE`"),
        403 => Some("ask an approver, or use a token with permission to approve"),
        404 => Some("`juju-mcp approvals list` prints all approvals"),
        409 => Some("check it again with `juju-mcp approvals show ID`"),
        503 => Some("check the log and the state directory of the server"),
        _ => None,
    }
}
