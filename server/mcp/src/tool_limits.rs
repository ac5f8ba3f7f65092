//! Limits of single tools for each caller: some tools cost an estate more than others.

use std::{collections::BTreeMap, time::Instant};

use identity::Caller;
use limits::{Exceeded, InFlightGuard, Rate, RateLimiter};

/// The tool that waits.
const WAIT_TOOL: &str = "juju_wait_for";
/// Concurrent waits of one caller, unless the configuration has another number.
const DEFAULT_MAX_WAITS: usize = 16;

/// Limits by tool.
#[derive(Debug)]
pub struct ToolLimits {
    limiters: BTreeMap<String, RateLimiter>,
    started: Instant,
}

impl ToolLimits {
    /// For each tool: its name, how often and how many at once one caller may call it. Tools that are not listed have no limit,
    /// except that the tool that waits has a default: each call holds a watcher on a controller.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (String, Rate, usize)>) -> Self {
        let defaults = [(WAIT_TOOL.to_owned(), Rate::NONE, DEFAULT_MAX_WAITS)];
        let all = defaults.into_iter().chain(limits);
        let limiters = all.map(|(tool, rate, concurrent)| (tool, RateLimiter::new(rate, concurrent))).collect();
        Self { limiters, started: Instant::now() }
    }

    /// Admits a call of a tool until the returned guard is dropped; no guard if the tool has no limit.
    pub(crate) fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<InFlightGuard>, Exceeded> {
        let Some(limiter) = self.limiters.get(tool) else { return Ok(None) };
        limiter.acquire(caller.subject(), self.started.elapsed()).map(Some)
    }
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self::new([])
    }
}
