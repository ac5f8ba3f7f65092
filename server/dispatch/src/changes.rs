//! The tool `audit_changes`: who changed what, from the ledger, for callers that may know it.

use audit::{Change, ExportFilter, JujuAuditRefs, NewEntry, OpenRecord, Outcome, ToolCall};
use catalogue::Answer;
use chrono::{SecondsFormat, TimeDelta};
use identity::Caller;
use policy::{Act, Effect, EvaluationContext, Location, PolicyDecision, Target};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Dispatcher, Refusal, Reply};

/// Name of the tool, and of its acts in the ledger.
pub const TOOL: &str = "audit_changes";
const TOOLSET: &str = "audit";
/// Default and maximum of `days` and `limit`.
const DEFAULT_DAYS: u16 = 7;
const MAX_DAYS: u16 = 3650;
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

/// Which changes to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangesQuery {
    /// `[controller:][owner/]name`; default: all models.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Subject or e-mail address of a caller; default: all callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
    /// Number of days to look back; default: 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
    /// Maximum number of changes, the newest first; default: 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
}

/// Lists changes in the models that the caller may know. The ledger records the query.
///
/// # Errors
/// [`Refusal`]: a role that may not see content, a ledger that cannot be written or read.
pub async fn changes(dispatcher: &Dispatcher, caller: &Caller, wanted: &ChangesQuery) -> Result<Reply, Refusal> {
    let policy = dispatcher.policy.current();
    let arguments = serde_json::to_value(wanted).unwrap_or_default();
    let location = Location::from_names(None, wanted.model.clone());
    let act = Act::new(TOOL, Effect::Sensitive).with_target(Target::from_location(location)).with_arguments(arguments);
    let rights = policy.permissions(caller);
    let new = NewEntry::from_call(caller, ToolCall::new(&act)).with_roles(rights.roles().to_vec());
    let entry = dispatcher.ledger.open_entry(new).await?;
    if let Err(denial) = rights.check_visibility(TOOL, TOOLSET, Effect::Sensitive) {
        let refusal = Refusal::Denied(denial);
        entry.close(refusal.outcome(), &refusal.to_string());
        return Err(refusal);
    }
    // by each change's own place: who may know of one model learns nothing of another
    let context = EvaluationContext { toolset: TOOLSET.to_owned(), ..EvaluationContext::new(dispatcher.clock.now()) };
    let may_see = |opened: &OpenRecord| {
        let act = act.clone().with_target(Target::from_location(opened.event.location().clone()));
        matches!(policy.evaluate(caller, &act, &context), PolicyDecision::Allow { .. })
    };
    let days = wanted.days.unwrap_or(DEFAULT_DAYS).clamp(1, MAX_DAYS);
    let since = dispatcher.clock.now() - TimeDelta::days(days.into());
    let filter = ExportFilter {
        since: Some(since.to_rfc3339_opts(SecondsFormat::Micros, true)),
        until: None,
        model: wanted.model.clone(),
        caller: wanted.caller.clone(),
    };
    let most = wanted.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    match audit::changes(dispatcher.ledger.store(), &filter, most, may_see).await {
        Ok(found) => {
            let mut lines = Vec::with_capacity(found.found.len());
            for change in found.found {
                lines.push(ChangeRow { decided_by: decided_by(dispatcher, &change).await, change });
            }
            let reply = Reply::from_answer(render(&lines, found.omitted_older, days), entry.id(), Vec::new());
            entry.close(Outcome::Done, "");
            Ok(reply)
        }
        Err(error) => {
            let refusal = Refusal::LedgerUnavailable(error);
            entry.close(refusal.outcome(), &refusal.to_string());
            Err(refusal)
        }
    }
}

/// One change as the caller receives it.
#[derive(Serialize)]
struct ChangeRow {
    #[serde(flatten)]
    change: Change,
    /// Who approved or rejected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
}

/// Who approved or rejected a change, as far as that is still known.
async fn decided_by(dispatcher: &Dispatcher, change: &Change) -> Option<String> {
    dispatcher.ledger.store().approval(change.approval.as_deref()?).await.ok().flatten()?.decided_by
}

fn render(lines: &[ChangeRow], older: usize, days: u16) -> Answer {
    let mut value = json!({"changes": lines, "omitted_older": older, "days": days});
    let heading =
        ["Time", "Caller", "Tool", "Controller", "Model", "Targets", "Outcome", "Decided by", "Juju", "Message"];
    let mut text = catalogue::table(&heading, &lines.iter().map(cells).collect::<Vec<_>>());
    if lines.is_empty() {
        text = format!("nothing was changed by way of this server in the last {days} days, as far as you may know\n");
    }
    if older > 0 {
        let older = older.to_string();
        text.extend([&*older, " older changes are omitted: request fewer days, or a larger `limit`\n"]);
    }
    let removed = content::clean_value(&mut value);
    let (text, also_removed) = content::clean(&text);
    Answer { value, text: text.into_owned(), removed: removed + also_removed }
}

/// One change as a row, short: the data has it in full.
fn cells(line: &ChangeRow) -> Vec<String> {
    let ChangeRow { change, decided_by } = line;
    let outcome = match change.outcome {
        Some(outcome) => outcome.as_str().to_owned(),
        None => "under way".to_owned(),
    };
    let message = change.reason.strip_prefix(&format!("{outcome}: ")).unwrap_or(&change.reason);
    let targets: Vec<_> = change.targets.iter().map(|tag| catalogue::name_in_tag(tag)).collect();
    let cells = [
        change.time.get(..19).map_or_else(|| change.time.clone(), |time| format!("{}Z", time.replace('T', " "))),
        change.email.as_ref().unwrap_or(&change.caller).clone(),
        change.tool.clone().unwrap_or_else(|| change.event.to_owned()),
        change.controller.clone(),
        change.model.clone(),
        targets.join(","),
        outcome,
        decided_by.clone().unwrap_or_default(),
        juju(&change.juju),
        message.to_owned(),
    ];
    cells.iter().map(|cell| catalogue::clean(cell)).collect()
}

/// Where Juju's own records have it, in short: `0f1e2d3c4b5a6978/17`, `operation 12`.
fn juju(found: &JujuAuditRefs) -> String {
    let requests = found.requests.iter().map(|sent| format!("{}/{}", sent.connection, sent.request));
    let operation = found.operation.iter().map(|id| format!("operation {id}"));
    operation.chain(requests).collect::<Vec<_>>().join(" ")
}
