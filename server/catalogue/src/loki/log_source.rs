//! Where the lines of a call come from: a Loki, or Juju's own log of the model where no Loki is configured.

use std::sync::Arc;

use backend::BackendError;
use chrono::Utc;
use logs::{LogFilter, LogLevel};
use loki::{LogRange, LokiClient, LokiReader, SERVICE_LABELS, selector};
use policy::TargetEntity;

use super::{lines::ServiceLine, times};
use crate::{Failure, ResolvedTarget, target};

/// Lines of Juju's own log that are read; Juju 3.6 sends no more.
const MAX_JUJU_LINES: u16 = 10_000;

/// Which streams a call reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams<'a> {
    /// Those of a service.
    pub(super) service: &'a str,
    /// Those of a query of lines, `{app="web"} | json`.
    pub(super) query: &'a str,
}

/// Lines, and where they come from.
#[derive(Debug)]
pub(super) struct ReadLines {
    pub(super) lines: Vec<ServiceLine>,
    /// What was read, for the answer.
    pub(super) origin: String,
    /// Whether there are more lines.
    pub(super) is_cut: bool,
}

impl Streams<'_> {
    /// Checks what the schema cannot express.
    ///
    /// # Errors
    /// One sentence, naming the argument.
    pub(super) fn validate(&self) -> Result<(), String> {
        if !self.service.is_empty() && !self.query.is_empty() {
            return Err("`service` excludes `query`".to_owned());
        }
        if !self.query.is_empty() && !is_log_query(self.query) {
            return Err("`query` has to begin with a stream selector such as {juju_application=\"web\"}".to_owned());
        }
        Ok(())
    }

    /// The applications that a call reads lines of.
    pub(super) fn entities(&self) -> Vec<TargetEntity> {
        let named = (!self.service.is_empty()).then(|| target::application(self.service));
        target::or_all_applications(named.into_iter())
    }

    /// The query that selects the streams.
    pub(super) async fn to_query(&self, reader: &LokiReader<'_>, range: LogRange) -> Result<String, Failure> {
        if !self.query.is_empty() {
            return Ok(self.query.to_owned());
        }
        if self.service.is_empty() {
            return Ok(reader.every_stream(range).await?);
        }
        let selectors: Vec<String> = SERVICE_LABELS.iter().map(|label| selector(label, self.service)).collect();
        let streams = reader.series(&selectors, range).await?;
        let has = |label: &str| streams.iter().any(|labels| labels.get(label).is_some_and(|of| of == self.service));
        match SERVICE_LABELS.iter().find(|label| has(label)) {
            Some(label) => Ok(selector(label, self.service)),
            None => Err(Failure::refused(
                format!("no stream of the last time is of a service with this name: {}", self.service),
                "list the services with `loki_labels` (`name`: juju_application, service_name), or give a longer range",
            )),
        }
    }
}

/// Whether a query returns lines rather than numbers.
pub(super) fn is_log_query(query: &str) -> bool {
    query.trim_start().starts_with('{')
}

/// The Loki of a call; `None` where none is configured and none is named.
pub(super) fn loki<'t>(
    target: &'t ResolvedTarget,
    instance: Option<&str>,
) -> Result<Option<&'t Arc<LokiClient>>, Failure> {
    let instances = &target.backends().loki;
    if instances.is_empty() && instance.is_none() { Ok(None) } else { Ok(Some(instances.get(instance)?)) }
}

/// What the caller sees of the Loki of a call.
pub(super) fn reader<'t>(target: &'t ResolvedTarget, instance: Option<&str>) -> Result<LokiReader<'t>, Failure> {
    let loki = target.backends().loki.get(instance)?;
    Ok(loki.reader(target.limiting_model()?))
}

/// The lines of Juju's own log of the model.
///
/// # Errors
/// [`Failure::Refused`] where no model is named.
pub(super) async fn juju_lines(
    target: &ResolvedTarget,
    service: &str,
    contains: &str,
    level: LogLevel,
    range: LogRange,
) -> Result<ReadLines, Failure> {
    if target.limiting_model()?.is_none() {
        let remedy = "name `model`: then the log that Juju has of it is read; or configure `loki`";
        return Err(Failure::refused(
            BackendError::NotConfigured { kind: backend::BackendKind::Loki }.to_string(),
            remedy,
        ));
    }
    let include_entity = if service.is_empty() { Vec::new() } else { vec![format!("unit-{service}-*")] };
    let filter = LogFilter {
        level,
        include_entity,
        since: Some(range.start),
        until: Some(range.end),
        contains: contains.to_owned(),
        ..LogFilter::default()
    };
    let connection = target.model_connection().await?;
    let open = async |lines| connection.debug_log(&filter.past_query(lines)).await;
    let excerpt = logs::read_excerpt(&filter, MAX_JUJU_LINES, open).await?;
    let lines = excerpt.records.into_iter().map(|record| ServiceLine::from_juju(record, Utc::now())).collect();
    let origin =
        format!("no Loki is configured: from Juju's own log of {}", target.location().model().unwrap_or_default());
    Ok(ReadLines { lines, origin, is_cut: excerpt.is_cut })
}

/// The errors of the streams, from Loki or from Juju.
pub(super) async fn read_errors(
    target: &ResolvedTarget,
    instance: Option<&str>,
    streams: &Streams<'_>,
    range: LogRange,
    limit: usize,
) -> Result<ReadLines, Failure> {
    let Some(client) = loki(target, instance)? else {
        streams.check_for_juju()?;
        return juju_lines(target, streams.service, "", LogLevel::Error, range).await;
    };
    let reader = client.reader(target.limiting_model()?);
    let query = streams.to_query(&reader, range).await?;
    let found = reader.errors(&query, range, limit).await?;
    let lines: Vec<_> = found.lines.into_iter().map(ServiceLine::from_loki).collect();
    let lines = lines.into_iter().filter(ServiceLine::is_error).collect();
    Ok(ReadLines { lines, origin: format!("errors in {query}"), is_cut: found.is_cut })
}

impl Streams<'_> {
    /// Juju's own log cannot be queried.
    pub(super) fn check_for_juju(&self) -> Result<(), Failure> {
        if self.query.is_empty() {
            return Ok(());
        }
        Err(Failure::refused(
            "no Loki is configured, and Juju's own log takes no query",
            "name `service` instead of `query`",
        ))
    }
}

/// The line about a range, for the head of an answer.
pub(super) fn range_text(range: LogRange) -> String {
    format!("{} to {}", times::seconds(range.start), times::seconds(range.end))
}
