//! The fields in which two versions of an object differ.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it is: `spec.template.spec.containers[name=web].image`.
    pub field: String,
    /// Its old value; absent for a new field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// Its new value; absent for a removed field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

impl FieldChange {
    /// The change in one line: `spec.replicas: 2 -> 3`.
    #[must_use]
    pub fn line(&self) -> String {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{}: {from} -> {to}", self.field),
            (Some(from), None) => format!("{}: {from} removed", self.field),
            (None, Some(to)) => format!("{}: {to} added", self.field),
            (None, None) => self.field.clone(),
        }
    }
}

/// Fields that the server writes on every change.
const SERVER_FIELDS: [&str; 6] = [
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.uid",
    "metadata.creationTimestamp",
    "status",
];
/// Members that identify an item of a list, in the order in which they are tried.
const KEYS: [&str; 5] = ["name", "key", "type", "containerPort", "port"];

/// The fields in which two versions of an object differ, in order, without those that the server writes on every change.
#[must_use]
pub fn field_changes(old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(old).filter(|old| !old.is_null()), Some(new), &mut changes);
    changes
}

fn compare(field: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if old == new || SERVER_FIELDS.contains(&field) {
        return;
    }
    let member = |name: &str| match field {
        "" => name.to_owned(),
        field if name.contains(['.', '/']) => format!("{field}[{name}]"),
        field => format!("{field}.{name}"),
    };
    match (old, new) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                compare(&member(name), before.get(name), after.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => compare_lists(field, before, after, changes),
        // an object that is new is listed field by field only at the top
        (None, Some(Value::Object(after))) if field.is_empty() => {
            after.iter().for_each(|(name, value)| compare(&member(name), None, Some(value), changes));
        }
        (from, to) => changes.push(FieldChange { field: field.to_owned(), from: from.cloned(), to: to.cloned() }),
    }
}

/// Lists of items with an identity are compared by it, others by position.
fn compare_lists(field: &str, before: &[Value], after: &[Value], changes: &mut Vec<FieldChange>) {
    let identifies = |key: &&&str| {
        let distinct =
            |list: &[Value]| list.iter().map(|item| item.get(**key).map(Value::to_string)).collect::<BTreeSet<_>>();
        let all =
            |list: &[Value]| list.iter().all(|item| item.get(**key).is_some()) && distinct(list).len() == list.len();
        all(before) && all(after)
    };
    let Some(key) = KEYS.iter().find(identifies) else {
        for index in 0..before.len().max(after.len()) {
            compare(&format!("{field}[{index}]"), before.get(index), after.get(index), changes);
        }
        return;
    };
    let find = |list: &'_ [Value], wanted: &Value| list.iter().position(|item| item.get(*key) == Some(wanted));
    for item in before.iter().chain(after.iter().filter(|item| find(before, &item[*key]).is_none())) {
        let identity = &item[*key];
        let shown = identity.as_str().map_or_else(|| identity.to_string(), str::to_owned);
        let at = |list| find(list, identity).map(|index| &list[index]);
        compare(&format!("{field}[{key}={shown}]"), at(before), at(after), changes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_listed_by_field() {
        let old = json!({"metadata": {"name": "web", "resourceVersion": "1", "labels": {"a.b/c": "x"}}, "status": {"a": 1},
            "spec": {"replicas": 2, "template": {"containers": [{"name": "web", "image": "nginx:1"}, {"name": "log", "image": "l"}]}}});
        let mut new = old.clone();
        new["metadata"]["resourceVersion"] = json!("2");
        new["status"] = json!({"a": 2});
        new["spec"]["replicas"] = json!(3);
        new["metadata"]["labels"] = json!({"a.b/c": "y"});
        new["spec"]["template"]["containers"] = json!([{"name": "web", "image": "nginx:2", "args": ["-x"]}]);
        let lines: Vec<String> = field_changes(&old, &new).iter().map(FieldChange::line).collect();
        assert_eq!(
            lines,
            [
                "metadata.labels[a.b/c]: \"x\" -> \"y\"",
                "spec.replicas: 2 -> 3",
                "spec.template.containers[name=web].args: [\"-x\"] added",
                "spec.template.containers[name=web].image: \"nginx:1\" -> \"nginx:2\"",
                "spec.template.containers[name=log]: {\"name\":\"log\",\"image\":\"l\"} removed",
            ]
        );
        assert_eq!(field_changes(&old, &old), []);
    }

    #[test]
    fn lists_without_identity_are_compared_by_position() {
        let lines: Vec<String> = field_changes(&json!({"args": ["a", "b"]}), &json!({"args": ["a", "c", "d"]}))
            .iter()
            .map(FieldChange::line)
            .collect();
        assert_eq!(lines, ["args[1]: \"b\" -> \"c\"", "args[2]: \"d\" added"]);
        let new = field_changes(&Value::Null, &json!({"kind": "Pod"}));
        assert_eq!(new.len(), 1, "{new:?}");
    }
}
