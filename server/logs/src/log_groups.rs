//! Groups of similar lines: how many, since when, until when, and by which entities.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{LogLevel, LogLine, mask};

/// Entities that a group names.
const MAX_ENTITIES: usize = 50;
/// Bytes of the example of a group.
const MAX_EXAMPLE_BYTES: usize = 500;

/// Lines that differ in their variable parts only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogGroup {
    /// The level of all of them.
    pub level: LogLevel,
    /// Their module, masked.
    pub module: String,
    /// Their message, masked.
    pub pattern: String,
    /// How many there are.
    pub count: u64,
    /// How many of them are recent, see [`LogGroups::recent_from`].
    #[serde(skip_serializing_if = "is_zero")]
    pub recent: u64,
    /// Time of the first.
    pub first: DateTime<Utc>,
    /// Time of the last.
    pub last: DateTime<Utc>,
    /// The entities that wrote them, each with the number of its lines; not more than 50.
    pub entities: BTreeMap<String, u64>,
    /// Lines of further entities.
    #[serde(skip_serializing_if = "is_zero")]
    pub of_other_entities: u64,
    /// The message of the first.
    pub example: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What the lines of a group have in common: level, module, pattern, and the entity where each has groups of its own.
type GroupKey = (LogLevel, String, String, Option<String>);

/// Groups lines as they come. It has no clock and no I/O.
#[derive(Debug)]
pub struct LogGroups {
    groups: HashMap<GroupKey, LogGroup>,
    max_groups: usize,
    is_by_entity: bool,
    recent_from: Option<DateTime<Utc>>,
    ungrouped: u64,
}

impl LogGroups {
    /// No group yet; there will be `max_groups` at most.
    #[must_use]
    pub fn new(max_groups: usize) -> Self {
        Self { groups: HashMap::new(), max_groups, is_by_entity: false, recent_from: None, ungrouped: 0 }
    }

    /// The same with groups of one entity each.
    #[must_use]
    pub fn by_entity(self) -> Self {
        Self { is_by_entity: true, ..self }
    }

    /// The same, which counts the lines from this time on also as recent.
    #[must_use]
    pub fn recent_from(self, time: DateTime<Utc>) -> Self {
        Self { recent_from: Some(time), ..self }
    }

    /// Adds a line to its group.
    pub fn add(&mut self, line: &LogLine) {
        let entity = self.is_by_entity.then(|| line.entity.clone());
        let is_recent = self.recent_from.is_some_and(|from| line.time >= from);
        let key = (line.level, mask(&line.module), mask(&line.message), entity);
        if let Some(group) = self.groups.get_mut(&key) {
            group.add(line, is_recent);
        } else if self.groups.len() < self.max_groups {
            let (level, module, pattern, _) = key.clone();
            let mut group = LogGroup {
                level,
                module,
                pattern,
                count: 0,
                recent: 0,
                first: line.time,
                last: line.time,
                entities: BTreeMap::new(),
                of_other_entities: 0,
                example: example(line),
            };
            group.add(line, is_recent);
            self.groups.insert(key, group);
        } else {
            self.ungrouped += 1;
        }
    }

    /// Lines that are in no group, because the maximum number of groups existed before they came.
    #[must_use]
    pub fn ungrouped(&self) -> u64 {
        self.ungrouped
    }

    /// The groups, the largest first; equally large ones in the order of their first lines.
    #[must_use]
    pub fn into_sorted(self) -> Vec<LogGroup> {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_unstable_by(|one, other| {
            let by_size = other.count.cmp(&one.count).then(one.first.cmp(&other.first));
            by_size.then_with(|| one.rest().cmp(&other.rest()))
        });
        groups
    }
}

impl LogGroup {
    /// What distinguishes groups of the same size and time.
    fn rest(&self) -> (&str, &str, LogLevel, Option<&String>) {
        (&self.pattern, &self.module, self.level, self.entities.keys().next())
    }

    fn add(&mut self, line: &LogLine, is_recent: bool) {
        self.count += 1;
        self.recent += u64::from(is_recent);
        if line.time < self.first {
            (self.first, self.example) = (line.time, example(line));
        }
        self.last = self.last.max(line.time);
        let is_full = self.entities.len() >= MAX_ENTITIES;
        match self.entities.get_mut(&line.entity) {
            Some(count) => *count += 1,
            None if is_full => self.of_other_entities += 1,
            None => drop(self.entities.insert(line.entity.clone(), 1)),
        }
    }
}

fn example(line: &LogLine) -> String {
    line.message[..line.message.floor_char_boundary(MAX_EXAMPLE_BYTES)].to_owned()
}
