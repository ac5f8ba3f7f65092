//! Limits of single tools for each caller: some tools cost an estate more than others.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use identity::Caller;
use limits::{Exceeded, InFlightGuard, Rate, RateLimiter};
use parking_lot::RwLock;

/// The tool that waits.
const WAIT_TOOL: &str = "juju_wait_for";
/// Concurrent waits of one caller, unless the configuration has another number.
const DEFAULT_MAX_WAITS: usize = 16;

/// The limits of one tool, and the state of its callers.
type ToolLimiter = Arc<RateLimiter>;

/// Limits by tool.
#[derive(Debug)]
pub struct ToolLimits {
    limiters: RwLock<BTreeMap<String, ToolLimiter>>,
    started: Instant,
}

impl ToolLimits {
    /// For each tool: its name, how often and how many at once one caller may call it. Tools that are not listed have no limit,
    /// except that the tool that waits has a default: each call holds a watcher on a controller.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (String, Rate, usize)>) -> Self {
        let own = Self { limiters: RwLock::default(), started: Instant::now() };
        own.replace(limits);
        own
    }

    /// Replaces the limits; the arguments are those of [`Self::new`]. The state of callers stays where the limits of a tool are unchanged.
    pub fn replace(&self, limits: impl IntoIterator<Item = (String, Rate, usize)>) {
        let defaults = [(WAIT_TOOL.to_owned(), Rate::NONE, DEFAULT_MAX_WAITS)];
        let mut limiters = self.limiters.write();
        let limiter = |(tool, rate, concurrent): (String, Rate, usize)| {
            let used = limiters.get(&tool).filter(|used| used.has_limits(rate, concurrent));
            let limiter = used.map_or_else(|| Arc::new(RateLimiter::new(rate, concurrent)), Arc::clone);
            (tool, limiter)
        };
        *limiters = defaults.into_iter().chain(limits).map(limiter).collect();
    }

    /// Admits a call of a tool until the returned guard is dropped; no guard if the tool has no limit.
    pub(crate) fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<InFlightGuard>, Exceeded> {
        let Some(limiter) = self.limiters.read().get(tool).map(Arc::clone) else { return Ok(None) };
        limiter.acquire(caller.subject(), self.started.elapsed()).map(Some)
    }
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self::new([])
    }
}
