//! The latest lines of the log of a target's model, for readers that are no tool.

use futures::StreamExt as _;
use juju_wire::debug_log::{LogQuery, LogRecord};
use serde::Serialize;

use crate::{Failure, ResolvedTarget};

/// Characters of the message of a line; the rest is cut off.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// One line of the log.
#[derive(Debug, Serialize)]
pub struct LatestLine {
    entity: String,
    timestamp: String,
    level: String,
    module: String,
    message: String,
    /// Whether the message is cut off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

impl ResolvedTarget {
    /// The latest lines of the log of the model, the oldest first.
    ///
    /// # Errors
    /// [`Failure`] where the controller does not answer.
    pub async fn latest_log(&self, lines: u32) -> Result<Vec<LatestLine>, Failure> {
        let query = LogQuery { backlog: lines, no_tail: true, ..LogQuery::default() };
        let mut records = self.model_connection().await?.debug_log(&query).await?;
        let mut found = Vec::new();
        while let Some(record) = records.next().await {
            found.push(line(record?));
        }
        Ok(found)
    }
}

fn line(record: LogRecord) -> LatestLine {
    let LogRecord { entity, timestamp, severity, module, message, .. } = record;
    let end = message.char_indices().nth(MAX_MESSAGE_CHARS).map(|(end, _)| end);
    let is_cut = end.is_some();
    let message = end.map_or_else(|| message.clone(), |end| message[..end].to_owned());
    LatestLine { entity, timestamp, level: severity, module, message, is_cut }
}
