//! The logs of observed models: groups of similar lines of the last hour, as input of detectors.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use estate::{LiveEstate, ModelIdentity};
use logs::{LogFilter, LogGroups, LogLevel, LogLine, LogReader, LogSettings, LoggedModel, ModelLogs};

use crate::LogGroup;

/// Age up to which lines are grouped.
const MAX_AGE: TimeDelta = TimeDelta::hours(1);
/// Age up to which lines count as recent.
const RECENT: TimeDelta = TimeDelta::minutes(5);
/// Lines of a model that are grouped, the latest ones.
const MAX_LINES: usize = 1_000;
/// Lines of the past that are read when a model is first observed.
const PAST_LINES: u16 = 500;
/// Groups of a model.
const MAX_GROUPS: usize = 200;
/// Time within which the past of a log has to be read.
const PAST_TIMEOUT: Duration = Duration::from_secs(10);
/// The streams hold only what arrives between two looks, and are as many as models can be watched.
const STREAMS: LogSettings =
    LogSettings { max_models: 500, max_lines: MAX_LINES, max_bytes: 256 * 1024, idle_timeout: Duration::from_secs(30) };

/// The logs of all observed models, one stream each. They are read with the connections of the estate, which only read.
#[derive(Debug)]
pub(crate) struct ObservedLogs {
    estate: LiveEstate,
    streams: ModelLogs,
    /// By UUID of the model.
    models: BTreeMap<Box<str>, ObservedLog>,
}

/// The log of one model.
#[derive(Debug)]
struct ObservedLog {
    reader: LogReader,
    lines: VecDeque<Arc<LogLine>>,
}

impl ObservedLogs {
    pub(crate) fn new(estate: LiveEstate) -> Self {
        let streams = ModelLogs::new(estate.controllers().clone(), STREAMS);
        Self { estate, streams, models: BTreeMap::new() }
    }

    /// The groups of warnings and errors of these models by their UUIDs; none for a model that is no longer among them, and its log is
    /// read no more.
    pub(crate) async fn read_groups(
        &mut self,
        models: &[Arc<ModelIdentity>],
        now: DateTime<Utc>,
    ) -> Vec<(Box<str>, Vec<LogGroup>)> {
        let mut groups = Vec::new();
        self.models.retain(|uuid, _| {
            let is_observed = models.iter().any(|model| model.uuid == *uuid);
            if !is_observed {
                groups.push((uuid.clone(), Vec::new()));
            }
            is_observed
        });
        for model in models {
            if let Some(log) = self.read(model, now).await {
                groups.push((model.uuid.clone(), log.groups(now)));
            }
        }
        groups
    }

    /// The log of a model with the lines that have come; `None` if it cannot be followed.
    async fn read(&mut self, model: &ModelIdentity, now: DateTime<Utc>) -> Option<&mut ObservedLog> {
        let filter = LogFilter { level: LogLevel::Warning, ..LogFilter::default() };
        if !self.models.contains_key(&model.uuid) {
            let logged =
                LoggedModel { role: None, controller: model.controller.to_string(), uuid: model.uuid.to_string() };
            let followed = self.streams.follow(logged, filter.clone());
            let reader = followed.inspect_err(|error| tracing::warn!(%error, model = &*model.model, "no log")).ok()?;
            let lines = past(&self.estate, model, filter, now).await;
            self.models.insert(model.uuid.clone(), ObservedLog { reader, lines });
        }
        let log = self.models.get_mut(&model.uuid)?;
        log.take_new();
        Some(log)
    }
}

/// The lines of the last hour; none if the log cannot be read.
async fn past(
    estate: &LiveEstate,
    model: &ModelIdentity,
    filter: LogFilter,
    now: DateTime<Utc>,
) -> VecDeque<Arc<LogLine>> {
    let filter = LogFilter { since: now.checked_sub_signed(MAX_AGE), ..filter };
    let open = async |lines| {
        estate.controllers().controller(&model.controller)?.model_log(&model.uuid, &filter.past_query(lines)).await
    };
    match tokio::time::timeout(PAST_TIMEOUT, logs::read_excerpt(&filter, PAST_LINES, open)).await {
        Ok(Ok(found)) => {
            let lines = found.records.into_iter().map(|record| Arc::new(LogLine::from_record(record, now)));
            lines.collect()
        }
        Ok(Err(error)) => {
            tracing::debug!(controller = &*model.controller, model = &*model.model, %error, "a log cannot be read");
            VecDeque::new()
        }
        Err(_) => VecDeque::new(),
    }
}

impl ObservedLog {
    /// Takes the lines that have arrived. The stream can have lines that the past has had.
    fn take_new(&mut self) {
        let batch = self.reader.read(MAX_LINES);
        let last = self.lines.back().map(|line| line.time);
        let is_new = |line: &Arc<LogLine>| last.is_none_or(|last| line.time > last) || !self.lines.contains(line);
        let new: Vec<_> = batch.lines.into_iter().filter(is_new).collect();
        self.lines.extend(new);
    }

    /// Groups the lines that are not too old, per entity.
    fn groups(&mut self, now: DateTime<Utc>) -> Vec<LogGroup> {
        let is_old = |line: &Arc<LogLine>| now.signed_duration_since(line.time) > MAX_AGE;
        while self.lines.len() > MAX_LINES || self.lines.front().is_some_and(is_old) {
            self.lines.pop_front();
        }
        let recent = now.checked_sub_signed(RECENT).unwrap_or(now);
        let mut groups = LogGroups::new(MAX_GROUPS).by_entity().recent_from(recent);
        for line in &self.lines {
            groups.add(line);
        }
        groups.into_sorted().into_iter().map(for_detectors).collect()
    }
}

/// A group of one entity as detectors receive it.
fn for_detectors(group: logs::LogGroup) -> LogGroup {
    LogGroup {
        entity: group.entities.keys().next().map(String::as_str).unwrap_or_default().into(),
        level: group.level.name().into(),
        module: group.module.into(),
        pattern: group.pattern.into(),
        sample: group.example.into(),
        count: group.count,
        recent: group.recent,
        first_seen: group.first,
        last_seen: group.last,
    }
}
