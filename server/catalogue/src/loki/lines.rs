//! Lines of Loki and of Juju's own log as answers show them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use juju_wire::debug_log::LogRecord;
use logs::{LogLevel, LogLine};
use loki::{LokiLine, StreamLabels, detect_level, service_of};
use serde::Serialize;

use super::times;
use crate::Table;

/// Labels that name what exactly wrote a line, the best first.
const SOURCE_LABELS: [&str; 4] = ["juju_unit", "pod", "instance", "host"];
/// Bytes of a line that an answer shows.
const MAX_TEXT_BYTES: usize = 2_000;

/// A line in an answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShownLine {
    pub(super) time: String,
    /// The unit, pod or service that wrote it.
    pub(super) source: String,
    #[serde(skip_serializing_if = "StreamLabels::is_empty")]
    pub(super) labels: StreamLabels,
    pub(super) line: String,
}

/// A line with its service, from Loki or from Juju.
#[derive(Debug, Clone)]
pub(super) struct ServiceLine {
    pub(super) service: String,
    pub(super) line: LogLine,
}

impl ServiceLine {
    /// A line of Loki, with the level that it has or shows.
    pub(super) fn from_loki(line: LokiLine) -> Self {
        let level = detect_level(&line.labels, &line.text).level;
        let (time, service, entity) = (line.time(), line.service().to_owned(), source_of(&line.labels).to_owned());
        Self { service, line: LogLine { time, level, entity, module: String::new(), message: line.text } }
    }

    /// A line of Juju's own log. Its service is the application of its unit.
    pub(super) fn from_juju(record: LogRecord, arrival: DateTime<Utc>) -> Self {
        let line = LogLine::from_record(record, arrival);
        let unit = line.entity.strip_prefix("unit-").and_then(|rest| rest.rsplit_once('-'));
        Self { service: unit.map_or(line.entity.as_str(), |(application, _)| application).to_owned(), line }
    }

    /// The line as an answer shows it.
    pub(super) fn shown(&self) -> ShownLine {
        let LogLine { time, level, entity, module, message } = &self.line;
        let text = if module.is_empty() { message.clone() } else { format!("{level} {module} {message}") };
        let (source, labels) = (entity.clone(), StreamLabels::new());
        ShownLine { time: times::milliseconds(*time), source, labels, line: cut(text) }
    }

    /// Whether it is an error, or worse.
    pub(super) fn is_error(&self) -> bool {
        self.line.level >= LogLevel::Error
    }
}

/// The unit, pod or service that writes a stream.
pub(super) fn source_of(labels: &StreamLabels) -> &str {
    let named = SOURCE_LABELS.iter().find_map(|name| labels.get(*name)).map(String::as_str);
    named.unwrap_or_else(|| service_of(labels))
}

/// A line of Loki with its labels.
pub(super) fn shown(line: LokiLine) -> ShownLine {
    let time = times::milliseconds(line.time());
    ShownLine { time, source: source_of(&line.labels).to_owned(), labels: (*line.labels).clone(), line: cut(line.text) }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
    text
}

/// The lines for a reader: the newest on the first page.
pub(super) fn table(lines: &[ShownLine]) -> Table {
    Table::log("lines", lines.iter().map(text))
}

/// A line for a reader.
pub(super) fn text(line: &ShownLine) -> String {
    let ShownLine { time, source, line, .. } = line;
    let separator = if source.is_empty() { "" } else { " " };
    format!("{time}{separator}{source}: {line}")
}

/// `auth-service 5, api-gateway 2`: how many lines of which service, the most first.
pub(super) fn counts<'a>(services: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for service in services {
        *counts.entry(service).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(service, count)| (service.to_owned(), count)).collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

/// The counts in one text.
pub(super) fn counts_text(counts: &[(String, u64)]) -> String {
    let part = |(service, count): &(String, u64)| {
        format!("{} {count}", if service.is_empty() { "(no service)" } else { service })
    };
    counts.iter().map(part).collect::<Vec<_>>().join(", ")
}
