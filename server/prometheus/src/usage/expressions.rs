//! The expressions by resource: those of the exporters that charms and clusters have, the most telling first.

use super::measured::{GroupBy, Resource};

/// An expression that measures a resource where a metric exists. `$by` are the labels of a group, `$m` further matchers, each
/// followed by nothing, as PromQL permits a comma at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expression {
    /// The metric that has to exist.
    pub(super) metric: &'static str,
    /// The label of the metric that has the status of a request.
    status: &'static str,
    template: &'static str,
    /// Unit of its values.
    pub(super) unit: &'static str,
}

const fn of(metric: &'static str, unit: &'static str, template: &'static str) -> Expression {
    Expression { metric, status: "", template, unit }
}

const fn errors(metric: &'static str, status: &'static str) -> Expression {
    Expression { metric, status, template: ERRORS, unit: "%" }
}

const fn duration(metric: &'static str) -> Expression {
    Expression { metric, status: "", template: DURATION, unit: "s" }
}

const NODE_CPU: Expression =
    of("node_cpu_seconds_total", "%", r#"100 * (1 - avg by ($by) (rate(node_cpu_seconds_total{mode="idle",$m}[5m])))"#);
const NODE_MEMORY: Expression = of(
    "node_memory_MemAvailable_bytes",
    "%",
    "100 * (1 - sum by ($by) (node_memory_MemAvailable_bytes{$m}) / sum by ($by) (node_memory_MemTotal_bytes{$m}))",
);
const NODE_DISK: Expression = of(
    "node_filesystem_avail_bytes",
    "%",
    r#"100 * max by ($by) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs",$m} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs",$m})"#,
);
const NODE_NETWORK: Expression = of(
    "node_network_receive_bytes_total",
    "bytes/s",
    r#"sum by ($by) (rate(node_network_receive_bytes_total{device!="lo",$m}[5m]) + rate(node_network_transmit_bytes_total{device!="lo",$m}[5m]))"#,
);
const CONTAINER_CPU_SHARE: Expression = of(
    "container_cpu_usage_seconds_total",
    "%",
    r#"100 * sum by ($by) (rate(container_cpu_usage_seconds_total{container!="",$m}[5m])) / sum by ($by) (kube_pod_container_resource_limits{resource="cpu",$m})"#,
);
const CONTAINER_CPU: Expression = of(
    "container_cpu_usage_seconds_total",
    "cores",
    r#"sum by ($by) (rate(container_cpu_usage_seconds_total{container!="",$m}[5m]))"#,
);
const CONTAINER_MEMORY_SHARE: Expression = of(
    "container_memory_working_set_bytes",
    "%",
    r#"100 * sum by ($by) (container_memory_working_set_bytes{container!="",$m}) / sum by ($by) (kube_pod_container_resource_limits{resource="memory",$m})"#,
);
const CONTAINER_MEMORY: Expression = of(
    "container_memory_working_set_bytes",
    "bytes",
    r#"sum by ($by) (container_memory_working_set_bytes{container!="",$m})"#,
);
const CONTAINER_NETWORK: Expression = of(
    "container_network_receive_bytes_total",
    "bytes/s",
    "sum by ($by) (rate(container_network_receive_bytes_total{$m}[5m]) + rate(container_network_transmit_bytes_total{$m}[5m]))",
);
const VOLUMES: Expression = of(
    "kubelet_volume_stats_used_bytes",
    "%",
    "100 * max by ($by) (kubelet_volume_stats_used_bytes{$m} / kubelet_volume_stats_capacity_bytes{$m})",
);
const PROCESS_CPU: Expression =
    of("process_cpu_seconds_total", "cores", "sum by ($by) (rate(process_cpu_seconds_total{$m}[5m]))");
const PROCESS_MEMORY: Expression =
    of("process_resident_memory_bytes", "bytes", "sum by ($by) (process_resident_memory_bytes{$m})");

/// Failed requests in percent; 0 where there are requests, but none that failed.
const ERRORS: &str = r#"100 * (sum by ($by) (rate($metric{$status=~"5..",$m}[5m])) or 0 * sum by ($by) (rate($metric{$status!="",$m}[5m]))) / sum by ($by) (rate($metric{$status!="",$m}[5m]))"#;
const DURATION: &str = "histogram_quantile(0.95, sum by (le,$by) (rate($metric{$m}[5m])))";

/// The expressions that measure a resource for such groups, in the order in which they are tried.
pub(super) fn expressions(resource: Resource, by: GroupBy) -> Vec<Expression> {
    let nodes_first = matches!(by, GroupBy::Total | GroupBy::Node | GroupBy::Model);
    let (nodes, containers): (&[Expression], &[Expression]) = match resource {
        Resource::Cpu => (&[NODE_CPU], &[CONTAINER_CPU_SHARE, CONTAINER_CPU, PROCESS_CPU]),
        Resource::Memory => (&[NODE_MEMORY], &[CONTAINER_MEMORY_SHARE, CONTAINER_MEMORY, PROCESS_MEMORY]),
        Resource::Disk => (&[NODE_DISK], &[VOLUMES]),
        Resource::Network => (&[NODE_NETWORK], &[CONTAINER_NETWORK]),
        Resource::ErrorRate => (
            &[],
            &[
                errors("http_requests_total", "status"),
                errors("http_requests_total", "code"),
                errors("http_requests_total", "status_code"),
                errors("http_server_request_duration_seconds_count", "http_response_status_code"),
                errors("traefik_service_requests_total", "code"),
            ],
        ),
        Resource::Latency => (
            &[],
            &[
                duration("http_request_duration_seconds_bucket"),
                duration("http_server_request_duration_seconds_bucket"),
                duration("traefik_service_request_duration_seconds_bucket"),
            ],
        ),
    };
    match by {
        // the namespace of a metric of a node is that of its exporter
        GroupBy::Namespace => containers.to_vec(),
        _ if nodes_first => [nodes, containers].concat(),
        _ => [containers, nodes].concat(),
    }
}

/// The labels that groups may be made by, in the order in which they are tried; the last of them has the name.
pub(super) fn labels_of(by: GroupBy) -> &'static [&'static [&'static str]] {
    match by {
        GroupBy::Total => &[&[]],
        GroupBy::Node => &[&["instance"], &["node"]],
        GroupBy::Namespace => &[&["namespace"]],
        GroupBy::Model => &[&["juju_model"]],
        GroupBy::Application => &[&["juju_model", "juju_application"], &["service"], &["app"], &["job"]],
    }
}

impl Expression {
    /// The expression for groups by these labels; only the group of a name, if there is one.
    pub(super) fn promql(&self, labels: &[&str], only: Option<&str>) -> String {
        let matcher = match (labels.last(), only) {
            (None, _) => String::new(),
            (Some(label), None) => format!("{label}!=\"\""),
            // a JSON string is a string of PromQL
            (Some(label), Some(name)) => format!("{label}={}", serde_json::Value::from(name)),
        };
        let template = self.template.replace("$metric", self.metric).replace("$status", self.status);
        let separated = if matcher.is_empty() { template.replace(",$m}", "}") } else { template };
        separated.replace("$by", &labels.join(", ")).replace("(le,)", "(le)").replace("$m", &matcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelMatcher, bind};

    #[test]
    fn every_expression_is_promql_for_every_group() {
        let matcher = ModelMatcher::new("u-1").expect("a UUID");
        for resource in Resource::ALL {
            for by in [GroupBy::Total, GroupBy::Node, GroupBy::Namespace, GroupBy::Model, GroupBy::Application] {
                assert!(!expressions(resource, by).is_empty());
                for expression in expressions(resource, by) {
                    for (labels, only) in
                        labels_of(by).iter().flat_map(|labels| [(labels, None), (labels, Some("a\"}$by"))])
                    {
                        let promql = expression.promql(labels, only);
                        assert!(promql.contains(expression.metric) && !promql.contains("$m"), "{promql}");
                        bind(&promql, &matcher).unwrap_or_else(|error| panic!("{error}: {promql}"));
                    }
                }
            }
        }
    }

    #[test]
    fn expression_states_its_groups_and_the_one_that_is_wanted() {
        assert_eq!(
            NODE_CPU.promql(&[], None),
            r#"100 * (1 - avg by () (rate(node_cpu_seconds_total{mode="idle"}[5m])))"#
        );
        assert_eq!(
            PROCESS_CPU.promql(&["juju_model", "juju_application"], Some("web")),
            r#"sum by (juju_model, juju_application) (rate(process_cpu_seconds_total{juju_application="web"}[5m]))"#
        );
        assert_eq!(duration("d").promql(&[], None), "histogram_quantile(0.95, sum by (le) (rate(d{}[5m])))");
    }
}
