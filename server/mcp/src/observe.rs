//! Who wants to know how calls end.

use std::time::Duration;

/// Told of every tool call when it has ended.
pub trait Observe: Send + Sync + 'static {
    /// `tool` is the inner one where a catch-all tool was called; `outcome` is one word from a fixed list.
    fn call_ended(&self, tool: &str, outcome: &'static str, took: Duration);

    /// A call was refused by a limit of its tool: `rate` or `concurrency`.
    fn limited(&self, _: &'static str) {}

    /// A text that wants to be obeyed was found in `place`, `arguments` or `result`; `kind` is one from a fixed list.
    fn suspicious(&self, _: &'static str, _: &'static str) {}
}

/// Nobody wants to know.
impl Observe for () {
    fn call_ended(&self, _: &str, _: &'static str, _: Duration) {}
}
