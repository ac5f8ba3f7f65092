//! Objects with the columns that `kubectl get` prints: the API server makes them for every kind, custom ones too.

use serde::Serialize;
use serde_json::Value;

use crate::object::{items, name, namespace, text};

/// The header `Accept` that requests a table.
pub(crate) const ACCEPT_TABLE: &str =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

/// Objects as `kubectl get` prints them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ObjectTable {
    /// Names of the columns; `NAMESPACE` is the first where rows have several.
    pub columns: Vec<String>,
    /// The cells of the rows.
    pub rows: Vec<Vec<String>>,
}

impl ObjectTable {
    /// The table of an answer of the API server. `wide` adds the columns of `kubectl get -o wide`, `with_namespaces` the namespaces.
    ///
    /// `None` for an answer that is no table.
    #[must_use]
    pub fn from_answer(answer: &Value, wide: bool, with_namespaces: bool) -> Option<Self> {
        if text(answer, "/kind") != "Table" {
            return None;
        }
        let definitions = items(answer, "/columnDefinitions");
        let is_shown = |index: &usize| wide || definitions[*index]["priority"].as_i64().unwrap_or_default() == 0;
        let shown: Vec<usize> = (0..definitions.len()).filter(is_shown).collect();
        let mut columns: Vec<String> =
            shown.iter().map(|index| text(&definitions[*index], "/name").to_uppercase()).collect();
        if with_namespaces {
            columns.insert(0, "NAMESPACE".to_owned());
        }
        let row = |row: &Value| {
            let cells = items(row, "/cells");
            let mut texts: Vec<String> =
                shown.iter().map(|index| cells.get(*index).map_or_else(String::new, cell)).collect();
            if with_namespaces {
                texts.insert(0, namespace(&row["object"]).to_owned());
            }
            texts
        };
        Some(Self { columns, rows: items(answer, "/rows").iter().map(row).collect() })
    }

    /// The table of objects that the server returned whole: their names.
    #[must_use]
    pub fn from_objects(objects: &[Value]) -> Self {
        let row = |object: &Value| vec![namespace(object).to_owned(), name(object).to_owned()];
        let columns = ["NAMESPACE", "NAME"].map(str::to_owned).to_vec();
        Self { columns, rows: objects.iter().map(row).collect() }
    }
}

/// A cell as text.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "<none>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn table_has_the_columns_of_kubectl() {
        let answer = json!({"kind": "Table", "columnDefinitions": [
                {"name": "Name", "priority": 0}, {"name": "Ready", "priority": 0}, {"name": "Node", "priority": 1}],
            "rows": [{"cells": ["web-1", 2, null], "object": {"metadata": {"namespace": "shop"}}}]});
        let table = ObjectTable::from_answer(&answer, false, true).expect("a table");
        assert_eq!(
            (table.columns, table.rows),
            (
                vec!["NAMESPACE".into(), "NAME".into(), "READY".into()],
                vec![vec!["shop".into(), "web-1".into(), "2".into()]]
            )
        );
        let wide = ObjectTable::from_answer(&answer, true, false).expect("a table");
        assert_eq!(wide.rows, [["web-1", "2", "<none>"]]);
        assert_eq!(ObjectTable::from_answer(&json!({"kind": "PodList"}), false, false), None);
    }
}
