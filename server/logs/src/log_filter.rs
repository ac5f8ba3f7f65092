//! Which lines of a log a reader wants.

use chrono::{DateTime, SecondsFormat, Utc};
use juju_wire::debug_log::LogQuery;

use crate::{LogLevel, LogLine};

/// Which lines; default: all. An empty list or text restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The least level.
    pub level: LogLevel,
    /// Only lines of these entities: tags, in which `*` matches any text.
    pub include_entity: Vec<String>,
    /// No lines of these.
    pub exclude_entity: Vec<String>,
    /// Only lines of these modules, and of those below them.
    pub include_module: Vec<String>,
    /// No lines of these.
    pub exclude_module: Vec<String>,
    /// Only lines from this time on.
    pub since: Option<DateTime<Utc>>,
    /// Only lines until this time.
    pub until: Option<DateTime<Utc>>,
    /// Only lines with this text in their message, in any case.
    pub contains: String,
}

impl LogFilter {
    /// What the controller can filter, for the last `lines` lines of the past; the rest is for [`LogFilter::matches`].
    #[must_use]
    pub fn past_query(&self, lines: u32) -> LogQuery {
        LogQuery { backlog: lines, no_tail: true, ..self.query() }
    }

    /// What the controller can filter.
    #[must_use]
    pub fn query(&self) -> LogQuery {
        LogQuery {
            include_entity: self.include_entity.clone(),
            exclude_entity: self.exclude_entity.clone(),
            include_module: self.include_module.clone(),
            exclude_module: self.exclude_module.clone(),
            level: if self.level > LogLevel::Trace { self.level.name().to_owned() } else { String::new() },
            start_time: self.since.map(format_time).unwrap_or_default(),
            ..LogQuery::default()
        }
    }

    /// Whether the controller cannot filter everything.
    #[must_use]
    pub fn is_partly_local(&self) -> bool {
        self.until.is_some() || !self.contains.is_empty()
    }

    /// Whether it selects a line.
    #[must_use]
    pub fn matches(&self, line: &LogLine) -> bool {
        let entity = |pattern: &String| matches_pattern(pattern, &line.entity);
        let module = |name: &String| is_within(name, &line.module);
        line.level >= self.level
            && self.since.is_none_or(|since| line.time >= since)
            && self.until.is_none_or(|until| line.time <= until)
            && (self.include_entity.is_empty() || self.include_entity.iter().any(entity))
            && !self.exclude_entity.iter().any(entity)
            && (self.include_module.is_empty() || self.include_module.iter().any(module))
            && !self.exclude_module.iter().any(module)
            && (self.contains.is_empty() || contains_in_any_case(&line.message, &self.contains))
    }

    /// A filter that selects at least what this one and `other` select of new lines. Times and texts are left out of it.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        let included = |one: &[String], other: &[String]| {
            if one.is_empty() || other.is_empty() { Vec::new() } else { joined(one, other) }
        };
        let excluded = |one: &[String], other: &[String]| {
            one.iter().filter(|name| other.contains(name)).cloned().collect::<Vec<_>>()
        };
        Self {
            level: self.level.min(other.level),
            include_entity: included(&self.include_entity, &other.include_entity),
            exclude_entity: excluded(&self.exclude_entity, &other.exclude_entity),
            include_module: included(&self.include_module, &other.include_module),
            exclude_module: excluded(&self.exclude_module, &other.exclude_module),
            since: None,
            until: None,
            contains: String::new(),
        }
    }
}

/// Both lists without repetitions, in a fixed order.
fn joined(one: &[String], other: &[String]) -> Vec<String> {
    let mut names = [one, other].concat();
    names.sort_unstable();
    names.dedup();
    names
}

/// A time as the controller reads it.
pub(crate) fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// Whether a module is `name` or below it.
fn is_within(name: &str, module: &str) -> bool {
    module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a text matches a pattern in which `*` is any text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

fn contains_in_any_case(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_at_the_controller() {
        for (pattern, text, matches) in [
            ("unit-web-0", "unit-web-0", true),
            ("unit-web-0", "unit-web-01", false),
            ("unit-web-*", "unit-web-01", true),
            ("*-0", "machine-0", true),
            ("unit-*-0", "unit-web-1", false),
            ("unit-*b*-0", "unit-web-0", true),
            ("*", "", true),
        ] {
            assert_eq!(matches_pattern(pattern, text), matches, "{pattern} {text}");
        }
        assert!(is_within("juju.worker", "juju.worker.uniter") && !is_within("juju.work", "juju.worker"));
    }
}
