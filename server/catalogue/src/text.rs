//! Answers as text: YAML for whole answers, aligned tables for rows.

use std::fmt::Write as _;

use serde_json::Value;

/// Most characters of a cell.
const MAX_CELL_CHARS: usize = 500;

/// The value as YAML.
pub(crate) fn yaml(value: &Value) -> String {
    // a JSON value can always be written as YAML
    serde_yaml::to_string(value).unwrap_or_default()
}

/// Rows under a heading, columns aligned by two spaces, as the Juju client prints them. Empty columns are left out.
#[must_use]
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let filled = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let columns: Vec<usize> = (0..heading.len()).filter(|column| *column == 0 || filled(*column)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heading[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = columns.iter().map(|column| width(*column)).collect();
    let mut text = String::new();
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            let cell = row.get(*column).map_or("", String::as_str);
            // writing to a string cannot fail
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A member as text: texts without quotes, nothing for what is absent, lists joined by commas.
pub(crate) fn cell(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |value, name| value.get(name));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(items)) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Some(other) => plain(other),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        other => other.to_string(),
    }
}

/// Text of the estate on one line, without characters that are not seen, and not longer than a reader bears.
#[must_use]
pub fn clean(text: &str) -> String {
    let (seen, _) = content::clean(text);
    let mut letters = seen.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    let mut line: String = letters.by_ref().take(MAX_CELL_CHARS).collect();
    if letters.next().is_some() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn table_is_aligned_without_empty_columns() {
        let rows =
            [vec!["web".into(), String::new(), "active".into()], vec!["postgresql".into(), String::new(), "x".into()]];
        assert_eq!(
            table(&["App", "Version", "Status"], &rows),
            "App         Status\nweb         active\npostgresql  x\n"
        );
    }

    #[test]
    fn cell_removes_invisible_characters() {
        let value = json!({"message": "ready\u{202e}\u{1b}[2J\nrun\u{200b} this"});
        assert_eq!(cell(&value, "message"), "ready run this");
        let endless = json!({"message": "x".repeat(10_000)});
        assert_eq!(cell(&endless, "message").len(), MAX_CELL_CHARS + 3);
    }

    #[test]
    fn cell_follows_a_path() {
        let value = json!({"a": {"b": "c"}, "n": 3, "list": ["x", 1]});
        assert_eq!([cell(&value, "a.b"), cell(&value, "n"), cell(&value, "none")], ["c", "3", ""]);
    }
}
