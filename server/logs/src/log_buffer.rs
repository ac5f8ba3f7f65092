//! The latest lines of a log in order, within limits; each reader has its own place in them.
//!
//! A slow reader delays nothing and costs no memory: it has a number, not a queue. If lines that it has not read are dropped,
//! its next batch has the number of them.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::LogLine;

/// The latest lines of a log.
#[derive(Debug)]
pub struct LogBuffer {
    max_lines: usize,
    max_bytes: usize,
    stored: Mutex<Stored>,
    /// The number of the next line.
    next: watch::Sender<u64>,
}

/// The lines that are not dropped; the last has the number before `next`.
#[derive(Debug, Default)]
struct Stored {
    lines: VecDeque<Arc<LogLine>>,
    bytes: usize,
    next: u64,
}

/// Lines in order.
#[derive(Debug, Clone, Default)]
pub struct LogBatch {
    /// Number of lines before these that were dropped before this reader has read them. Its filter might not select all of them.
    pub missed: u64,
    /// The lines.
    pub lines: Vec<Arc<LogLine>>,
}

impl LogBuffer {
    /// An empty buffer of this size.
    #[must_use]
    pub fn new(max_lines: usize, max_bytes: usize) -> Self {
        Self { max_lines, max_bytes, stored: Mutex::default(), next: watch::Sender::new(0) }
    }

    /// Appends a line, and wakes the readers.
    pub fn append(&self, line: LogLine) {
        let mut stored = self.stored.lock();
        stored.bytes += line.size();
        stored.lines.push_back(Arc::new(line));
        stored.next += 1;
        while stored.lines.len() > self.max_lines || (stored.bytes > self.max_bytes && stored.lines.len() > 1) {
            let dropped = stored.lines.pop_front().map_or(0, |line| line.size());
            stored.bytes -= dropped;
        }
        let next = stored.next;
        drop(stored);
        self.next.send_modify(|value| *value = next.max(*value));
    }

    /// The number of the next line.
    #[must_use]
    pub(crate) fn next(&self) -> u64 {
        self.stored.lock().next
    }

    /// Notifies of each new line by its number.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.next.subscribe()
    }

    /// Reads from `position` on at most `limit` lines that `selects` selects, and moves the position behind those it has
    /// examined.
    pub(crate) fn read(&self, position: &mut u64, limit: usize, selects: impl Fn(&LogLine) -> bool) -> LogBatch {
        let (missed, unread) = {
            let stored = self.stored.lock();
            let first = stored.next - stored.lines.len() as u64;
            let start = usize::try_from((*position).max(first) - first).unwrap_or(usize::MAX);
            // the lock is not held while a filter runs
            (first.saturating_sub(*position), stored.lines.iter().skip(start).cloned().collect::<Vec<_>>())
        };
        *position += missed;
        let mut lines = Vec::new();
        for line in unread {
            if lines.len() >= limit {
                break;
            }
            *position += 1;
            if selects(&line) {
                lines.push(line);
            }
        }
        LogBatch { missed, lines }
    }
}
