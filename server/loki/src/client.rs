//! [`LokiClient`] and [`LokiReader`]: the requests.

use std::collections::BTreeSet;

use backend::{BackendError, HttpEndpoint};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::{
    DetectedField, FoundPattern, LineOrder, LineStream, LogRange, LogqlResult, LogqlSample, LokiLine, MODEL_LABEL,
    StreamLabels,
    answer::{Answer, DetectedFields, lines_of},
    bind_to_model, quote,
    range::nanoseconds,
};

/// Lines that Loki returns for one request at most, as it is configured by default.
pub const MAX_LINES_PER_REQUEST: usize = 5_000;
/// Series that a reader takes into account for labels.
const MAX_SERIES: usize = 20_000;

/// A client of one Loki.
#[derive(Debug, Clone)]
pub struct LokiClient {
    pub(crate) endpoint: HttpEndpoint,
}

impl LokiClient {
    /// A client of the API at the URL of the endpoint, which ends with `/loki/api/v1`.
    #[must_use]
    pub fn new(endpoint: HttpEndpoint) -> Self {
        Self { endpoint }
    }

    /// What a caller sees of it: everything, or one model.
    #[must_use]
    pub fn reader<'a>(&'a self, model_uuid: Option<&'a str>) -> LokiReader<'a> {
        LokiReader { endpoint: &self.endpoint, model_uuid }
    }
}

/// What a caller sees of a Loki. If it is held to a model, every request has the matcher of the model, and what Loki returns of other
/// models is dropped.
#[derive(Debug, Clone, Copy)]
pub struct LokiReader<'a> {
    pub(crate) endpoint: &'a HttpEndpoint,
    model_uuid: Option<&'a str>,
}

/// Lines of a range.
#[derive(Debug, Clone, Default)]
pub struct FoundLines {
    /// The lines, the oldest first.
    pub lines: Vec<LokiLine>,
    /// Whether there are more lines than the limit.
    pub is_cut: bool,
}

impl LokiReader<'_> {
    /// Answers a query of numbers at one time.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn query(&self, query: &str, time: DateTime<Utc>) -> Result<LogqlResult, BackendError> {
        let params = [("query", self.bind(query)?), ("time", nanoseconds(time).to_string())];
        self.visible(self.post("/query", &params).await?)
    }

    /// Answers a query over a range: numbers every `step_seconds`, or `limit` lines.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn query_range(
        &self,
        query: &str,
        range: LogRange,
        step_seconds: Option<u32>,
        limit: usize,
        order: LineOrder,
    ) -> Result<LogqlResult, BackendError> {
        let mut params = vec![("query", self.bind(query)?), ("limit", limit.to_string())];
        params.extend(range.params());
        params.push(("direction", order.direction().to_owned()));
        params.extend(step_seconds.map(|seconds| ("step", format!("{seconds}s"))));
        self.visible(self.post("/query_range", &params).await?)
    }

    /// The lines of a query, of which the newest or the oldest count first; more than one request where the limit needs it.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn lines(
        &self,
        query: &str,
        range: LogRange,
        limit: usize,
        order: LineOrder,
    ) -> Result<FoundLines, BackendError> {
        let (mut found, mut left) = (Vec::new(), range);
        // one more shows whether there are more
        let wanted = limit + 1;
        while found.len() < wanted {
            let size = (wanted - found.len() + same_time(&found, order)).min(MAX_LINES_PER_REQUEST);
            let LogqlResult::Streams(streams) = self.query_range(query, left, None, size, order).await? else {
                return Err(BackendError::Parameters("the query has to return lines, not numbers".to_owned()));
            };
            let page = lines_of(streams);
            let is_last = page.len() < size;
            if !add_page(&mut found, page, order) && !is_last {
                // more lines of one nanosecond than a request returns
                break;
            }
            let edge = match order {
                LineOrder::NewestFirst => found.first().map(|line| line.nanoseconds),
                LineOrder::OldestFirst => found.last().map(|line| line.nanoseconds),
            };
            let Some(edge) = edge.filter(|_| !is_last) else { break };
            match order {
                // the lines of the edge are read again: there can be more of them
                LineOrder::NewestFirst => left.end = DateTime::from_timestamp_nanos(edge.saturating_add(1)),
                LineOrder::OldestFirst => left.start = DateTime::from_timestamp_nanos(edge),
            }
        }
        let is_cut = found.len() > limit;
        match order {
            LineOrder::NewestFirst => drop(found.drain(..found.len().saturating_sub(limit))),
            LineOrder::OldestFirst => found.truncate(limit),
        }
        Ok(FoundLines { lines: found, is_cut })
    }

    /// Names of the labels of the streams that a selector selects; default: of all streams.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn label_names(&self, selector: Option<&str>, range: LogRange) -> Result<Vec<String>, BackendError> {
        if self.model_uuid.is_none() && selector.is_none() {
            return self.list("/labels", &range.params()).await;
        }
        let streams = self.series(&[selector.unwrap_or("{}").to_owned()], range).await?;
        let names: BTreeSet<String> = streams.into_iter().flat_map(StreamLabels::into_keys).collect();
        Ok(names.into_iter().collect())
    }

    /// Values of a label in the streams that a selector selects; default: in all streams.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn label_values(
        &self,
        name: &str,
        selector: Option<&str>,
        range: LogRange,
    ) -> Result<Vec<String>, BackendError> {
        check_label(name)?;
        if self.model_uuid.is_none() && selector.is_none() {
            return self.list(&format!("/label/{name}/values"), &range.params()).await;
        }
        let streams = self.series(&[selector.unwrap_or("{}").to_owned()], range).await?;
        let values: BTreeSet<String> = streams.into_iter().filter_map(|mut labels| labels.remove(name)).collect();
        Ok(values.into_iter().collect())
    }

    /// The labels of the streams that any of the selectors selects, each once.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn series(&self, selectors: &[String], range: LogRange) -> Result<Vec<StreamLabels>, BackendError> {
        let mut params = Vec::from(range.params());
        for selector in selectors {
            params.push(("match[]", self.bind(selector)?));
        }
        let mut streams: Vec<StreamLabels> = self.list("/series", &params).await?;
        streams.retain(|labels| self.is_visible(labels));
        streams.sort_unstable();
        streams.dedup();
        streams.truncate(MAX_SERIES);
        Ok(streams)
    }

    /// Bytes of the streams that a selector selects, by these labels, the most first.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn volume(
        &self,
        selector: &str,
        range: LogRange,
        labels: &[String],
        limit: usize,
    ) -> Result<Vec<LogqlSample>, BackendError> {
        let mut params = vec![("query", self.bind(selector)?), ("limit", limit.to_string())];
        params.extend(range.params());
        if !labels.is_empty() {
            params.push(("targetLabels", labels.join(",")));
        }
        let answer: Answer<LogqlResult> = self.endpoint.get_json("/index/volume", &params).await?;
        match answer.data {
            Some(LogqlResult::Vector(volumes)) => Ok(volumes),
            None => Ok(Vec::new()),
            Some(_) => Err(self.endpoint.unexpected("the volume is no list of numbers")),
        }
    }

    /// The patterns that Loki itself has found; only where its pattern ingester is enabled.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn patterns(&self, selector: &str, range: LogRange) -> Result<Vec<FoundPattern>, BackendError> {
        let [start, end] = range.params();
        self.list("/patterns", &[("query", self.bind(selector)?), start, end]).await
    }

    /// The fields that Loki itself has found in lines.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn detected_fields(&self, query: &str, range: LogRange) -> Result<Vec<DetectedField>, BackendError> {
        let [start, end] = range.params();
        let params = [("query", self.bind(query)?), start, end];
        let answer: DetectedFields = self.endpoint.get_json("/detected_fields", &params).await?;
        Ok(answer.fields.unwrap_or_default())
    }

    /// A selector of every stream that the caller sees; Loki refuses one that could select streams without labels.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn every_stream(&self, range: LogRange) -> Result<String, BackendError> {
        if self.model_uuid.is_some() {
            return Ok("{}".to_owned());
        }
        let names: Vec<String> = self.list("/labels", &range.params()).await?;
        // Loki 3 gives every stream the first
        let usual = ["service_name", "job", "filename"].iter().find(|name| names.iter().any(|one| one == *name));
        let name = usual.map(|name| (*name).to_owned()).or_else(|| names.into_iter().next());
        Ok(format!("{{{}=~\".+\"}}", name.unwrap_or_else(|| "service_name".to_owned())))
    }

    /// The query as it is sent.
    pub(crate) fn bind(&self, query: &str) -> Result<String, BackendError> {
        match self.model_uuid {
            None => Ok(query.to_owned()),
            Some(uuid) => bind_to_model(query, uuid).map_err(|problem| BackendError::Parameters(problem.to_string())),
        }
    }

    /// Whether the labels of a stream are of the model that the caller may see.
    fn is_visible(&self, labels: &StreamLabels) -> bool {
        self.model_uuid.is_none_or(|uuid| labels.get(MODEL_LABEL).is_some_and(|of| of == uuid))
    }

    /// Lines without streams of another model. A query can remove the label of a line, but not select one of another model.
    pub(crate) fn visible_streams(&self, mut streams: Vec<LineStream>) -> Vec<LineStream> {
        let is_other = |labels: &StreamLabels| labels.contains_key(MODEL_LABEL) && !self.is_visible(labels);
        streams.retain(|stream| !is_other(&stream.labels));
        streams
    }

    fn visible(&self, answer: Answer<LogqlResult>) -> Result<LogqlResult, BackendError> {
        match answer.data {
            Some(LogqlResult::Streams(streams)) => Ok(LogqlResult::Streams(self.visible_streams(streams))),
            Some(numbers) => Ok(numbers),
            None => Err(self.endpoint.unexpected("an answer without data")),
        }
    }

    async fn post(&self, path: &str, params: &[(&str, String)]) -> Result<Answer<LogqlResult>, BackendError> {
        self.endpoint.post_form(path, params).await
    }

    async fn list<T: DeserializeOwned>(&self, path: &str, params: &[(&str, String)]) -> Result<Vec<T>, BackendError> {
        let answer: Answer<Vec<T>> = self.endpoint.get_json(path, params).await?;
        Ok(answer.data.unwrap_or_default())
    }
}

/// Checks the name of a label, which becomes part of a path.
pub(crate) fn check_label(name: &str) -> Result<(), BackendError> {
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if is_name { Ok(()) } else { Err(BackendError::Parameters(format!("no name of a label: {name}"))) }
}

/// The selector of one label with one value.
#[must_use]
pub fn selector(label: &str, value: &str) -> String {
    format!("{{{label}={}}}", quote(value))
}

/// Number of the lines that the next page repeats: those with the time of the edge.
fn same_time(found: &[LokiLine], order: LineOrder) -> usize {
    let edge = match order {
        LineOrder::NewestFirst => found.first(),
        LineOrder::OldestFirst => found.last(),
    };
    edge.map_or(0, |edge| found.iter().filter(|line| line.nanoseconds == edge.nanoseconds).count())
}

/// Adds the lines of a page that are not there yet; false if there is none.
fn add_page(found: &mut Vec<LokiLine>, mut page: Vec<LokiLine>, order: LineOrder) -> bool {
    let known: BTreeSet<(&StreamLabels, i64, &str)> =
        found.iter().map(|line| (&*line.labels, line.nanoseconds, line.text.as_str())).collect();
    page.retain(|line| !known.contains(&(&*line.labels, line.nanoseconds, line.text.as_str())));
    if page.is_empty() {
        return false;
    }
    match order {
        LineOrder::NewestFirst => drop(found.splice(0..0, page)),
        LineOrder::OldestFirst => found.append(&mut page),
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn line(nanoseconds: i64, text: &str) -> LokiLine {
        LokiLine { nanoseconds, labels: Arc::default(), text: text.to_owned() }
    }

    #[test]
    fn pages_join_without_gap_and_repetition() {
        let mut found = vec![line(5, "e"), line(5, "f"), line(6, "g")];
        assert_eq!(same_time(&found, LineOrder::NewestFirst), 2);
        assert!(add_page(
            &mut found,
            vec![line(3, "c"), line(5, "d"), line(5, "e"), line(5, "f")],
            LineOrder::NewestFirst
        ));
        let texts: String = found.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, "cdefg");
        assert!(!add_page(&mut found, vec![line(3, "c")], LineOrder::NewestFirst));
        assert!(add_page(&mut found, vec![line(6, "g"), line(6, "h")], LineOrder::OldestFirst));
        assert_eq!(found.last().map(|line| line.text.as_str()), Some("h"));
    }

    #[test]
    fn name_of_a_label_is_no_path() {
        for name in ["app", "_x9", "juju_model"] {
            assert!(check_label(name).is_ok(), "{name}");
        }
        for name in ["", "9a", "a/b", "../query", "a?x=1", "a b", "\u{e9}"] {
            assert!(check_label(name).is_err(), "{name}");
        }
        assert_eq!(selector("app", "a\"b"), "{app=\"a\\\"b\"}");
    }
}
