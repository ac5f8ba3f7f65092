//! The rows of an answer: filters them and keeps the fields that a caller chose.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{Filter, concise::Table, text::cell};

/// Names of fields that a note lists at most.
const MAX_NAMED_FIELDS: usize = 40;

/// The names on the way to the rows of an answer; `path` is that of [`crate::Command::ROWS_PATH`], or several with `|` between
/// them of which the answer has one.
pub(crate) fn path_to_rows<'p>(answer: &Value, path: &'p str) -> Option<Vec<&'p str>> {
    if let Some((first, others)) = path.split_once('|') {
        return path_to_rows(answer, first).or_else(|| path_to_rows(answer, others));
    }
    let names: Vec<&str> = match path {
        // a list became the member `result`
        "" if answer.get("result").is_some_and(Value::is_array) => vec!["result"],
        "" => Vec::new(),
        path => path.split('.').collect(),
    };
    let rows = names.iter().try_fold(answer, |value, name| value.get(name))?;
    (rows.is_object() || rows.is_array()).then_some(names)
}

/// Keeps the rows that a filter selects, with these fields; everything else is left out of the answer. Returns what a reader has
/// to know of it.
pub(crate) fn select_rows(answer: &mut Value, path: &[&str], filter: &Filter, fields: &[String]) -> Option<String> {
    if filter.selects_all() && fields.is_empty() {
        return None;
    }
    let mut rows = path.iter().try_fold(&mut *answer, |value, name| value.get_mut(name))?.take();
    let found = match &mut rows {
        Value::Object(map) => {
            map.retain(|name, row| filter.selects(name, row));
            map.len()
        }
        Value::Array(items) => {
            items.retain(|row| filter.selects("", row));
            items.len()
        }
        _ => 0,
    };
    let note = if found == 0 { Some("nothing matches".to_owned()) } else { missing_fields(&rows, fields) };
    if !fields.is_empty() {
        each_row(&mut rows, |row| *row = project(row, fields));
    }
    *answer = path.iter().rev().fold(rows, |rows, name| Value::Object(Map::from_iter([((*name).to_owned(), rows)])));
    note
}

/// The rows as a table with a column for each field.
pub(crate) fn table_of_fields(answer: &Value, path: &[&str], fields: &[String]) -> Table {
    let rows = path.iter().try_fold(answer, |value, name| value.get(name));
    let cells = |row: &Value| fields.iter().map(|field| field_of(row, field).map_or_else(String::new, cell)).collect();
    let (columns, rows): (Vec<String>, Vec<Vec<String>>) = match rows {
        Some(Value::Object(map)) => {
            let named = |(name, row): (&String, &Value)| [vec![name.clone()], cells(row)].concat();
            (
                std::iter::once("Name".to_owned()).chain(fields.iter().cloned()).collect(),
                map.iter().map(named).collect(),
            )
        }
        Some(Value::Array(items)) => (fields.to_vec(), items.iter().map(cells).collect()),
        _ => (fields.to_vec(), Vec::new()),
    };
    Table::with_columns("rows", &columns, rows)
}

/// A member of a row by its name, or by a path of names with dots.
fn field_of<'v>(row: &'v Value, field: &str) -> Option<&'v Value> {
    row.get(field).or_else(|| field.split('.').try_fold(row, |value, name| value.get(name)))
}

/// The row with these fields only.
fn project(row: &Value, fields: &[String]) -> Value {
    if !row.is_object() {
        return row.clone();
    }
    let mut projected = Value::Object(Map::new());
    for field in fields {
        let Some(value) = field_of(row, field) else { continue };
        let names: Vec<&str> = if row.get(field).is_some() { vec![field] } else { field.split('.').collect() };
        let place = names.iter().try_fold(&mut projected, |place, name| {
            place.as_object_mut().map(|map| map.entry(*name).or_insert_with(|| Value::Object(Map::new())))
        });
        if let Some(place) = place {
            *place = value.clone();
        }
    }
    projected
}

fn each_row(rows: &mut Value, change: impl FnMut(&mut Value)) {
    match rows {
        Value::Object(map) => map.values_mut().for_each(change),
        Value::Array(items) => items.iter_mut().for_each(change),
        _ => {}
    }
}

/// Which of these fields no row has, and which there are.
fn missing_fields(rows: &Value, fields: &[String]) -> Option<String> {
    let rows: Vec<&Value> = match rows {
        Value::Object(map) => map.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let missing = fields.iter().filter(|field| !rows.iter().any(|row| field_of(row, field).is_some()));
    let missing: BTreeSet<String> = missing.map(|field| format!("`{field}`")).collect();
    let missing: Vec<String> = missing.into_iter().take(MAX_NAMED_FIELDS).collect();
    if missing.is_empty() {
        return None;
    }
    let mut known: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(|row| row.as_object()).flat_map(Map::keys) {
        if !known.contains(&name.as_str()) && known.len() < MAX_NAMED_FIELDS {
            known.push(name);
        }
    }
    Some(format!("no row has the field {}; the fields are {}", missing.join(", "), known.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rows_are_filtered_by_any_text_and_keep_the_chosen_fields() {
        let whole = json!({"model": "shop", "applications": {
            "web": {"status": {"current": "error", "since": "now"}, "units": 2}, "db": {"status": {"current": "active"}, "units": 1}}});
        let mut answer = whole.clone();
        let path = path_to_rows(&answer, "applications").expect("rows");
        assert_eq!(select_rows(&mut answer, &path, &Filter::new("ERROR"), &fields(&["status.current", "units"])), None);
        assert_eq!(answer, json!({"applications": {"web": {"status": {"current": "error"}, "units": 2}}}));
        let table = table_of_fields(&whole, &path, &fields(&["status.current", "units"]));
        let text = crate::Concise::table(table, "none").select(&[], 9).print().text;
        assert_eq!(text, "Name  status.current  units\nweb   error           2\ndb    active          1\n");
    }

    #[test]
    fn selection_of_nothing_and_unknown_fields_are_reported() {
        let mut answer = json!({"result": [{"name": "a", "life": "alive"}]});
        let path = path_to_rows(&answer, "").expect("rows");
        assert_eq!(path, ["result"]);
        let note =
            select_rows(&mut answer.clone(), &path, &Filter::default(), &fields(&["nmae", "life"])).expect("a note");
        assert_eq!(note, "no row has the field `nmae`; the fields are name, life");
        assert_eq!(select_rows(&mut answer, &path, &Filter::new("b"), &[]).as_deref(), Some("nothing matches"));
        assert_eq!(answer, json!({"result": []}));
        assert_eq!(path_to_rows(&json!({"result": 3}), "settings"), None);
    }
}
