//! `juju-mcp audit list`: who changed what, for people.

use std::process::ExitCode;

use ::audit::{Change, ChangeFilter, changes};
use serde_json::{Value, json};

use super::ledger_store::open;
use crate::{cli::AuditList, failure::Failure, output, state_dir::ledger_directories};

/// Longest cell of the table, in characters; JSON has all of it.
const MAX_CELL_CHARS: usize = 60;

pub(super) async fn run(arguments: AuditList) -> Result<ExitCode, Failure> {
    let AuditList { state, range, tool, outcome, limit, json } = arguments;
    if limit == 0 {
        return Err(Failure::usage("`--limit 0` lists nothing", "give at least 1"));
    }
    let tool = tool.map(|name| tool_name(&name)).transpose()?;
    let filter = ChangeFilter { range: range.into(), tool, outcome, limit };
    let (mut found, mut omitted_older) = (Vec::new(), 0);
    for directory in ledger_directories(&state.state_dir)? {
        let listed = changes(&open(&directory).await?, &filter, |_| true).await?;
        omitted_older += listed.omitted_older;
        found.extend(listed.found);
    }
    found.sort_by(|one, other| one.time.cmp(&other.time));
    if json {
        output::json(&json!({"changes": found, "omitted_older": omitted_older}))?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        println!("no change of this ledger matches");
    } else {
        output::table(&HEADS, &found.iter().map(cells).collect::<Vec<_>>())?;
    }
    if omitted_older > 0 {
        eprintln!("{omitted_older} older changes are omitted: give a later `--since`, or a larger `--limit`");
    }
    Ok(ExitCode::SUCCESS)
}

/// Heads of the columns.
const HEADS: [&str; 6] = ["TIME", "CALLER", "WHAT", "WHERE", "OUTCOME", "WHY"];

fn cells(change: &Change) -> [String; 6] {
    let targets = change.targets.iter().map(|tag| catalogue::name_in_tag(tag)).collect::<Vec<_>>().join(",");
    let location = match (change.controller.is_empty(), change.model.is_empty()) {
        (false, false) => format!("{}:{}", change.controller, change.model),
        _ => format!("{}{}", change.controller, change.model),
    };
    let location = if targets.is_empty() { location } else { format!("{location} {targets}") };
    let what = match &change.tool {
        Some(tool) => format!("{} {}", command(tool), short_arguments(&change.arguments)),
        None if change.event == "approval_decided" && change.arguments["approved"] == true => "approved".to_owned(),
        None if change.event == "approval_decided" => "rejected".to_owned(),
        None => change.event.replace('_', " "),
    };
    [
        change.time.get(..19).map_or_else(|| change.time.clone(), |time| format!("{}Z", time.replace('T', " "))),
        change.email.as_ref().unwrap_or(&change.caller).clone(),
        what.trim().to_owned(),
        location.trim().to_owned(),
        change.outcome.map_or("running", ::audit::Outcome::as_str).to_owned(),
        change.reason.clone(),
    ]
    .map(|cell| cut(&cell))
}

/// The `juju` command of a tool.
fn command(tool: &str) -> String {
    tool.strip_prefix("juju_").unwrap_or(tool).replace('_', "-")
}

/// The arguments beyond those that the target shows, in short.
fn short_arguments(arguments: &Value) -> String {
    let shown_elsewhere = ["application", "applications", "units", "machines", "model"];
    let members = arguments.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| !shown_elsewhere.contains(&name.as_str()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    members.map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ")
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= MAX_CELL_CHARS {
        return cell.to_owned();
    }
    cell.chars().take(MAX_CELL_CHARS - 3).chain("...".chars()).collect()
}

/// The name of a tool by itself or by its command.
fn tool_name(name: &str) -> Result<String, Failure> {
    let events = ["policy_reloaded", "approval_decided"];
    let catalogue = catalogue::Catalogue::builtin();
    if let Some(tool) = catalogue.get(name).or_else(|| catalogue.get(&format!("juju_{}", name.replace('-', "_")))) {
        return Ok(tool.name().to_owned());
    }
    if events.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(
        format!("there is no tool `{name}`"),
        "`juju-mcp tools --endpoint /mcp/full` lists their names; other changes are `policy_reloaded` and `approval_decided`",
    ))
}
