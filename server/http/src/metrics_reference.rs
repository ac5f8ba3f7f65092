//! Every metric with its labels, read from a registry in which each one was recorded once.

use std::time::Duration;

use crate::metrics::{ControllerSample, Metrics, NotificationSample};

/// One metric, as Prometheus stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricReference {
    /// Its name, with the suffix of its type.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Its description.
    pub help: String,
}

/// Every metric, in the order of their registration.
#[must_use]
pub fn reference() -> Vec<MetricReference> {
    parse(&with_one_of_each().text())
}

/// Metrics in which every family has a member: the encoder leaves empty families out.
fn with_one_of_each() -> Metrics {
    let metrics = Metrics::default();
    metrics.http_request("/mcp", "POST", 200, Duration::ZERO);
    metrics.tool_call("juju_status", "ok", Duration::ZERO);
    metrics.authentication_failure("expired");
    metrics.rate_limited("caller", "rate");
    metrics.prompt_injection("result", "authority");
    metrics.policy_reloaded(true);
    metrics.set_ledger_sink_failures("file", 0);
    metrics.set_notifications(&NotificationSample { receiver: "team".to_owned(), ..NotificationSample::default() });
    let controller = "prod".to_owned();
    let sample = ControllerSample { controller, up: true, since: 0, reconnects: 0, login_tokens_refused: 0 };
    metrics.set_controller_source(move || vec![sample.clone()]);
    metrics.set_finding_source(|| vec![("drift".to_owned(), "warning", 1)]);
    metrics
}

/// Reads descriptions, types and labels from the text format.
fn parse(text: &str) -> Vec<MetricReference> {
    let mut found: Vec<MetricReference> = Vec::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            let (kind, labels) = (String::new(), Vec::new());
            let help = help.trim_end_matches('.').to_owned();
            found.push(MetricReference { name: name.to_owned(), kind, labels, help });
        } else if let (Some(rest), Some(last)) = (line.strip_prefix("# TYPE "), found.last_mut()) {
            last.kind = rest.rsplit(' ').next().unwrap_or_default().to_owned();
            match last.kind.as_str() {
                "counter" => last.name += "_total",
                "info" => last.name += "_info",
                _ => {}
            }
        } else if let (Some((_, labels)), Some(last)) = (line.split_once('{'), found.last_mut()) {
            let names = labels.split("\",").filter_map(|label| label.split_once("=\"")).map(|(name, _)| name);
            for name in names.filter(|name| *name != "le") {
                if !last.labels.iter().any(|known| known == name) {
                    last.labels.push(name.to_owned());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_has_every_registered_metric_with_its_labels() {
        let found = reference();
        let registered = include_str!("metrics.rs").matches("registry.register(").count();
        assert_eq!(found.len(), registered, "{found:?}");
        assert!(found.iter().all(|metric| !metric.help.is_empty() && !metric.kind.is_empty()), "{found:?}");
        let labels = |name: &str| found.iter().find(|metric| metric.name == name).expect(name).labels.clone();
        assert_eq!(labels("juju_mcp_tool_calls_total"), ["tool", "outcome"]);
        assert_eq!(labels("juju_mcp_http_request_duration_seconds"), ["route"]);
        assert_eq!(labels("juju_mcp_build_info"), ["version"]);
        assert!(labels("juju_mcp_sessions").is_empty());
    }
}
