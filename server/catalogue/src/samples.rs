//! Valid arguments of every tool, for the tests that go through all tools.

use serde_json::{Map, Value, json};

use crate::{
    Tool,
    cursor::{Cursor, Step},
};

/// A valid value of a property.
pub(crate) fn sample(name: &str, schema: &Value) -> Value {
    match (name, schema["type"].as_str()) {
        (_, Some("string")) if schema["enum"].is_array() => schema["enum"][0].clone(),
        ("units", _) => json!(["web/0", "web/1"]),
        ("endpoints", _) => json!(["web:db", "postgresql:db"]),
        ("to_cidrs" | "via", _) => json!(["10.0.0.0/8", "192.168.0.0/16"]),
        ("constraints", _) => json!("mem=4G cores=2"),
        ("base", _) => json!("ubuntu@22.04"),
        ("timeout", _) => json!("90s"),
        ("query", _) => json!("life==\"alive\""),
        ("cursor", _) => json!(Cursor::new(7, vec![Step::new(3, "web")]).encode()),
        ("level", _) => json!("WARNING"),
        ("offer" | "url", _) => json!("admin/prod.db"),
        ("storage", _) => json!({"data": "ebs,2,10G"}),
        (_, Some("integer")) => json!(schema["minimum"].as_u64().expect("a minimum").max(5)),
        (_, Some("boolean")) => json!(true),
        (_, Some("array")) => json!(["0", "1"]),
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
        ("add-model", "credential" | "region") => &["cloud"],
        ("remove-relation", name) if name != "relation_id" => &["endpoints"],
        ("resolved", name) if name != "all" => &["units"],
        _ => &[],
    };
    let names = required.chain(needs.iter().copied());
    let mut arguments: Map<String, Value> =
        names.map(|name| (name.to_owned(), sample(name, &schema["properties"][name]))).collect();
    arguments.insert(name.to_owned(), value.unwrap_or_else(|| sample(name, &schema["properties"][name])));
    arguments
}
