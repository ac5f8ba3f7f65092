//! Queries of lines that can be errors: Loki selects the lines with a word of an error, and those with the label of one.

use std::collections::BTreeSet;

use backend::BackendError;

use crate::{ERROR_WORDS, FoundLines, LineOrder, LogRange, LokiLine, LokiReader, detect_level, escape_regex, quote};

/// Values of labels that state an error.
const ERROR_LEVELS: &str = "(?i)(error|err|eror|critical|crit|fatal|severe|emerg.*|alert|panic|e|f|50|60)";
/// Labels that can state one; the first is Loki's own.
const LABELS: [&str; 6] = ["detected_level", "level", "severity", "severity_text", "lvl", "log_level"];

/// The query of lines with a word of an error, or with a level in the form of Kubernetes.
fn query_of_words(query: &str) -> String {
    let words: Vec<String> = ERROR_WORDS.iter().map(|word| escape_regex(word)).collect();
    // in a line of its own: the query can end with a comment
    format!("{query}\n|~ {}", quote(&format!("(?i:{})|^[EF][0-9]{{4}} ", words.join("|"))))
}

/// The query of lines with a label of an error.
fn query_of_labels(query: &str) -> String {
    let filters: Vec<String> = LABELS.iter().map(|label| format!("{label}=~{}", quote(ERROR_LEVELS))).collect();
    format!("{query}\n| {}", filters.join(" or "))
}

impl LokiReader<'_> {
    /// The newest errors among the lines that a query selects: [`detect_level`] decides.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn errors(&self, query: &str, range: LogRange, limit: usize) -> Result<FoundLines, BackendError> {
        let (by_words, by_labels) = (query_of_words(query), query_of_labels(query));
        let (by_words, by_labels) = tokio::try_join!(
            self.lines(&by_words, range, limit, LineOrder::NewestFirst),
            self.lines(&by_labels, range, limit, LineOrder::NewestFirst),
        )?;
        let is_cut = by_words.is_cut || by_labels.is_cut;
        let mut lines = by_words.lines;
        lines.extend(by_labels.lines);
        lines.retain(|line| detect_level(&line.labels, &line.text).is_error());
        Ok(FoundLines { lines: distinct(lines), is_cut })
    }
}

/// Each line once, the oldest first.
fn distinct(mut lines: Vec<LokiLine>) -> Vec<LokiLine> {
    lines.sort_by(|one, other| (one.nanoseconds, &one.text).cmp(&(other.nanoseconds, &other.text)));
    let mut known = BTreeSet::new();
    let is_new: Vec<bool> =
        lines.iter().map(|line| known.insert((line.nanoseconds, &*line.labels, &line.text))).collect();
    let mut is_new = is_new.into_iter();
    lines.retain(|_| is_new.next().unwrap_or_default());
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{StreamLabels, bind_to_model};

    #[test]
    fn queries_of_errors_can_be_limited_to_a_model() {
        for query in [query_of_words("{a=\"b\"} # all"), query_of_labels("{a=\"b\"}")] {
            let bound = bind_to_model(&query, "u").expect("a query");
            assert!(bound.starts_with("{juju_model_uuid=\"u\",a=\"b\"}") && bound.contains("(?i"), "{bound}");
        }
    }

    #[test]
    fn line_of_both_queries_is_one_line() {
        let line = |at, app: &str| LokiLine {
            nanoseconds: at,
            labels: Arc::new(StreamLabels::from([("app".to_owned(), app.to_owned())])),
            text: "failed".to_owned(),
        };
        let found = distinct(vec![line(2, "a"), line(1, "a"), line(2, "a"), line(2, "b")]);
        let figures: Vec<_> = found.iter().map(|line| (line.nanoseconds, line.service())).collect();
        assert_eq!(figures, [(1, "a"), (2, "a"), (2, "b")]);
    }
}
