//! Who changed what: the acts of a range that changed something or were to, each with its end.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::Value;
use store::Store;

use crate::{Beginning, Ending, Error, Juju, Ledger, Only, Phase, Ruling};

const PAGE: i64 = 1000;

/// One act that changed something, or was to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// When it was asked for, RFC 3339, UTC.
    pub time: String,
    /// Who asked: the subject.
    pub caller: String,
    /// Their address, where an identity provider has verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What their MCP client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The tool.
    pub tool: String,
    /// The controller.
    pub controller: String,
    /// The model, `owner/name`; empty where the act was in none.
    pub model: String,
    /// What it was done to, as tags.
    pub targets: Vec<String>,
    /// Its arguments, redacted.
    pub arguments: Value,
    /// `done`, `denied`, `asked`, `failed`, `cancelled` or `unknown`; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<crate::Outcome>,
    /// Why it did not go well, one sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What policy said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
    /// The approval that was asked for, used or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// By what it is found in Juju's own records.
    #[serde(skip_serializing_if = "Juju::is_empty")]
    pub juju: Juju,
    /// The act's id in the ledger.
    pub entry: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// The newest of them, in the order in which they were asked for.
    pub found: Vec<Change>,
    /// Older ones of the same range that are not among them.
    pub older: usize,
}

/// The newest `most` changes of a range of which `may_see` holds. Dry runs change nothing, so they are none.
///
/// # Errors
/// [`Error::Store`], or [`Error::Broken`] where a record cannot be read.
pub async fn changes(
    store: &Store,
    only: &Only,
    most: usize,
    may_see: impl Fn(&Beginning) -> bool + Send,
) -> Result<Changes, Error> {
    let (mut found, mut older): (VecDeque<Change>, usize) = (VecDeque::new(), 0);
    // ends of acts whose beginning stands further back belong to nothing that is shown
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut next = first_since(store, only).await?;
    loop {
        let (records, last) = Ledger::page(store, next, PAGE).await?;
        let Some(last) = last else { return Ok(Changes { found: found.into(), older }) };
        next = last + 1;
        for record in records {
            match record.phase {
                Phase::Open(begun) => {
                    let changes = begun.asked.effect.changes() && !begun.dry_run;
                    if changes && only.wants(&begun) && only.spans(&begun.time) && may_see(&begun) {
                        open.insert(record.act.clone(), older + found.len());
                        found.push_back(Change::begun(record.act, *begun));
                    }
                    if found.len() > most {
                        found.pop_front();
                        older += 1;
                    }
                }
                Phase::Close(ended) => {
                    let place = open.remove(&record.act).and_then(|number| number.checked_sub(older));
                    if let Some(change) = place.and_then(|place| found.get_mut(place)) {
                        change.end(ended);
                    }
                }
            }
        }
    }
}

/// A record from which on all that is to be shown stands: times grow along the chain, so half of it is left out at each step.
async fn first_since(store: &Store, only: &Only) -> Result<i64, Error> {
    let (Some(since), Some(head)) = (&only.since, store.ledger_head().await?) else { return Ok(1) };
    let (mut low, mut high) = (1, head.sequence);
    while high - low > PAGE {
        let middle = low + (high - low) / 2;
        let (records, _) = Ledger::page(store, middle, 2).await?;
        match records.first() {
            Some(record) if record.time() < since.as_str() => low = middle,
            Some(_) => high = middle,
            // a head and nothing else: look at what is left record by record
            None => break,
        }
    }
    Ok(low)
}

impl Change {
    fn begun(entry: String, begun: Beginning) -> Self {
        let Beginning { time, caller, email, client, asked, .. } = begun;
        Self {
            time,
            caller,
            email,
            client,
            controller: asked.controller().unwrap_or_default().to_owned(),
            model: asked.model().unwrap_or_default().to_owned(),
            targets: asked.target.entities.iter().map(ToString::to_string).collect(),
            tool: asked.tool,
            arguments: asked.arguments,
            outcome: None,
            reason: String::new(),
            ruling: None,
            approval: None,
            juju: Juju::default(),
            entry,
        }
    }

    fn end(&mut self, ended: Ending) {
        self.outcome = Some(ended.outcome);
        self.reason = ended.reason;
        self.ruling = ended.decision.map(|decision| decision.ruling);
        self.approval = ended.approval;
        self.juju = *ended.juju;
    }
}
