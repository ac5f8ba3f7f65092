//! One stream of a log at the controller, that goes on after interruptions without gaps and repetitions.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher as _, RandomState},
};

use chrono::{DateTime, TimeDelta, Utc};
use juju_wire::debug_log::LogQuery;

use crate::{LogFilter, LogLine, log_filter::format_time};

/// Time for which a controller can send lines again: `oplogOverlap` of Juju 3.6.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);
/// Lines that are recognized when they come again.
const MAX_RECENT: usize = 20_000;

/// How much the clocks of this machine and of a controller may differ without a gap in the lines.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// Where a stream is in a log.
#[derive(Debug, Default)]
pub(crate) struct StreamPosition {
    /// When the stream was first open: it goes on from there if it is interrupted before its first line.
    opened: Option<DateTime<Utc>>,
    /// Time of the latest line.
    latest: Option<DateTime<Utc>>,
    /// The lines of the last minute, by hash, in the order of their arrival.
    recent: VecDeque<(DateTime<Utc>, u64)>,
    known: HashSet<u64>,
    hasher: RandomState,
}

impl StreamPosition {
    /// The query that goes on after this position. At the beginning the controller sends one line of the past: without a limit
    /// it would send all.
    pub(crate) fn query(&self, filter: &LogFilter) -> LogQuery {
        let query = LogQuery { start_time: String::new(), ..filter.query() };
        let start = match (self.latest, self.opened) {
            (None, None) => return LogQuery { backlog: 1, ..query },
            (None, Some(opened)) => opened.checked_sub_signed(CLOCK_TOLERANCE).unwrap_or(opened),
            (Some(latest), _) => latest.checked_sub_signed(OVERLAP).unwrap_or(latest),
        };
        LogQuery { start_time: format_time(start), replay: true, ..query }
    }

    /// Notes that the stream is open.
    pub(crate) fn open(&mut self, now: DateTime<Utc>) {
        self.opened.get_or_insert(now);
    }

    /// Whether a line is new; then the position is behind it.
    pub(crate) fn pass(&mut self, line: &LogLine) -> bool {
        let hash = self.hasher.hash_one((line.time, &line.entity, &line.module, &line.message));
        if !self.known.insert(hash) {
            return false;
        }
        self.recent.push_back((line.time, hash));
        let latest = self.latest.map_or(line.time, |latest| latest.max(line.time));
        self.latest = Some(latest);
        let is_forgotten = |(time, _): &(DateTime<Utc>, u64)| latest.signed_duration_since(*time) > OVERLAP;
        while self.recent.len() > MAX_RECENT || self.recent.front().is_some_and(is_forgotten) {
            if let Some((_, hash)) = self.recent.pop_front() {
                self.known.remove(&hash);
            }
        }
        true
    }
}
