//! Who wants to know how calls end.

use std::time::Duration;

/// Told of every tool call when it has ended.
pub trait Observe: Send + Sync + 'static {
    /// `tool` is the inner one where a catch-all tool was called; `outcome` is one word from a fixed list.
    fn call_ended(&self, tool: &str, outcome: &'static str, took: Duration);
}

/// Nobody wants to know.
impl Observe for () {
    fn call_ended(&self, _: &str, _: &'static str, _: Duration) {}
}
