//! How often each caller may call each tool: some cost an estate more than others.

use std::{collections::BTreeMap, time::Instant};

use identity::Caller;
use limits::{Exceeded, Rate, Table, UnderWay, Which};
use rmcp::model::CallToolResult;

use crate::{Server, reply};

/// Limits by tool.
#[derive(Debug)]
pub struct ToolLimits {
    tables: BTreeMap<String, Table>,
    begun: Instant,
}

impl ToolLimits {
    /// For each tool how often, and how many at once, one caller may call it; tools that are not named have no limit.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (String, Rate, usize)>) -> Self {
        let tables = limits.into_iter().map(|(tool, rate, at_once)| (tool, Table::new(rate, at_once))).collect();
        Self { tables, begun: Instant::now() }
    }

    fn enter(&self, tool: &str, caller: &Caller) -> Result<Option<UnderWay>, Exceeded> {
        let Some(table) = self.tables.get(tool) else { return Ok(None) };
        table.enter(caller.subject(), self.begun.elapsed()).map(Some)
    }
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self::new([])
    }
}

impl Server {
    /// Lets a call of a tool in for as long as what is returned lives, or says when to try again.
    pub(crate) async fn enter(&self, tool: &str, caller: &Caller) -> Result<Option<UnderWay>, CallToolResult> {
        let exceeded = match self.limits.enter(tool, caller) {
            Ok(under_way) => return Ok(under_way),
            Err(exceeded) => exceeded,
        };
        let seconds = exceeded.seconds();
        let (limit, sentence) = match exceeded.which {
            Which::Rate => (
                "rate",
                format!("`{tool}` may not be called that often by one caller: call it again in {seconds} seconds"),
            ),
            Which::AtOnce => (
                "concurrency",
                format!("you have as many calls of `{tool}` under way as one caller may: wait for one to end"),
            ),
        };
        self.observe.limited(limit);
        if let Some(count) = exceeded.to_tell {
            let limited = dispatch::Limited { limit, tool: Some(tool), count };
            dispatch::note_limited(&self.door, caller, limited).await;
        }
        Err(reply::limited(sentence, seconds))
    }
}
