//! The page of the metrics, from the registry of the server.

use http_server::MetricReference;

use super::markdown::cell;

const HEAD: &str = "# Metrics

Every metric at `/metrics` (OpenMetrics 1.0.0). [The charm](../reference-charm.md#alerts) has an alert rule for each metric that matters. Label values come from fixed lists, so the number of series is bounded.

| metric | type | labels | meaning |
|---|---|---|---|
";

/// The page.
pub(super) fn page() -> String {
    let rows = http_server::metrics_reference().into_iter().map(|MetricReference { name, kind, labels, help }| {
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {kind} | {} | {} |\n", labels.join(", "), cell(&help))
    });
    HEAD.to_owned() + &rows.collect::<String>()
}
