//! Valid arguments of every tool, for the tests that go through all tools.

use serde_json::{Map, Value, json};

use crate::{
    Tool,
    bounds::FORMATS,
    cursor::{Cursor, Step},
};

/// A valid value of a property.
pub(crate) fn sample(name: &str, schema: &Value) -> Value {
    match (name, schema["type"].as_str()) {
        (_, Some("string")) if schema["enum"].is_array() => schema["enum"][0].clone(),
        ("format", Some("string")) => json!(FORMATS[0]),
        ("units", _) => json!(["web/0", "web/1"]),
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
        ("exec", _) => &["units"],
        ("deploy", "revision") => &["channel"],
        ("add-model", "credential" | "region") | ("show-credential", "credential") => &["cloud"],
        ("remove-relation", name) if name != "relation_id" => &["endpoints"],
        ("resolved", name) if name != "all" => &["units"],
        ("show-credential", "cloud") => &["credential"],
        ("grant" | "revoke", _) => &["to"],
        ("remove-saas", "no_wait") => &["force"],
        ("retry-provisioning", name) if name != "all" => &["machines"],
        ("storage", "ids") => &["filesystem"],
        ("update-secret", "id_or_name" | "model" | "dry_run" | "idempotency_key") => &["info"],
        _ => &[],
    };
    let names = required.chain(needs.iter().copied());
    let mut arguments: Map<String, Value> =
        names.map(|name| (name.to_owned(), sample(name, &schema["properties"][name]))).collect();
    arguments.insert(name.to_owned(), value.unwrap_or_else(|| sample(name, &schema["properties"][name])));
    arguments
}
