//! The Kubernetes manifest among the arguments of an act: of a tool of Kubernetes, or of another MCP server.

use std::cell::OnceCell;

use serde_json::Value;

/// Arguments that contain Kubernetes objects, or fields of one.
const MANIFEST_ARGUMENTS: [&str; 4] = ["manifest", "pod_spec", "spec", "patch"];
/// Maximum nesting of a pod template in an object: a list of jobs has six levels.
const MAX_DEPTH: usize = 12;

/// The pods of an act's manifest, parsed at most once for all rules of an evaluation.
#[derive(Debug, Default)]
pub(crate) struct Manifest(OnceCell<Result<Option<Vec<Value>>, String>>);

impl Manifest {
    pub(crate) fn pods(&self, arguments: &Value) -> Result<Option<&[Value]>, &String> {
        self.0.get_or_init(|| pods(arguments)).as_ref().map(Option::as_deref)
    }
}

fn pods(arguments: &Value) -> Result<Option<Vec<Value>>, String> {
    let manifest = MANIFEST_ARGUMENTS.iter().find_map(|name| arguments.get(*name));
    let Some(manifest) = manifest.filter(|value| !value.is_null()) else { return Ok(None) };
    let documents = match manifest {
        Value::String(text) => {
            content::read_yaml_documents(text).map_err(|error| format!("the content of the manifest ({error})"))?
        }
        data => vec![data.clone()],
    };
    let mut pods = Vec::new();
    for document in &documents {
        collect_pods(document, MAX_DEPTH, &mut pods);
    }
    Ok(Some(pods))
}

fn collect_pods(value: &Value, depth: usize, pods: &mut Vec<Value>) {
    match value {
        Value::Object(map) if map.get("containers").is_some_and(Value::is_array) => pods.push(value.clone()),
        Value::Object(map) if depth > 0 => map.values().for_each(|inner| collect_pods(inner, depth - 1, pods)),
        Value::Array(items) if depth > 0 => items.iter().for_each(|inner| collect_pods(inner, depth - 1, pods)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn invalid_manifest_is_unknown_and_not_harmless() {
        assert_eq!(pods(&json!({"num_units": 3})), Ok(None));
        assert!(pods(&json!({"manifest": "a: [1"})).is_err());
    }
    #[test]
    fn expanding_manifest_is_unknown_within_the_limits_of_yaml() {
        let aliases = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 9_000].join(","), vec!["*a"; 9_000].join(","));
        let unknown = pods(&json!({"manifest": aliases})).expect_err("a limit");
        assert!(unknown.contains("20000 values"), "{unknown}");
    }

    #[test]
    fn manifest_is_parsed_once_for_all_measures() {
        let manifest = Manifest::default();
        let first = manifest.pods(&json!({"manifest": "containers: []"})).expect("valid YAML").map(<[Value]>::as_ptr);
        assert!(first.is_some());
        assert_eq!(
            manifest.pods(&json!({"manifest": "containers: []"})).expect("valid YAML").map(<[Value]>::as_ptr),
            first
        );
    }
}
