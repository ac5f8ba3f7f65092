//! Lists changes: entries of a time range that changed something or were meant to, each with its outcome.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::{Value, json};
use store::Store;

use crate::{AuditEvent, CloseRecord, Error, ExportFilter, JujuAuditRefs, Ledger, OpenRecord, Phase, Verdict};

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

/// Returns the newest `limit` changes that match a filter and that `may_see` permits. A dry run is no change.
///
/// # Errors
/// [`Error::Store`], or [`Error::InvalidRecord`] if a record cannot be parsed.
pub async fn changes(
    store: &Store,
    filter: &ExportFilter,
    limit: usize,
    may_see: impl Fn(&OpenRecord) -> bool + Send,
) -> Result<Changes, Error> {
    let (mut found, mut omitted_older): (VecDeque<Change>, usize) = (VecDeque::new(), 0);
    // close records of entries that were opened before the range match nothing here
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut next = first_since(store, filter).await?;
    loop {
        let (records, last) = Ledger::page(store, next, PAGE).await?;
        let Some(last) = last else { return Ok(Changes { found: found.into(), omitted_older }) };
        next = last + 1;
        for record in records {
            match record.phase {
                Phase::Open(opened) => {
                    let is_in_range = filter.matches(&opened) && filter.contains_time(&opened.time);
                    if opened.event.changes() && is_in_range && may_see(&opened) {
                        open.insert(record.entry.clone(), omitted_older + found.len());
                        found.push_back(Change::from_open(record.entry, *opened));
                    }
                    if found.len() > limit {
                        found.pop_front();
                        omitted_older += 1;
                    }
                }
                Phase::Close(closed) => {
                    let index = open.remove(&record.entry).and_then(|number| number.checked_sub(omitted_older));
                    if let Some(change) = index.and_then(|index| found.get_mut(index)) {
                        change.set_outcome(closed);
                    }
                }
            }
        }
    }
}

/// A sequence from which on all records of the range follow. Times grow along the chain, so each step halves the rest.
async fn first_since(store: &Store, filter: &ExportFilter) -> Result<i64, Error> {
    let (Some(since), Some(last)) = (&filter.since, store.last_ledger_row().await?) else { return Ok(1) };
    let (mut low, mut high) = (1, last.sequence);
    while high - low > PAGE {
        let middle = low + (high - low) / 2;
        let (records, _) = Ledger::page(store, middle, 2).await?;
        match records.first() {
            Some(record) if record.time() < since.as_str() => low = middle,
            Some(_) => high = middle,
            // only a checkpoint: examine the rest record by record
            None => break,
        }
    }
    Ok(low)
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
