//! Limits of single tools for each caller: some tools cost an estate more than others.

use std::{collections::BTreeMap, time::Instant};

use identity::Caller;
use limits::{Exceeded, Rate, Table, UnderWay, Which};
use rmcp::model::CallToolResult;

use crate::{Server, reply};

/// Limits by tool.
#[derive(Debug)]
pub struct ToolLimits {
    tables: BTreeMap<String, Table>,
    started: Instant,
}

impl ToolLimits {
    /// For each tool: its name, how often and how many at once one caller may call it. Tools that are not listed have no limit.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (String, Rate, usize)>) -> Self {
        let tables = limits.into_iter().map(|(tool, rate, concurrent)| (tool, Table::new(rate, concurrent))).collect();
        Self { tables, started: Instant::now() }
    }

    fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<UnderWay>, Exceeded> {
        let Some(table) = self.tables.get(tool) else { return Ok(None) };
        table.enter(caller.subject(), self.started.elapsed()).map(Some)
    }
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self::new([])
    }
}

impl Server {
    /// Admits a call of a tool until the returned guard is dropped, or returns the refusal with the time of the next attempt.
    pub(crate) async fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<UnderWay>, CallToolResult> {
        let exceeded = match self.limits.acquire(tool, caller) {
            Ok(guard) => return Ok(guard),
            Err(exceeded) => exceeded,
        };
        let seconds = exceeded.seconds();
        let (limit, sentence) = match exceeded.which {
            Which::Rate => {
                ("rate", format!("one caller may not call `{tool}` that often: call it again in {seconds} seconds"))
            }
            Which::AtOnce => (
                "concurrency",
                format!("you have the maximum number of concurrent calls of `{tool}`: wait for one to end"),
            ),
        };
        self.metrics.limited(limit);
        if let Some(count) = exceeded.to_tell {
            let limited = dispatch::Limited { limit, tool: Some(tool), count };
            dispatch::note_limited(&self.door, caller, limited).await;
        }
        Err(reply::rate_limited(sentence, seconds))
    }
}
