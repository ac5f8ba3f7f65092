//! Errors by service and category, with the time of onset.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use logs::{LogGroup, LogGroups, LogLine};
use serde::Serialize;

use crate::category;

/// Groups that a report has at most.
const MAX_GROUPS: usize = 200;
/// Patterns of lines that a group distinguishes.
const MAX_PATTERNS: usize = 50;
/// Patterns that a group shows.
const MAX_SHOWN_PATTERNS: usize = 3;
/// A quiet time of this share of the range separates two series of errors.
const QUIET_SHARE: i32 = 4;

/// Errors of one service and one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorGroup {
    /// The service, `auth-service`.
    pub service: String,
    /// What failed and how, `authentication timeout`.
    pub category: String,
    /// How many there are.
    pub count: u64,
    /// Time of the first.
    pub first: DateTime<Utc>,
    /// Time of the last.
    pub last: DateTime<Utc>,
    /// When the series of errors that goes on until the last one began.
    pub onset: DateTime<Utc>,
    /// The most frequent patterns of their lines.
    pub patterns: Vec<LogGroup>,
}

/// Collects errors. It has no clock and no I/O.
#[derive(Debug, Default)]
pub struct ErrorReport {
    groups: BTreeMap<(String, String), Collected>,
    total: u64,
    ungrouped: u64,
}

#[derive(Debug)]
struct Collected {
    times: Vec<DateTime<Utc>>,
    patterns: LogGroups,
}

impl ErrorReport {
    /// Adds an error of a service.
    pub fn add(&mut self, service: &str, line: &LogLine) {
        self.total += 1;
        let key = (service.to_owned(), category(&line.message));
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            self.ungrouped += 1;
            return;
        }
        let new = || Collected { times: Vec::new(), patterns: LogGroups::new(MAX_PATTERNS) };
        let group = self.groups.entry(key).or_insert_with(new);
        group.times.push(line.time);
        group.patterns.add(line);
    }

    /// How many errors there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Errors that are in no group, because there are too many groups.
    #[must_use]
    pub fn ungrouped(&self) -> u64 {
        self.ungrouped
    }

    /// The groups of a range of this length, the largest first.
    #[must_use]
    pub fn into_groups(self, range: TimeDelta) -> Vec<ErrorGroup> {
        let quiet = range / QUIET_SHARE;
        let group = |((service, category), Collected { mut times, patterns }): (_, Collected)| {
            times.sort_unstable();
            let (first, last) = (*times.first()?, *times.last()?);
            let mut patterns = patterns.into_sorted();
            patterns.truncate(MAX_SHOWN_PATTERNS);
            let (count, onset) = (times.len() as u64, onset(&times, quiet)?);
            Some(ErrorGroup { service, category, count, first, last, onset, patterns })
        };
        let mut groups: Vec<ErrorGroup> = self.groups.into_iter().filter_map(group).collect();
        groups.sort_by(|one, other| other.count.cmp(&one.count).then(one.first.cmp(&other.first)));
        groups
    }
}

/// When the last series of sorted times began in which no gap is longer than `quiet`.
fn onset(times: &[DateTime<Utc>], quiet: TimeDelta) -> Option<DateTime<Utc>> {
    let gap = times.windows(2).rposition(|pair| pair[1] - pair[0] > quiet);
    times.get(gap.map_or(0, |index| index + 1)).copied()
}

#[cfg(test)]
mod tests {
    use logs::LogLevel;

    use super::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::try_minutes(minute).unwrap_or_default()
    }

    fn line(at: i64, message: &str) -> LogLine {
        let (entity, message) = ("unit-x-0".to_owned(), message.to_owned());
        LogLine { time: minute(at), level: LogLevel::Error, entity, module: String::new(), message }
    }

    #[test]
    fn errors_are_counted_by_service_and_category_with_their_onset() {
        let mut report = ErrorReport::default();
        for at in [2, 40, 42, 45, 47, 50, 55, 59] {
            report.add("auth-service", &line(at, &format!("authentication timeout after {at} ms")));
        }
        for at in [44, 41, 48] {
            report.add("frontend-service", &line(at, "cannot connect to the database: connection refused"));
        }
        report.add("payment-service", &line(52, "rate limit exceeded"));
        assert_eq!(report.total(), 12);
        let groups = report.into_groups(TimeDelta::try_hours(1).unwrap_or_default());
        let figures: Vec<_> =
            groups.iter().map(|group| (group.service.as_str(), group.category.as_str(), group.count)).collect();
        assert_eq!(
            figures,
            [
                ("auth-service", "authentication timeout", 8),
                ("frontend-service", "database connection", 3),
                ("payment-service", "rate limit", 1)
            ]
        );
        assert_eq!((groups[0].first, groups[0].onset, groups[0].last), (minute(2), minute(40), minute(59)));
        assert_eq!((groups[1].onset, groups[1].patterns.len()), (minute(41), 1));
        assert_eq!(groups[0].patterns[0].count, 8);
    }
}
