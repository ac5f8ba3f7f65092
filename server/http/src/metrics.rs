//! Counters and histograms of this process, in the `OpenMetrics` text format.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

/// Content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histogram buckets, in seconds.
const DURATION_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

type Counters<Labels> = Family<Labels, Counter<u64, AtomicU64>>;
type Gauges = Family<Controller, Gauge<i64, AtomicI64>>;
type Durations<Labels> = Family<Labels, Histogram>;

/// All metrics. Label values come from fixed lists (routes, tools, outcomes, configured controllers), so the number of series is bounded.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    http_requests: Counters<HttpRequest>,
    http_durations: Durations<Route>,
    tool_calls: Counters<ToolCall>,
    tool_durations: Durations<Tool>,
    authentication_failures: Counters<AuthenticationFailure>,
    rate_limited: Counters<RateLimit>,
    prompt_injections: Counters<PromptInjection>,
    policy_reloads: Counters<PolicyReload>,
    policy_last_reload_successful: Gauge<i64, AtomicI64>,
    calls_in_progress: Gauge<i64, AtomicI64>,
    event_streams: Gauge<i64, AtomicI64>,
    sessions: Gauge<i64, AtomicI64>,
    bytes_in_flight: Gauge<i64, AtomicI64>,
    controller_up: Gauges,
    controller_since: Gauges,
    controller_reconnects: Counters<Controller>,
    controller_login_tokens_refused: Counters<Controller>,
    controller_source: OnceLock<ControllerSource>,
    findings_open: Family<FindingLabels, Gauge<i64, AtomicI64>>,
    finding_source: OnceLock<FindingSource>,
    ledger_sink_failures: Counters<LedgerSink>,
    notifications_sent: Counters<NotificationReceiver>,
    notification_failures: Counters<NotificationReceiver>,
    notifications_dropped: Counters<NotificationReceiver>,
    notifications_queued: Family<NotificationReceiver, Gauge<i64, AtomicI64>>,
    trace_spans_dropped: Counter<u64, AtomicU64>,
}

/// The counts of one receiver of notifications since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotificationSample {
    /// Name of the receiver in the configuration.
    pub receiver: String,
    /// Messages that it has accepted.
    pub sent: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Messages that were dropped or rejected.
    pub dropped: u64,
    /// Messages that wait.
    pub queued: u64,
}

/// The condition of one controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerSample {
    /// Name of the controller in the configuration.
    pub controller: String,
    /// Whether the last attempt to use it succeeded.
    pub up: bool,
    /// Since when it is in this condition, in seconds since 1970.
    pub since: i64,
    /// How often a connection to it was opened again after it broke.
    pub reconnects: u64,
    /// How often it refused the token of a caller.
    pub login_tokens_refused: u64,
}

/// Provides the condition of the controllers when the metrics are read.
struct ControllerSource(Box<dyn Fn() -> Vec<ControllerSample> + Send + Sync>);

impl std::fmt::Debug for ControllerSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ControllerSource")
    }
}

/// Provides the number of open findings by detector and severity when the metrics are read.
struct FindingSource(Box<dyn Fn() -> Vec<FindingSample> + Send + Sync>);

/// Detector, severity and number of open findings.
pub type FindingSample = (String, &'static str, i64);

impl std::fmt::Debug for FindingSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FindingSource")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    detector: String,
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HttpRequest {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolCall {
    tool: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tool {
    tool: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AuthenticationFailure {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RateLimit {
    scope: &'static str,
    limit: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PromptInjection {
    source: &'static str,
    category: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NotificationReceiver {
    receiver: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LedgerSink {
    sink: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyReload {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Controller {
    controller: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let durations = || Histogram::new(DURATION_BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("juju_mcp"),
            http_requests: Family::default(),
            http_durations: Family::new_with_constructor(durations),
            tool_calls: Family::default(),
            tool_durations: Family::new_with_constructor(durations),
            authentication_failures: Family::default(),
            rate_limited: Family::default(),
            prompt_injections: Family::default(),
            policy_reloads: Family::default(),
            policy_last_reload_successful: Gauge::default(),
            controller_up: Family::default(),
            controller_since: Family::default(),
            controller_reconnects: Family::default(),
            controller_login_tokens_refused: Family::default(),
            controller_source: OnceLock::new(),
            findings_open: Family::default(),
            finding_source: OnceLock::new(),
            calls_in_progress: Gauge::default(),
            event_streams: Gauge::default(),
            sessions: Gauge::default(),
            bytes_in_flight: Gauge::default(),
            ledger_sink_failures: Family::default(),
            notifications_sent: Family::default(),
            notification_failures: Family::default(),
            notifications_dropped: Family::default(),
            notifications_queued: Family::default(),
            trace_spans_dropped: Counter::default(),
        };
        metrics.policy_last_reload_successful.set(1);
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// Registers every metric under its public name. The encoder appends `_total` to counters and `_info` to the build.
    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the program", build);
        let help = "HTTP requests by route, method and status";
        registry.register("http_requests", help, self.http_requests.clone());
        let help = "Time until the response to an HTTP request begins";
        registry.register("http_request_duration_seconds", help, self.http_durations.clone());
        registry.register("tool_calls", "Tool calls by tool and outcome", self.tool_calls.clone());
        registry.register("tool_call_duration_seconds", "Duration of tool calls", self.tool_durations.clone());
        let help = "Rejected tokens and sign-ins by reason";
        registry.register("authentication_failures", help, self.authentication_failures.clone());
        let help = "Calls refused by a limit, by scope and limit";
        registry.register("rate_limited", help, self.rate_limited.clone());
        let help = "Suspected prompt injections by source and category";
        registry.register("prompt_injection_findings", help, self.prompt_injections.clone());
        registry.register("policy_reloads", "Reloads of a changed policy by result", self.policy_reloads.clone());
        let help = "0 if the last policy reload failed and an older policy is active, else 1";
        registry.register("policy_last_reload_successful", help, self.policy_last_reload_successful.clone());
        let help = "1 if the last attempt to use the controller succeeded, else 0";
        registry.register("controller_up", help, self.controller_up.clone());
        let help = "Time since which the controller is up or away, in seconds since 1970";
        registry.register("controller_since_timestamp_seconds", help, self.controller_since.clone());
        let help = "Connections to the controller that were opened again after they broke";
        registry.register("controller_reconnects", help, self.controller_reconnects.clone());
        let help = "Log-ins of callers as themselves that the controller refused";
        registry.register("controller_login_tokens_refused", help, self.controller_login_tokens_refused.clone());
        let help = "Open findings of the observer by detector and severity";
        registry.register("findings_open", help, self.findings_open.clone());
        registry.register("calls_in_progress", "Tool calls that have not ended", self.calls_in_progress.clone());
        registry.register("event_streams", "Open event streams", self.event_streams.clone());
        registry.register("sessions", "Open sessions of older clients", self.sessions.clone());
        let help = "Bytes of requests and large responses in memory";
        registry.register("bytes_in_flight", help, self.bytes_in_flight.clone());
        let help = "Failed deliveries of ledger checkpoints by sink";
        registry.register("ledger_sink_failures", help, self.ledger_sink_failures.clone());
        let help = "Notifications that a receiver has accepted";
        registry.register("notifications_sent", help, self.notifications_sent.clone());
        let help = "Failed requests to a receiver of notifications";
        registry.register("notification_failures", help, self.notification_failures.clone());
        let help = "Notifications that a receiver has rejected, or that were dropped because too many waited";
        registry.register("notifications_dropped", help, self.notifications_dropped.clone());
        let help = "Notifications that wait for a receiver";
        registry.register("notifications_queued", help, self.notifications_queued.clone());
        let help = "Spans that did not reach the collector of traces";
        registry.register("trace_spans_dropped", help, self.trace_spans_dropped.clone());
    }

    /// Sets where the condition of the controllers comes from; a second source is ignored.
    pub fn set_controller_source(&self, source: impl Fn() -> Vec<ControllerSample> + Send + Sync + 'static) {
        let _ = self.controller_source.set(ControllerSource(Box::new(source)));
    }

    /// Sets where the number of open findings comes from; a second source is ignored.
    pub fn set_finding_source(&self, source: impl Fn() -> Vec<FindingSample> + Send + Sync + 'static) {
        let _ = self.finding_source.set(FindingSource(Box::new(source)));
    }

    fn read_findings(&self) {
        let Some(source) = self.finding_source.get() else { return };
        self.findings_open.clear();
        for (detector, severity, count) in (source.0)() {
            self.findings_open.get_or_create(&FindingLabels { detector, severity }).set(count);
        }
    }

    fn read_controllers(&self) {
        let Some(source) = self.controller_source.get() else { return };
        // a controller that was removed from the configuration has no series
        self.controller_up.clear();
        self.controller_since.clear();
        self.controller_reconnects.clear();
        self.controller_login_tokens_refused.clear();
        for sample in (source.0)() {
            let labels = Controller { controller: sample.controller };
            self.controller_up.get_or_create(&labels).set(i64::from(sample.up));
            self.controller_since.get_or_create(&labels).set(sample.since);
            for (counters, value) in [
                (&self.controller_reconnects, sample.reconnects),
                (&self.controller_login_tokens_refused, sample.login_tokens_refused),
            ] {
                counters.get_or_create(&labels).inner().store(value, Ordering::Relaxed);
            }
        }
    }

    /// Counts an HTTP request. `route` is the pattern that matched, not the path.
    pub fn http_request(&self, route: &str, method: &'static str, status: u16, duration: Duration) {
        self.http_requests.get_or_create(&HttpRequest { route: route.to_owned(), method, status }).inc();
        self.http_durations.get_or_create(&Route { route: route.to_owned() }).observe(duration.as_secs_f64());
    }

    /// Counts a tool call that has ended.
    pub fn tool_call(&self, tool: &str, outcome: &'static str, duration: Duration) {
        self.tool_calls.get_or_create(&ToolCall { tool: tool.to_owned(), outcome }).inc();
        self.tool_durations.get_or_create(&Tool { tool: tool.to_owned() }).observe(duration.as_secs_f64());
    }

    /// Counts a rejected token or sign-in; `reason` is a word from a fixed list.
    pub fn authentication_failure(&self, reason: &'static str) {
        self.authentication_failures.get_or_create(&AuthenticationFailure { reason }).inc();
    }

    /// Counts a refused call: `scope` is `caller` or `tool`, `limit` is `rate` or `concurrency`.
    pub fn rate_limited(&self, scope: &'static str, limit: &'static str) {
        self.rate_limited.get_or_create(&RateLimit { scope, limit }).inc();
    }

    /// Counts a suspected prompt injection; `source` is `arguments` or `result`.
    pub fn prompt_injection(&self, source: &'static str, category: &'static str) {
        self.prompt_injections.get_or_create(&PromptInjection { source, category }).inc();
    }

    /// Counts a reload of a changed policy. If it failed, the older policy stays active.
    pub fn policy_reloaded(&self, successful: bool) {
        let result = if successful { "ok" } else { "failed" };
        self.policy_reloads.get_or_create(&PolicyReload { result }).inc();
        self.policy_last_reload_successful.set(i64::from(successful));
    }

    /// Sets the bytes of requests and responses in memory.
    pub(crate) fn bytes_in_flight(&self, bytes: usize) {
        self.bytes_in_flight.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Sets how many deliveries of ledger checkpoints to a sink have failed. The names of sinks come from the configuration.
    pub fn set_ledger_sink_failures(&self, sink: &str, failures: u64) {
        let counter = self.ledger_sink_failures.get_or_create(&LedgerSink { sink: sink.to_owned() });
        counter.inc_by(failures.saturating_sub(counter.get()));
    }

    /// Sets the counts of a receiver of notifications.
    pub fn set_notifications(&self, sample: &NotificationSample) {
        let receiver = NotificationReceiver { receiver: sample.receiver.clone() };
        for (family, total) in [
            (&self.notifications_sent, sample.sent),
            (&self.notification_failures, sample.failed),
            (&self.notifications_dropped, sample.dropped),
        ] {
            let counter = family.get_or_create(&receiver);
            counter.inc_by(total.saturating_sub(counter.get()));
        }
        let queued = i64::try_from(sample.queued).unwrap_or(i64::MAX);
        self.notifications_queued.get_or_create(&receiver).set(queued);
    }

    /// Sets how many spans did not reach the collector of traces.
    pub fn set_trace_spans_dropped(&self, spans: u64) {
        self.trace_spans_dropped.inner().store(spans, Ordering::Relaxed);
    }

    /// All metrics in the `OpenMetrics` text format 1.0.0.
    #[must_use]
    pub fn text(&self) -> String {
        self.read_controllers();
        self.read_findings();
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "the metrics cannot be encoded");
        }
        text
    }
}

impl mcp::CallMetrics for Metrics {
    fn call_ended(&self, tool: &str, outcome: &'static str, duration: Duration) {
        self.tool_call(tool, outcome, duration);
    }

    fn limited(&self, limit: &'static str) {
        self.rate_limited("tool", limit);
    }

    fn calls_in_progress(&self, change: i64) {
        self.calls_in_progress.inc_by(change);
    }

    fn streams_open(&self, change: i64) {
        self.event_streams.inc_by(change);
    }

    fn sessions_open(&self, number: usize) {
        self.sessions.set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    fn injection_found(&self, source: &'static str, category: &'static str) {
        self.prompt_injection(source, category);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_count_calls_by_tool_and_outcome() {
        let metrics = Metrics::default();
        metrics.tool_call("juju_status", "ok", Duration::from_millis(3));
        metrics.tool_call("juju_status", "ok", Duration::from_millis(700));
        metrics.tool_call("juju_status", "denied", Duration::from_millis(1));
        let text = metrics.text();
        assert!(text.contains("juju_mcp_tool_calls_total{tool=\"juju_status\",outcome=\"ok\"} 2\n"), "{text}");
        let bucket =
            |bound: &str| format!("juju_mcp_tool_call_duration_seconds_bucket{{le=\"{bound}\",tool=\"juju_status\"}}");
        assert!(text.contains(&format!("{} 2\n", bucket("0.005"))), "{text}");
        assert!(text.contains(&format!("{} 3\n", bucket("+Inf"))), "{text}");
        assert!(
            text.contains(&format!("juju_mcp_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"))),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn metrics_escape_label_values() {
        let metrics = Metrics::default();
        metrics.tool_call("a\"b\\c\nd", "ok", Duration::ZERO);
        assert!(metrics.text().contains(r#"{tool="a\"b\\c\nd",outcome="ok"} 1"#), "{}", metrics.text());
    }

    #[test]
    fn metrics_count_failures_of_ledger_sinks_from_zero() {
        let metrics = Metrics::default();
        let total = |value: u8| format!("juju_mcp_ledger_sink_failures_total{{sink=\"file /mnt/a\"}} {value}\n");
        for (failures, shown) in [(0, 0), (3, 3), (3, 3), (4, 4)] {
            metrics.set_ledger_sink_failures("file /mnt/a", failures);
            assert!(metrics.text().contains(&total(shown)), "{}", metrics.text());
        }
    }

    #[test]
    fn metrics_report_a_failed_policy_reload_until_one_succeeds() {
        let metrics = Metrics::default();
        let successful =
            |value: u8| metrics.text().contains(&format!("juju_mcp_policy_last_reload_successful {value}\n"));
        assert!(successful(1));
        metrics.policy_reloaded(false);
        assert!(successful(0) && metrics.text().contains("juju_mcp_policy_reloads_total{result=\"failed\"} 1\n"));
        metrics.policy_reloaded(true);
        assert!(successful(1) && metrics.text().contains("juju_mcp_policy_reloads_total{result=\"ok\"} 1\n"));
    }

    #[test]
    fn metrics_read_the_condition_of_controllers_when_they_are_requested() {
        let metrics = Metrics::default();
        assert!(!metrics.text().contains("juju_mcp_controller_up{"));
        let (since, reconnects, login_tokens_refused) = (1_700_000_000, 3, 2);
        let sample = ControllerSample { controller: "prod".into(), up: false, since, reconnects, login_tokens_refused };
        metrics.set_controller_source(move || vec![sample.clone()]);
        let text = metrics.text();
        for line in [
            "juju_mcp_controller_up{controller=\"prod\"} 0\n",
            "juju_mcp_controller_since_timestamp_seconds{controller=\"prod\"} 1700000000\n",
            "juju_mcp_controller_reconnects_total{controller=\"prod\"} 3\n",
            "juju_mcp_controller_login_tokens_refused_total{controller=\"prod\"} 2\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
