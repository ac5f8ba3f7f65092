//! [`Shown`]: the answer of a tool: facts about the whole, and rows.

use kubernetes::{Masks, mask_object};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};

use crate::{Concise, Filter, concise::Table};

/// Facts about the whole, and rows. As JSON, the facts are members, and the rows are the member `items`.
#[derive(Debug, Default)]
pub(super) struct Shown {
    facts: Map<String, Value>,
    head: Vec<String>,
    columns: Vec<String>,
    rows: Vec<(Vec<String>, Value)>,
    empty: String,
    /// The rows are lines of a log: the first page has the last of them.
    is_log: bool,
}

impl Shown {
    /// Lines of a log, the oldest first.
    pub(super) fn log(empty: &str) -> Self {
        Self { empty: empty.to_owned(), is_log: true, ..Self::default() }
    }

    /// Rows under these columns; `empty` is the text where there are none.
    pub(super) fn new(columns: &[&str], empty: &str) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { columns, empty: empty.to_owned(), ..Self::default() }
    }

    /// Adds a line about the whole.
    pub(super) fn line(&mut self, line: impl Into<String>) -> &mut Self {
        self.head.push(line.into());
        self
    }

    /// Adds a fact about the whole.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a row: its cells, and the same as data.
    pub(super) fn row(&mut self, cells: Vec<String>, value: Value) -> &mut Self {
        self.rows.push((cells, value));
        self
    }

    /// States that there is more than the answer has.
    pub(super) fn note_cut(&mut self, is_cut: bool) {
        if is_cut {
            self.line("there are more objects than one answer has: narrow it with `namespace` or a selector")
                .fact("cut", true);
        }
    }

    /// The answer for a reader.
    pub(super) fn concise(&mut self, filter: &Filter) -> Concise {
        self.rows.retain(|(cells, value)| filter.selects(cells.first().map_or("", String::as_str), value));
        let table = if self.is_log {
            Table::log("lines", self.rows.iter().map(|(cells, _)| cells.concat()))
        } else {
            Table::with_columns("rows", &self.columns, self.rows.iter().map(|(cells, _)| cells.clone()).collect())
        };
        if self.head.is_empty() {
            return Concise::table(table, &self.empty);
        }
        let mut head = self.head.clone();
        if self.rows.is_empty() && !self.empty.is_empty() {
            head.push(self.empty.clone());
        }
        Concise::with_head(head).and(table)
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.facts {
            map.serialize_entry(name, value)?;
        }
        let rows: Vec<&Value> = self.rows.iter().map(|(_, value)| value).collect();
        map.serialize_entry("items", &rows)?;
        map.end()
    }
}

/// The object without secret values, for every reader.
pub(super) fn masked(mut object: Value) -> Value {
    let masks = Masks { is_secret_name: &policy::is_secret_name, redact: &policy::redact_text };
    mask_object(&mut object, &masks);
    object
}

/// A text, or a dash for none.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_filtered_for_readers_and_complete_as_data() {
        let mut shown = Shown::new(&["NAME", "STATUS"], "nothing");
        shown.line("2 pods").fact("pods", 2);
        shown.row(vec!["web".into(), "Running".into()], json!({"name": "web", "status": "Running"}));
        shown.row(vec!["db".into(), "Pending".into()], json!({"name": "db", "status": "Pending"}));
        assert_eq!(serde_json::to_value(&shown).expect("JSON")["items"][1]["name"], "db");
        let text = shown.concise(&Filter::new("pending")).select(&[], 9).print().text;
        assert_eq!(text, "2 pods\n\nNAME  STATUS\ndb    Pending\n");
    }
}
