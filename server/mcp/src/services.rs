//! What every tool call uses: the dispatcher, metrics, limits and the sealer of request states.

use std::{sync::Arc, time::Duration};

use dispatch::{Dispatcher, RefusedCall, Reply};
use identity::Caller;
use limits::{InFlightGuard, LimitKind};
use rmcp::model::CallToolResult;
use tokio_util::sync::CancellationToken;

use crate::{CallMetrics, confirmation::RequestStateSealer, reply, tool_limits::ToolLimits, trace};

/// The services of a server.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) metrics: Arc<dyn CallMetrics>,
    /// Seals the state that clients return with an answer to an input-required result; without it the server sends none.
    pub(crate) sealer: Option<RequestStateSealer>,
    pub(crate) limits: Arc<ToolLimits>,
    pub(crate) stopping: Stopping,
}

/// When the server stops, and what it leaves its calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopping {
    pub(crate) stop: CancellationToken,
    /// Time from the stop until connections are closed.
    pub(crate) drain_timeout: Duration,
}

/// Time from the stop in which a read may end; a wait for a state would take all of the drain timeout.
const READ_GRACE: Duration = Duration::from_secs(1);
/// Time for the answers of calls that are cut off, before connections are closed.
const ANSWER_TIME: Duration = Duration::from_secs(1);

impl Stopping {
    /// Returns when a call has to end because the server stops.
    pub(crate) async fn cut_off(&self, changes: bool) {
        self.stop.cancelled().await;
        let left = self.drain_timeout.saturating_sub(ANSWER_TIME);
        tokio::time::sleep(if changes { left } else { left.min(READ_GRACE) }).await;
    }
}

impl Services {
    /// Services without a sealer and without limits of single tools.
    pub(crate) fn new(dispatcher: Arc<Dispatcher>, metrics: Arc<dyn CallMetrics>) -> Self {
        Self { dispatcher, metrics, sealer: None, limits: Arc::default(), stopping: Stopping::default() }
    }

    /// Admits a call of a tool until the returned guard is dropped, or returns the refusal with the time of the next attempt.
    pub(crate) async fn acquire(&self, tool: &str, caller: &Caller) -> Result<Option<InFlightGuard>, CallToolResult> {
        let exceeded = match self.limits.acquire(tool, caller) {
            Ok(guard) => return Ok(guard),
            Err(exceeded) => exceeded,
        };
        let seconds = exceeded.seconds();
        let (limit, sentence) = match exceeded.limit {
            LimitKind::Rate => {
                ("rate", format!("one caller may not call `{tool}` that often: call it again in {seconds} seconds"))
            }
            LimitKind::Concurrency => (
                "concurrency",
                format!("you have the maximum number of concurrent calls of `{tool}`: wait for one to end"),
            ),
        };
        self.metrics.limited(limit);
        trace::record_outcome(tool, "limited");
        log_call(tool, caller, "limited", Duration::ZERO);
        if let Some(count) = exceeded.report_count {
            let limited = dispatch::RateLimitEvent { limit, tool: Some(tool), count };
            dispatch::record_rate_limited(&self.dispatcher, caller, limited).await;
        }
        Err(reply::rate_limited(sentence, seconds))
    }

    /// Counts a call that has ended, and logs it: tool, outcome, duration and caller, without arguments or results.
    pub(crate) fn call_ended(&self, tool: &str, caller: &Caller, outcome: &'static str, duration: Duration) {
        self.metrics.call_ended(tool, outcome, duration);
        trace::record_outcome(tool, outcome);
        log_call(tool, caller, outcome, duration);
    }

    /// Counts suspected prompt injections, those in the arguments of refused calls included.
    pub(crate) fn count_injections(&self, result: &Result<Reply, RefusedCall>) {
        let argument_findings = match result {
            Ok(reply) => &reply.provenance.arguments,
            Err(refused) => &refused.arguments,
        };
        let result_findings = result.as_ref().ok().map(|reply| ("result", &reply.provenance.findings));
        for (source, findings) in result_findings.into_iter().chain([("arguments", argument_findings)]) {
            for (category, count) in &findings.kinds {
                (0..*count).for_each(|_| self.metrics.injection_found(source, category.as_str()));
            }
        }
    }
}

/// Logs a tool call at the level `info`.
fn log_call(tool: &str, caller: &Caller, outcome: &'static str, duration: Duration) {
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(tool, outcome, duration_ms, caller = caller.subject(), "tool call");
}
