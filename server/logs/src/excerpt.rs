//! The past of a log as one result: the last lines that a filter selects.

use std::collections::VecDeque;

use chrono::Utc;
use futures::{Stream, StreamExt as _};
use juju_wire::debug_log::LogRecord;

use crate::{LogFilter, LogLine};

/// Lines of the past that are searched for those that a controller cannot select. Juju 3.6 sends no more of them.
pub const MAX_SEARCHED_LINES: u32 = 10_000;
/// Bytes of the records of an excerpt.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The last lines of a log that a filter selects, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct LogExcerpt {
    /// The lines, as Juju has sent them.
    pub records: Vec<LogRecord>,
    /// Lines that the controller has sent.
    pub searched: u32,
    /// Whether older lines were not searched or are left out, so that some that the filter selects may be missing.
    pub is_cut: bool,
}

/// Reads the last `limit` lines that `filter` selects. `open` requests the log with the number of its last lines to search.
///
/// # Errors
/// The error of `open` or of the stream.
pub async fn read_excerpt<S, E>(
    filter: &LogFilter,
    limit: u16,
    open: impl AsyncFnOnce(u32) -> Result<S, E>,
) -> Result<LogExcerpt, E>
where
    S: Stream<Item = Result<LogRecord, E>> + Unpin,
{
    let wanted = if filter.is_partly_local() { MAX_SEARCHED_LINES } else { u32::from(limit) };
    let mut records = open(wanted).await?;
    let (mut selected, mut bytes, mut searched, mut is_too_large) = (VecDeque::new(), 0, 0, false);
    while let Some(record) = records.next().await {
        let record = record?;
        searched += 1;
        if !filter.matches(&LogLine::from_record(record.clone(), Utc::now())) {
            continue;
        }
        bytes += size(&record);
        selected.push_back(record);
        is_too_large |= bytes > MAX_BYTES;
        while selected.len() > usize::from(limit) || bytes > MAX_BYTES {
            let Some(record) = selected.pop_front() else { break };
            bytes -= size(&record);
        }
    }
    let is_unsearched = filter.is_partly_local() && searched >= wanted && selected.len() < usize::from(limit);
    Ok(LogExcerpt { records: selected.into(), searched, is_cut: is_unsearched || is_too_large })
}

/// Bytes that a record takes in memory, about.
fn size(record: &LogRecord) -> usize {
    size_of::<LogRecord>() + record.message.len() + record.module.len() + record.entity.len() + record.location.len()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use chrono::DateTime;
    use futures::stream;

    use super::*;

    async fn excerpt(filter: LogFilter, limit: u16, lines: u32) -> (u32, LogExcerpt) {
        let mut asked = 0;
        let open = async |backlog: u32| {
            asked = backlog;
            let records = (lines.saturating_sub(backlog)..lines).map(|at| {
                let timestamp = format!("2026-11-28T01:{:02}:{:02}Z", at / 60 % 60, at % 60);
                let message = if at % 10 == 0 { "Disk full" } else { "fine" };
                let message = format!("{message} {at}");
                Ok::<_, Infallible>(LogRecord { timestamp, message, ..LogRecord::default() })
            });
            Ok(stream::iter(records))
        };
        let Ok(excerpt) = read_excerpt(&filter, limit, open).await;
        (asked, excerpt)
    }

    #[tokio::test]
    async fn word_is_searched_before_the_cut_to_the_limit() {
        let filter = LogFilter { contains: "disk".to_owned(), ..LogFilter::default() };
        let (asked, found) = excerpt(filter.clone(), 3, 100).await;
        let messages: Vec<_> = found.records.iter().map(|record| record.message.as_str()).collect();
        assert_eq!(messages, ["Disk full 70", "Disk full 80", "Disk full 90"]);
        assert_eq!((asked, found.searched, found.is_cut), (MAX_SEARCHED_LINES, 100, false));
        let (_, found) = excerpt(filter, 2_000, 30_000).await;
        assert!(found.is_cut && found.records.len() == 1_000, "{} of {}", found.records.len(), found.searched);
    }

    #[tokio::test]
    async fn controller_cuts_what_it_can_filter_alone() {
        let (asked, found) = excerpt(LogFilter::default(), 20, 100).await;
        assert_eq!((asked, found.records.len(), found.is_cut), (20, 20, false));
        let until = DateTime::parse_from_rfc3339("2026-11-28T01:00:30Z").ok().map(|time| time.to_utc());
        let (asked, found) = excerpt(LogFilter { until, ..LogFilter::default() }, 2, 100).await;
        assert_eq!((asked, found.records[1].message.as_str()), (MAX_SEARCHED_LINES, "Disk full 30"));
    }
}
