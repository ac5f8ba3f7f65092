//! `juju-mcp approvals`: answers questions that a running server has for humans, over its management API.

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
    time::Duration,
};

use policy::{Approval, Asker, Status, lookalikes, plain};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    cli::{ApiServer, Approvals, Decide, Format},
    config::read_text,
    failure::Failure,
    http_client::HttpClientOptions,
    output,
};

const PATIENCE: Duration = Duration::from_secs(30);

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
            format!("approvals never stand as `{unknown}`"),
            "they are pending, approved, rejected, used or expired",
        ));
    }
    let query = status.map(|status| format!("?status={status}")).unwrap_or_default();
    let answer: Value = api(server, "GET", &query, None).await?;
    if format(server) == Format::Json {
        return print_json(&answer);
    }
    let approvals: Vec<Approval> = read(answer["approvals"].clone())?;
    let rows = approvals.iter().map(|approval| {
        let act = &approval.question.act;
        [
            approval.id.clone(),
            approval.status.as_str().to_owned(),
            approval.expires.format("%Y-%m-%d %H:%M UTC").to_string(),
            approval.question.asker.name().to_owned(),
            act.target.location.to_string(),
            approval.question.command.clone(),
        ]
    });
    let heads = ["ID", "STATUS", "EXPIRES", "ASKED BY", "WHERE", "COMMAND"].map(str::to_owned);
    print!("{}", table(std::iter::once(heads).chain(rows).collect()));
    Ok(ExitCode::SUCCESS)
}

async fn show(server: &ApiServer, id: &str) -> Result<ExitCode, Failure> {
    let answer: Value = api(server, "GET", &path(id)?, None).await?;
    if format(server) == Format::Json {
        return print_json(&answer);
    }
    print!("{}", described(&read(answer)?));
    Ok(ExitCode::SUCCESS)
}

async fn decide(arguments: &Decide, verb: &str) -> Result<ExitCode, Failure> {
    let path = path(&arguments.id)?;
    let server = &arguments.server;
    let digest = if let Some(digest) = &arguments.digest {
        digest.clone()
    } else {
        let shown: Approval = api(server, "GET", &path, None).await?;
        eprint!("{}", described(&shown));
        if !arguments.yes && !sure(verb, &shown)? {
            return Err(Failure::failed("nothing was decided"));
        }
        shown.digest
    };
    let said = json!({"digest": digest, "reason": arguments.reason});
    let decided: Value = api(server, "POST", &format!("{path}/{verb}"), Some(said)).await?;
    if format(server) == Format::Json {
        return print_json(&decided);
    }
    let approval: Approval = read(decided)?;
    println!("{}: {}", approval.status.as_str(), plain(&approval.question.command));
    Ok(ExitCode::SUCCESS)
}

/// Asks on the terminal; what cannot be undone is approved by typing a name. Without a terminal nobody has seen anything.
fn sure(verb: &str, shown: &Approval) -> Result<bool, Failure> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Failure::usage(
            format!("nobody can be asked whether to {verb} this, because there is no terminal"),
            "give `--digest` with the digest of what you saw, or `--yes`",
        ));
    }
    let word = shown.word_to_type().filter(|_| verb == "approve");
    match word {
        Some(word) => eprint!("this cannot be undone; type `{}` to approve it: ", plain(word)),
        None => eprint!("{verb} this? [y/N] "),
    }
    std::io::stderr().flush().map_err(Failure::failed)?;
    let mut said = String::new();
    std::io::stdin().read_line(&mut said).map_err(Failure::failed)?;
    Ok(word.map_or_else(|| matches!(said.trim(), "y" | "Y" | "yes"), |word| said.trim() == word))
}

fn described(approval: &Approval) -> String {
    let question = &approval.question;
    let act = &question.act;
    let mut lines = vec![
        ("approval", approval.id.clone()),
        ("status", approval.status.as_str().to_owned()),
        ("command", question.command.clone()),
        ("where", act.target.location.to_string()),
        ("effect", act.effect.as_str().to_owned()),
        ("asked by", asked_by(&question.asker)),
        ("expires", approval.expires.to_rfc3339()),
        ("digest", approval.digest.clone()),
    ];
    lines.extend(
        lookalikes(&format!("{} {}", question.command, act.target.location.to_string()))
            .map(|warning| ("beware", format!("it {warning}"))),
    );
    lines.extend(question.demands.iter().map(|demand| {
        let second = if demand.second_person { " (second person)" } else { "" };
        let message = if demand.message.is_empty() { String::new() } else { format!(": {}", demand.message) };
        ("rule", format!("{}{second}{message}", demand.rule))
    }));
    if !question.expected.is_null() {
        lines.push(("expected", question.expected.to_string()));
    }
    if !question.standing.is_null() {
        lines.push(("standing", question.standing.to_string()));
    }
    if let Some(by) = &approval.decided_by {
        lines.push(("decided by", by.clone()));
    }
    if !approval.reason.is_empty() {
        lines.push(("reason", approval.reason.clone()));
    }
    lines.into_iter().fold(String::new(), |text, (name, value)| text + &format!("{name:<11} {}\n", plain(&value)))
}

/// Whoever asked, by name and by what the ledger calls them, and the program they asked through.
fn asked_by(asker: &Asker) -> String {
    let subject = Some(&asker.subject).filter(|subject| *subject != asker.name());
    let more = [subject, asker.client_id.as_ref()].into_iter().flatten();
    more.fold(asker.name().to_owned(), |text, more| format!("{text}, {more}"))
}

/// Aligned columns. What is not to be seen, or would move the cursor, is taken out: it may come from an assistant.
fn table(rows: Vec<[String; 6]>) -> String {
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|cell| plain(&cell))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn format(server: &ApiServer) -> Format {
    let by_place = if std::io::stdout().is_terminal() { Format::Table } else { Format::Json };
    server.format.unwrap_or(by_place)
}

fn print_json(value: &Value) -> Result<ExitCode, Failure> {
    output::json(value).map(|()| ExitCode::SUCCESS)
}

/// The path below the API's root; an id is one word, so that it cannot mean another path.
fn path(id: &str) -> Result<String, Failure> {
    let word = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let problem = || Failure::usage(format!("no approval has the id `{id}`"), "`juju-mcp approvals list` names them");
    if word { Ok(format!("/{id}")) } else { Err(problem()) }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value)
        .map_err(|cause| Failure::failed(format!("the server's answer cannot be read: {cause}")))
}

async fn api<T: DeserializeOwned>(
    server: &ApiServer,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<T, Failure> {
    let url = format!("{}/api/v1/approvals{path}", server.url.trim_end_matches('/'));
    let client = HttpClientOptions { timeout: PATIENCE, authority: None, redirects: false }.build()?;
    let request = if method == "GET" { client.get(&url) } else { client.post(&url) };
    let request = request.bearer_auth(read_text(&server.token_file)?);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let response = request
        .send()
        .await
        .map_err(|_| Failure::failed(format!("nothing answers at `{}`: is the server running?", server.url)))?;
    let status = response.status();
    let answer: Value = response.json().await.map_err(|_| {
        Failure::failed(format!("`{}` does not answer as a juju-mcp server does: {status}", server.url))
    })?;
    if status.is_success() {
        return read(answer);
    }
    let problem = answer["error"]["message"].as_str().map_or_else(|| status.to_string(), str::to_owned);
    Err(Failure::Failed { problem: plain(&problem), remedy: remedy(status.as_u16()).map(str::to_owned) })
}

/// What to do about a refusal.
fn remedy(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("give the file of a token that this server takes, with `--token-file FILE`"),
        403 => Some("ask somebody who may, or take a token with that right"),
        404 => Some("`juju-mcp approvals list` names those that there are"),
        409 => Some("look again with `juju-mcp approvals show ID`"),
        503 => Some("tell whoever runs the server to look at its log and its state directory"),
        _ => None,
    }
}
