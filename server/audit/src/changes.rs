//! Lists changes: entries of a time range that changed something or were meant to, each with its outcome.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};
use store::Store;

use crate::{
    AuditEvent, CloseRecord, Error, ExportFilter, JujuAuditRefs, OpenRecord, Phase, Record, Verdict, error::unreadable,
};

/// Rows that one query reads.
const PAGE: i64 = 1000;

/// One entry that changed something, or was meant to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Time of the request, RFC 3339, UTC.
    pub time: String,
    /// Subject of the caller.
    pub caller: String,
    /// The caller's address, if an identity provider has verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Name and version that the caller's MCP client reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Name of the event, `tool_call`.
    pub event: &'static str,
    /// The tool; absent for other events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The controller.
    pub controller: String,
    /// The model, `owner/name`; empty if the act concerns none.
    pub model: String,
    /// Entities that the act concerns, as tags.
    pub targets: Vec<String>,
    /// Arguments of the call, redacted; for other events their details.
    pub arguments: Value,
    /// The outcome; absent while the act is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<crate::Outcome>,
    /// Why the outcome is not `done`, one sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The decision of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Verdict>,
    /// The approval that was requested, used or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// References into Juju's own records.
    #[serde(skip_serializing_if = "JujuAuditRefs::is_empty")]
    pub juju: JujuAuditRefs,
    /// Id of the entry in the ledger.
    pub entry: String,
}

/// Result of [`changes`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// The newest changes, the oldest of them first.
    pub found: Vec<Change>,
    /// Number of older changes of the same range that are left out.
    pub omitted_older: usize,
}

/// Which changes to list.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Time, model and caller.
    pub range: ExportFilter,
    /// Only calls of this tool, or other events of this name.
    pub tool: Option<String>,
    /// Only changes with this outcome.
    pub outcome: Option<crate::Outcome>,
    /// Largest number of changes; the newest ones are listed.
    pub limit: usize,
}

/// Returns the newest changes that match a filter and that `may_see` permits. A dry run is no change.
///
/// # Errors
/// [`Error::Store`], or [`Error::InvalidRecord`] if a record cannot be parsed.
pub async fn changes(
    store: &Store,
    filter: &ChangeFilter,
    may_see: impl Fn(&OpenRecord) -> bool + Send,
) -> Result<Changes, Error> {
    let (mut found, mut omitted_older) = (VecDeque::new(), 0);
    let mut before = i64::MAX;
    loop {
        let rows = store.ledger_changes_before(before, PAGE).await?;
        let Some(last) = rows.last() else { break };
        before = last.sequence;
        for row in &rows {
            let Some(record) = Record::from_row(row).map_err(|_| unreadable(row.sequence))? else { continue };
            let Phase::Open(opened) = record.phase else { continue };
            // times grow along the chain, so all further rows are older
            if filter.range.since.as_ref().is_some_and(|since| opened.time < *since) {
                return Ok(Changes { found: found.into(), omitted_older });
            }
            if !(filter.contains(&opened) && may_see(&opened)) {
                continue;
            }
            let is_full = found.len() >= filter.limit;
            if is_full && filter.outcome.is_none() {
                omitted_older += 1;
                continue;
            }
            let mut change = Change::from_open(record.entry, *opened);
            if let Some(closed) = closed_by(store, &change.entry).await? {
                change.set_outcome(closed);
            }
            if filter.outcome.is_some_and(|outcome| change.outcome != Some(outcome)) {
                continue;
            }
            if is_full {
                omitted_older += 1;
            } else {
                found.push_front(change);
            }
        }
    }
    Ok(Changes { found: found.into(), omitted_older })
}

impl ChangeFilter {
    fn contains(&self, opened: &OpenRecord) -> bool {
        opened.event.changes()
            && self.range.matches(opened)
            && self.range.contains_time(&opened.time)
            && self.tool.as_ref().is_none_or(|tool| opened.event.name() == tool)
    }
}

/// The close record of an entry; `None` while it is open.
pub(crate) async fn closed_by(store: &Store, entry: &str) -> Result<Option<CloseRecord>, Error> {
    let Some(row) = store.ledger_close(entry).await? else { return Ok(None) };
    match Record::from_row(&row).map_err(|_| unreadable(row.sequence))?.map(|record| record.phase) {
        Some(Phase::Close(closed)) => Ok(Some(closed)),
        _ => Ok(None),
    }
}

impl Change {
    fn from_open(entry: String, opened: OpenRecord) -> Self {
        let event = opened.event.kind();
        let location = opened.event.location();
        let controller = location.controller().unwrap_or_default().to_owned();
        let model = location.model().unwrap_or_default().to_owned();
        let (tool, targets, arguments) = match opened.event {
            AuditEvent::ToolCall(call) => {
                let act = call.operation;
                let targets = act.target.entities.iter().map(ToString::to_string).collect();
                (Some(act.tool), targets, act.arguments)
            }
            AuditEvent::ApprovalDecided { approval_id, approved, comment, channel, kind, .. } => {
                let details = json!({"approved": approved, "comment": comment, "channel": channel, "kind": kind});
                (None, vec![format!("approval-{approval_id}")], details)
            }
            AuditEvent::PolicyReloaded { changes } => (None, Vec::new(), changes),
            // the other events change nothing
            _ => (None, Vec::new(), Value::Null),
        };
        Self {
            time: opened.time,
            caller: opened.caller,
            email: opened.email,
            client: opened.client,
            event,
            tool,
            controller,
            model,
            targets,
            arguments,
            outcome: None,
            reason: String::new(),
            decision: None,
            approval: None,
            juju: JujuAuditRefs::default(),
            entry,
        }
    }

    fn set_outcome(&mut self, closed: CloseRecord) {
        self.outcome = Some(closed.outcome);
        self.reason = closed.reason;
        self.decision = closed.decision;
        self.approval = closed.approval;
        self.juju = *closed.juju;
    }
}
