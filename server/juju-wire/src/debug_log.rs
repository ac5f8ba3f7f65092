//! The log of a model, `/model/<uuid>/log`: what one asks in the URL, and the records that come
//! (`api/common/logs.go`, `rpc/params/internal.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

/// A line of the log, one a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogRecord {
    /// Tag of the entity that wrote it, `unit-web-0`.
    #[serde(rename = "tag")]
    pub entity: String,
    /// When, RFC 3339 with nanoseconds.
    #[serde(rename = "ts")]
    pub timestamp: String,
    /// `TRACE`, `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`.
    #[serde(rename = "sev")]
    pub severity: String,
    #[serde(rename = "mod")]
    pub module: String,
    /// File and line.
    #[serde(rename = "loc")]
    pub location: String,
    #[serde(rename = "msg")]
    pub message: String,
    #[serde(rename = "lab", with = "crate::go::nil")]
    pub labels: Vec<String>,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only these entities, as tags; a `*` matches anything.
    pub include_entity: Vec<String>,
    pub exclude_entity: Vec<String>,
    /// Only these modules, with all below them.
    pub include_module: Vec<String>,
    pub exclude_module: Vec<String>,
    /// Only lines with these labels.
    pub include_label: Vec<String>,
    pub exclude_label: Vec<String>,
    /// Only this severity and above; empty for all.
    pub level: String,
    /// How many lines of the past, 0 for none.
    pub backlog: u32,
    /// How many lines at most; this version of the server takes it for the backlog.
    pub max_lines: u32,
    /// Whether the whole past is wanted.
    pub replay: bool,
    /// Whether the stream ends with the past.
    pub no_tail: bool,
    /// Only what is newer, RFC 3339; empty for all.
    pub start_time: String,
}

impl LogQuery {
    /// The query as pairs of key and value, not yet escaped.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let lists = [
            ("includeEntity", &self.include_entity),
            ("excludeEntity", &self.exclude_entity),
            ("includeModule", &self.include_module),
            ("excludeModule", &self.exclude_module),
            ("includeLabel", &self.include_label),
            ("excludeLabel", &self.exclude_label),
        ];
        let mut pairs: Vec<_> =
            lists.into_iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value.clone()))).collect();
        let number = |number: u32| if number == 0 { String::new() } else { number.to_string() };
        let flag = |set: bool| if set { "true".to_owned() } else { String::new() };
        let single = [
            ("level", self.level.clone()),
            ("backlog", number(self.backlog)),
            ("maxLines", number(self.max_lines)),
            ("replay", flag(self.replay)),
            ("noTail", flag(self.no_tail)),
            ("startTime", self.start_time.clone()),
        ];
        pairs.extend(single.into_iter().filter(|(_, value)| !value.is_empty()));
        pairs
    }

    /// Reads a query from its pairs; unknown keys are ignored, as the server does.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut query = Self::default();
        for (key, value) in pairs {
            let text = value.to_owned();
            match key {
                "includeEntity" => query.include_entity.push(text),
                "excludeEntity" => query.exclude_entity.push(text),
                "includeModule" => query.include_module.push(text),
                "excludeModule" => query.exclude_module.push(text),
                "includeLabel" => query.include_label.push(text),
                "excludeLabel" => query.exclude_label.push(text),
                "level" => query.level = text,
                "backlog" => query.backlog = value.parse().unwrap_or_default(),
                "maxLines" => query.max_lines = value.parse().unwrap_or_default(),
                "replay" => query.replay = value == "true",
                "noTail" => query.no_tail = value == "true",
                "startTime" => query.start_time = text,
                _ => {}
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_round_trips_through_its_pairs() {
        let query = LogQuery {
            include_entity: vec!["unit-web-0".into(), "machine-*".into()],
            level: "WARNING".into(),
            max_lines: 10,
            no_tail: true,
            ..LogQuery::default()
        };
        let pairs = query.pairs();
        assert_eq!(pairs.len(), 5);
        assert_eq!(LogQuery::from_pairs(pairs.iter().map(|(key, value)| (*key, value.as_str()))), query);
    }
}
