//! What the server reports about tool calls to whatever collects metrics.

use std::time::Duration;

/// Receives events of tool calls.
pub trait CallMetrics: Send + Sync + 'static {
    /// A call ended. `tool` is the inner command if a built-in tool ran one; `outcome` is one of a fixed list of labels.
    fn call_ended(&self, tool: &str, outcome: &'static str, duration: Duration);

    /// A limit of a single tool refused a call: `rate` or `concurrency`.
    fn limited(&self, _: &'static str) {}

    /// A call began (1) or ended (-1).
    fn calls_in_progress(&self, _change: i64) {}

    /// An event stream began (1) or ended (-1).
    fn streams_open(&self, _change: i64) {}

    /// The number of open sessions of older clients, after it changed.
    fn sessions_open(&self, _number: usize) {}

    /// A suspected prompt injection. Its source is `arguments` or `result`, its category one of a fixed list of labels.
    fn injection_found(&self, _: &'static str, _: &'static str) {}
}

/// Discards all events.
impl CallMetrics for () {
    fn call_ended(&self, _: &str, _: &'static str, _: Duration) {}
}
