//! The changes of findings in order, bounded; each reader has its own place in them.
//!
//! The numbers of changes continue after a restart, because each stored finding has the number of its latest change. A reader
//! that resumes after a number receives the latest change of each finding that has changed since: it loses no final state.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{Finding, FindingState};

/// Changes that a log stores by default.
const MAX_CHANGES: usize = 5_000;

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingChangeKind {
    /// It is new.
    Opened,
    /// Its severity, title, cause, root or recommended call differs.
    Updated,
    /// The condition has ended.
    Closed,
}

/// A change of a finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingChange {
    /// Its number; a later change has a greater one, also after a restart.
    pub number: u64,
    /// When.
    pub time: DateTime<Utc>,
    /// What happened.
    pub change: FindingChangeKind,
    /// The finding after the change.
    pub finding: Arc<Finding>,
}

/// The latest changes of findings, in order.
#[derive(Debug)]
pub struct FindingLog {
    stored: Mutex<StoredChanges>,
    /// The number of the next change.
    next: watch::Sender<u64>,
}

#[derive(Debug)]
struct StoredChanges {
    changes: VecDeque<FindingChange>,
    next: u64,
    /// The number after the latest change that was dropped; no reader before it has seen all.
    complete_from: u64,
}

impl Default for FindingLog {
    fn default() -> Self {
        let stored = StoredChanges { changes: VecDeque::new(), next: 1, complete_from: 1 };
        Self { stored: Mutex::new(stored), next: watch::Sender::new(1) }
    }
}

impl FindingLog {
    /// The log after a restart: the latest change of each stored finding.
    #[must_use]
    pub fn from_stored(findings: impl IntoIterator<Item = Arc<Finding>>) -> Self {
        let log = Self::default();
        let mut changes: Vec<FindingChange> = findings
            .into_iter()
            .map(|finding| {
                let change = match finding.state {
                    FindingState::Open => FindingChangeKind::Updated,
                    FindingState::Closed => FindingChangeKind::Closed,
                };
                FindingChange { number: finding.change, time: finding.last_seen, change, finding }
            })
            .collect();
        changes.sort_by_key(|change| change.number);
        let mut stored = log.stored.lock();
        stored.next = changes.last().map_or(1, |change| change.number + 1);
        stored.changes = changes.into();
        let next = stored.next;
        drop(stored);
        log.next.send_replace(next);
        log
    }

    /// Appends a change of a finding, which gets the next number, and wakes the readers. Returns the finding with its number.
    pub fn append(&self, change: FindingChangeKind, mut finding: Finding, time: DateTime<Utc>) -> Arc<Finding> {
        let mut stored = self.stored.lock();
        let number = stored.next;
        finding.change = number;
        let finding = Arc::new(finding);
        stored.changes.push_back(FindingChange { number, time, change, finding: Arc::clone(&finding) });
        stored.next += 1;
        if stored.changes.len() > MAX_CHANGES
            && let Some(dropped) = stored.changes.pop_front()
        {
            stored.complete_from = dropped.number + 1;
        }
        drop(stored);
        self.next.send_modify(|next| *next = (number + 1).max(*next));
        finding
    }

    /// The number of the latest change; 0 if there is none.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.stored.lock().next - 1
    }

    /// A reader of the changes from now on.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>) -> FindingReader {
        self.subscribe_after(self.last_number())
    }

    /// A reader of the changes after `number`; 0 for all that are stored.
    #[must_use]
    pub fn subscribe_after(self: &Arc<Self>, number: u64) -> FindingReader {
        FindingReader {
            log: Arc::clone(self),
            position: number.min(self.last_number()) + 1,
            next: self.next.subscribe(),
        }
    }
}

/// Reads a log from its own place on.
#[derive(Debug)]
pub struct FindingReader {
    log: Arc<FindingLog>,
    /// The number of the next change to read.
    position: u64,
    next: watch::Receiver<u64>,
}

/// Changes in order.
#[derive(Debug, Clone, Default)]
pub struct FindingBatch {
    /// Whether changes before these were dropped before this reader has read them: then it reads all findings again.
    pub is_incomplete: bool,
    /// The changes.
    pub changes: Vec<FindingChange>,
}

impl FindingReader {
    /// Waits for changes, and returns at most `limit` of them. Cancelling the wait loses none.
    pub async fn next_batch(&mut self, limit: usize) -> FindingBatch {
        // the log that this reader holds has the sender, so that the wait does not fail
        let position = self.position;
        let _ = self.next.wait_for(|next| *next > position).await;
        self.read(limit)
    }

    /// Returns at most `limit` changes that are there; none if this reader has read all.
    pub fn read(&mut self, limit: usize) -> FindingBatch {
        let stored = self.log.stored.lock();
        let later = stored.changes.iter().filter(|change| change.number >= self.position);
        let changes: Vec<_> = later.take(limit).cloned().collect();
        let is_incomplete = self.position < stored.complete_from;
        // after a restart numbers are left out, because only the latest change of a finding is stored
        let end = if changes.len() < limit { stored.next } else { changes.last().map_or(0, |last| last.number + 1) };
        drop(stored);
        self.position = self.position.max(end);
        FindingBatch { is_incomplete, changes }
    }

    /// The number of the last change that this reader has passed.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.position - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, FindingEntity, FindingSeverity, FindingTrend};

    fn finding(id: &str) -> Finding {
        let entity =
            FindingEntity { controller: "eu".into(), model: "admin/shop".into(), kind: "unit".into(), name: id.into() };
        let evidence =
            Evidence { what: "status".to_owned(), value: "error".to_owned(), expected: "idle".to_owned(), since: None };
        Finding {
            id: id.to_owned(),
            fingerprint: id.to_owned(),
            detector: "hook_retries".to_owned(),
            severity: FindingSeverity::Warning,
            title: "A hook fails.".to_owned(),
            entity,
            affected: Vec::new(),
            evidence: vec![evidence],
            consequence_of: None,
            cause: None,
            trend: FindingTrend::default(),
            first_seen: DateTime::UNIX_EPOCH,
            last_seen: DateTime::UNIX_EPOCH,
            recommended: None,
            state: FindingState::Open,
            change: 0,
        }
    }

    fn numbers(batch: &FindingBatch) -> Vec<u64> {
        batch.changes.iter().map(|change| change.number).collect()
    }

    #[test]
    fn reader_resumes_after_the_number_that_it_has() {
        let log = Arc::new(FindingLog::default());
        for id in ["a", "b", "c"] {
            log.append(FindingChangeKind::Opened, finding(id), DateTime::UNIX_EPOCH);
        }
        let mut reader = log.subscribe_after(1);
        assert_eq!(numbers(&reader.read(1)), [2]);
        assert_eq!(numbers(&reader.read(9)), [3]);
        assert!(reader.read(9).changes.is_empty());
        assert_eq!(reader.last_number(), 3);
    }

    #[test]
    fn log_after_a_restart_continues_the_numbers() {
        let log = FindingLog::default();
        let first = log.append(FindingChangeKind::Opened, finding("a"), DateTime::UNIX_EPOCH);
        let second = log.append(FindingChangeKind::Opened, finding("b"), DateTime::UNIX_EPOCH);
        let first = log.append(FindingChangeKind::Updated, Finding::clone(&first), DateTime::UNIX_EPOCH);
        let restarted = Arc::new(FindingLog::from_stored([first, second]));
        let mut reader = restarted.subscribe_after(1);
        assert_eq!(numbers(&reader.read(9)), [2, 3], "only the latest change of each");
        restarted.append(FindingChangeKind::Opened, finding("c"), DateTime::UNIX_EPOCH);
        assert_eq!(numbers(&reader.read(9)), [4]);
    }

    #[test]
    fn reader_behind_the_dropped_changes_learns_it_once() {
        let log = Arc::new(FindingLog::default());
        let mut reader = log.subscribe_after(0);
        for _ in 0..=MAX_CHANGES {
            log.append(FindingChangeKind::Updated, finding("a"), DateTime::UNIX_EPOCH);
        }
        assert!(reader.read(9).is_incomplete);
        assert!(!reader.read(9).is_incomplete);
    }
}
