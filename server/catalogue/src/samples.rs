//! Valid arguments of every tool, for the tests that go through all tools.

use serde_json::{Map, Value, json};

use crate::{
    Tool,
    bounds::FORMATS,
    cursor::{Cursor, Step},
};

/// A manifest of one object.
const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {mode: fast}\n";
/// The content of a bundle.
const BUNDLE: &str = "applications:\n  web: {charm: web}\n";

/// A valid value of a property of a tool.
pub(crate) fn sample(tool: &dyn Tool, name: &str) -> Value {
    match (tool.command(), name) {
        ("add-k8s" | "update-k8s", "definition") => json!({"type": "kubernetes", "endpoint": "https://10.0.0.1:16443"}),
        ("add-secret-backend" | "update-secret-backend" | "remove-secret-backend", "name") => json!("my-vault"),
        ("add-machine", "disks") => json!(["ebs,10G", "20G"]),
        ("add-machine", "placement") => json!("zone=a"),
        ("add-model", "owner") => json!("bob"),
        ("alertmanager-add-silence", "matchers") => json!(["alertname=Down", "severity=~\"warning|info\""]),
        ("alertmanager-add-silence", "duration")
        | (
            "prometheus-exemplars"
            | "prometheus-labels"
            | "prometheus-query-range"
            | "prometheus-resource-usage"
            | "prometheus-series",
            "since",
        ) => json!("2h"),
        ("prometheus-exemplars" | "prometheus-labels" | "prometheus-query-range" | "prometheus-series", "until") => {
            json!("1h")
        }
        ("prometheus-resource-usage", "by") => json!("application"),
        ("prometheus-series" | "prometheus-labels", "selectors") => json!(["up{job=\"a\"}", "{job=~\"b|c\"}"]),
        ("add-secret-backend", "backend_type") => json!("vault"),
        ("debug-log", "since" | "until")
        | ("prometheus-query", "time")
        | ("destroy-controller", "model_timeout")
        | ("destroy-model", "timeout") => {
            json!("30m")
        }
        ("deploy", "map_machines") => json!("existing,0=3"),
        ("deploy", "overlay") => json!([BUNDLE]),
        ("deploy", "device") => json!({"gpu": "2,nvidia.com/gpu"}),
        ("download" | "info", "arch") => json!("arm64"),
        ("import-filesystem", "storage_name" | "storage_provider") => json!("pgdata"),
        ("import-ssh-key", "keys") => json!(["gh:ana", "lp:bob"]),
        ("info" | "download", "charm") => json!("postgresql"),
        ("refresh", "switch") => json!("web-next"),
        ("get-pod-logs" | "k8s-events", "since" | "follow") => json!("30m"),
        ("k8s-apply", "manifest") => json!(MANIFEST),
        ("k8s-patch", "patch") => json!({"spec": {"paused": true}}),
        ("wait-for", "also") => json!(["unit web/0 removed"]),
        ("show-status-log", "from_date") => json!("2026-01-31"),
        (command, "since") if command.starts_with("loki-") => json!("2h"),
        (command, "until" | "time") if command.starts_with("loki-") => json!("30m"),
        (command, "query") if command.starts_with("loki-") => json!("{app=\"web\"}"),
        ("loki-query-range" | "prometheus-query-range", "step") => json!("1m"),
        ("loki-series", "match") => json!(["{app=\"web\"}", "{job=~\"a|b\"}"]),
        ("loki-labels", "name") => json!("app"),
        ("scp", "source") => json!("web/0:/var/log/syslog"),
        ("upgrade-controller" | "upgrade-model", "agent_version") => json!("3.6.12"),
        _ => usual(name, &tool.input_schema()["properties"][name]),
    }
}

/// A valid value of most properties of a name and type.
fn usual(name: &str, schema: &Value) -> Value {
    match (name, schema["type"].as_str()) {
        (_, Some("string")) if schema["enum"].is_array() => schema["enum"][0].clone(),
        ("format", Some("string")) => json!(FORMATS[0]),
        ("units", _) => json!(["web/0", "web/1"]),
        ("definition", _) => json!({"type": "lxd", "endpoint": "https://10.0.0.1:8443"}),
        ("endpoints", _) => json!(["web:db", "postgresql:db"]),
        ("allowlist" | "cidrs" | "to_cidrs" | "via", _) => json!(["10.0.0.0/8", "192.168.0.0/16"]),
        ("constraints", _) => json!("mem=4G cores=2"),
        ("base", _) => json!("ubuntu@22.04"),
        ("timeout", _) => json!("90s"),
        ("query", _) => json!("life==\"alive\""),
        ("cursor", _) => json!(Cursor::new(7, vec![Step::new(3, "web")]).encode()),
        ("level", _) => json!("WARNING"),
        ("offer" | "url", _) => json!("admin/prod.db"),
        ("storage", Some("object")) => json!({"data": "ebs,2,10G"}),
        ("storage", _) => json!(["pgdata/0", "pgdata/1"]),
        ("owner", _) => json!("application-web"),
        ("secret_content", _) => json!({"api-key": "1", "user": "b"}),
        ("num_controllers", _) => json!(5),
        ("value", Some("string")) => json!("ghcr.io/acme/web:1"),
        ("keys", _) => json!(["ssh-ed25519 AAAA ana", "ssh-ed25519 BBBB bob"]),
        ("permission", _) => json!("admin"),
        ("unit", _) => json!("web/0"),
        ("urls", _) => json!(["admin/prod.db", "admin/prod.web"]),
        ("new_name", _) => json!("13"),
        (_, Some("array")) if schema["items"]["enum"].is_array() => {
            json!([schema["items"]["enum"][0], schema["items"]["enum"][1]])
        }
        (_, Some("array")) if schema["items"]["type"] == "integer" => json!([3, 4]),
        (_, Some("integer")) => json!(schema["minimum"].as_u64().unwrap_or_default().max(5)),
        (_, Some("boolean")) => json!(true),
        (_, Some("array")) => json!(["0", "1"]),
        ("values", Some("object")) => json!({"model-logs-size": "1", "juju-ha-space": "b"}),
        (_, Some("object")) => json!({"one": "1", "two": "b"}),
        _ => json!("12"),
    }
}

/// Arguments with this value of a property, or with a valid one, and a valid value of everything that the tool or that property needs.
pub(crate) fn arguments_with(tool: &dyn Tool, name: &str, value: Option<Value>) -> Map<String, Value> {
    let schema = tool.input_schema();
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let needs: &[&str] = match (tool.command(), name) {
        ("exec", name) if name != "all" => &["units"],
        ("deploy", "revision") => &["channel"],
        ("add-model", "credential" | "region") | ("show-credential", "credential") => &["cloud"],
        ("remove-relation", name) if name != "relation_id" => &["endpoints"],
        ("resolved", name) if name != "all" => &["units"],
        ("show-credential", "cloud") => &["credential"],
        ("change-user-password", name) if name != "reset" => &["password"],
        ("destroy-controller", "no_wait" | "model_timeout")
        | ("destroy-model", "no_wait" | "timeout")
        | ("remove-application" | "remove-machine" | "remove-saas" | "remove-unit", "no_wait") => &["force"],
        ("download", "resources") => &["filepath"],
        ("get-pod-logs", name) if name != "label_selector" => &["name"],
        ("grant" | "revoke", _) => &["to"],
        ("login", _) => &["password"],
        ("prometheus-resource-usage", "name") => &["by"],
        ("loki-query" | "loki-query-range", name) if name != "query" => &["query"],
        ("loki-search", name) if !matches!(name, "text" | "regex" | "service" | "query") => &["text"],
        ("retry-provisioning", name) if name != "all" => &["machines"],
        ("storage", "ids") => &["filesystem"],
        ("update-secret-backend", name) if name != "reset" => &["config"],
        ("upgrade-machine", _) => &["base"],
        ("update-secret", "id_or_name" | "model" | "dry_run" | "idempotency_key") => &["info"],
        _ => &[],
    };
    let names = required.chain(needs.iter().copied());
    let mut arguments: Map<String, Value> = names.map(|name| (name.to_owned(), sample(tool, name))).collect();
    if tool.command() == "deploy" && ["overlay", "map_machines"].contains(&name) {
        arguments.insert("charm".to_owned(), json!(BUNDLE));
    }
    arguments.insert(name.to_owned(), value.unwrap_or_else(|| sample(tool, name)));
    arguments
}
