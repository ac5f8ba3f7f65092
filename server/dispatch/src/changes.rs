//! The tool `audit_changes`: who changed what, from the ledger, for callers that may know it.

use audit::{Change, ChangeFilter, Entry, ExportFilter, JujuAuditRefs, NewEntry, OpenRecord, Outcome, ToolCall};
use catalogue::{Answer, BadArguments, Concise, Format, Table, ViewOptions};
use chrono::{SecondsFormat, TimeDelta};
use identity::Caller;
use policy::{Act, Effect, EvaluationContext, Location, PolicyDecision, Target};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Dispatcher, Refusal, Reply};

/// Name of the tool, and of its acts in the ledger.
pub const TOOL: &str = "audit_changes";
/// Toolset of the tool, for the selectors of roles and rules.
pub const TOOLSET: &str = "audit";
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
    /// Detail of the text; default: a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    /// `next_cursor` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl ChangesQuery {
    /// How the changes are shown.
    fn view(&self) -> ViewOptions {
        let (format, cursor) = (self.format.unwrap_or_default(), self.cursor.clone());
        ViewOptions { format, cursor, ..ViewOptions::default() }
    }

    /// What a cursor belongs to: the same query, whatever the page.
    fn identity(&self) -> String {
        format!("{TOOL} {:?}", Self { cursor: None, ..self.clone() })
    }
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
        return Err(refuse(entry, Refusal::Denied(denial)));
    }
    // by each change's own place: who may know of one model learns nothing of another
    let context = EvaluationContext { toolset: TOOLSET.to_owned(), ..EvaluationContext::new(dispatcher.clock.now()) };
    let may_see = |opened: &OpenRecord| {
        let act = act.clone().with_target(Target::from_location(opened.event.location().clone()));
        matches!(policy.evaluate(caller, &act, &context), PolicyDecision::Allow { .. })
    };
    let days = wanted.days.unwrap_or(DEFAULT_DAYS).clamp(1, MAX_DAYS);
    let since = dispatcher.clock.now() - TimeDelta::try_days(days.into()).unwrap_or_default();
    let range = ExportFilter {
        since: Some(since.to_rfc3339_opts(SecondsFormat::Micros, true)),
        until: None,
        model: wanted.model.clone(),
        caller: wanted.caller.clone(),
    };
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let filter = ChangeFilter { range, limit, ..ChangeFilter::default() };
    match audit::changes(dispatcher.ledger.store(), &filter, may_see).await {
        Ok(found) => {
            let mut lines = Vec::with_capacity(found.found.len());
            for change in found.found {
                lines.push(ChangeRow { decided_by: decided_by(dispatcher, &change).await, change });
            }
            match render(&lines, found.omitted_older, days, wanted) {
                Ok(answer) => {
                    let reply = Reply::from_answer(answer, entry.id(), Vec::new());
                    entry.close(Outcome::Done, "");
                    Ok(reply)
                }
                Err(problem) => Err(refuse(entry, problem.into())),
            }
        }
        Err(error) => Err(refuse(entry, Refusal::LedgerUnavailable(error))),
    }
}

/// Closes the entry of a query that is refused.
fn refuse(entry: Entry, refusal: Refusal) -> Refusal {
    entry.close(refusal.outcome(), &refusal.to_string());
    refusal
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

fn render(lines: &[ChangeRow], older: usize, days: u16, wanted: &ChangesQuery) -> Result<Answer, BadArguments> {
    let value = json!({"changes": lines, "omitted_older": older, "days": days});
    let heading =
        ["Time", "Caller", "Tool", "Controller", "Model", "Targets", "Outcome", "Decided by", "Juju", "Message"];
    let none = || format!("nothing was changed by way of this server in the last {days} days, as far as you may know");
    let more = || format!("{older} older changes are omitted: request fewer days, or a larger `limit`");
    let head = lines.is_empty().then(none).into_iter().chain((older > 0).then(more)).collect();
    let rows = Table::new("changes", &heading, lines.iter().map(cells).collect());
    let concise = Concise::with_head(head).and(rows);
    catalogue::render_rows(&wanted.view(), &wanted.identity(), "changes", value, &concise)
}

/// One change as a row, short: `format: json` has it in full.
fn cells(line: &ChangeRow) -> Vec<String> {
    let ChangeRow { change, decided_by } = line;
    let outcome = match change.outcome {
        Some(outcome) => outcome.as_str().to_owned(),
        None => "under way".to_owned(),
    };
    let message = change.reason.strip_prefix(&format!("{outcome}: ")).unwrap_or(&change.reason);
    let targets: Vec<_> = change.targets.iter().map(|tag| catalogue::name_in_tag(tag)).collect();
    vec![
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
    ]
}

/// Where Juju's own records have it, in short: `ana 0f1e2d3c4b5a6978/17`, `ana operation 12`.
fn juju(found: &JujuAuditRefs) -> String {
    let requests = found.requests.iter().map(|sent| format!("{}/{}", sent.connection, sent.request));
    let operation = found.operation.iter().map(|id| format!("operation {id}"));
    found.user.clone().into_iter().chain(operation).chain(requests).collect::<Vec<_>>().join(" ")
}
