//! Limits of single tools for each caller: some tools cost an estate more than others.

use std::{collections::BTreeMap, time::Instant};

use identity::Caller;
use limits::{Exceeded, Rate, Table, UnderWay};

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

    /// Admits a call of a tool until the returned guard is dropped; no guard if the tool has no limit.
    pub(crate) fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<UnderWay>, Exceeded> {
        let Some(table) = self.tables.get(tool) else { return Ok(None) };
        table.enter(caller.subject(), self.started.elapsed()).map(Some)
    }
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self::new([])
    }
}
