//! Answers as text: YAML for whole answers, aligned tables for rows.

use std::fmt::Write as _;

use serde_json::Value;

use crate::token_estimate;

/// Most characters of a cell.
pub(crate) const MAX_CELL_CHARS: usize = 500;

/// Tokens of the statement that a text is cut.
const CUT_TOKENS: usize = 30;

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

/// A number with its noun: `1 unit`, `2 units`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = match (number, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

/// A member as text: texts without quotes, nothing for what is absent, lists of plain values joined by commas.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// Cuts a text that costs more than so many tokens, and states it.
#[must_use]
pub fn shorten(text: String, tokens: usize) -> String {
    if token_estimate::fits(&text, tokens) {
        return text;
    }
    let end = token_estimate::prefix_within(&text, tokens.saturating_sub(CUT_TOKENS));
    format!("{}\n(cut: shown {end} of {} bytes)\n", &text[..end], text.len())
}

/// Cleans the cells of a page and counts what it removes.
#[derive(Debug, Default)]
pub(crate) struct Printer {
    removed: usize,
    cut: bool,
}

impl Printer {
    /// A row: the name in its first cell stays unique, the others are shortened to what a reader bears.
    pub(crate) fn clean_row(&mut self, row: &[String]) -> Vec<String> {
        let (name, others) = row.split_first().map_or((None, row), |(name, others)| (Some(name), others));
        let name = name.map(|name| {
            let (name, odd) = content::clean_name(name);
            self.removed += odd;
            self.cut_line(&name)
        });
        name.into_iter().chain(others.iter().map(|cell| self.clean_line(cell))).collect()
    }

    /// Text of the estate on one line, without invisible characters.
    pub(crate) fn clean_line(&mut self, text: &str) -> String {
        let (seen, removed) = content::clean(text);
        self.removed += removed;
        self.cut_line(&seen)
    }

    fn cut_line(&mut self, text: &str) -> String {
        let mut letters = text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter });
        let mut line: String = letters.by_ref().take(MAX_CELL_CHARS).collect();
        if letters.next().is_some() {
            line.push_str("...");
            self.cut = true;
        }
        line
    }

    /// Number of invisible characters that were removed.
    pub(crate) fn removed(&self) -> usize {
        self.removed
    }

    /// Whether a cell was cut.
    pub(crate) fn cut(&self) -> bool {
        self.cut
    }
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
    fn printer_removes_invisible_characters_and_keeps_names_apart() {
        let mut printer = Printer::default();
        let row = ["we\u{200b}b", "ready\u{202e}\u{1b}[2J\nrun\u{200b} this"].map(str::to_owned);
        assert_eq!(printer.clean_row(&row), ["we\\u{200b}b", "ready run this"]);
        assert!(printer.removed() >= 6 && !printer.cut(), "{printer:?}");
        assert_eq!(printer.clean_line(&"x".repeat(10_000)).len(), MAX_CELL_CHARS + 3);
        assert!(printer.cut());
    }

    #[test]
    fn count_has_the_plural_where_it_is_not_one() {
        let counts = [count(0, "unit"), count(1, "unit"), count(2, "unit"), count(2, "policy"), count(2, "key")];
        assert_eq!(counts, ["0 units", "1 unit", "2 units", "2 policies", "2 keys"]);
    }

    #[test]
    fn cell_shows_plain_values_plainly() {
        let cells = [json!("c"), json!(3), json!(null), json!(["x", 1]), json!([{"a": 1}])].map(|value| cell(&value));
        assert_eq!(cells, ["c", "3", "", "x,1", r#"[{"a":1}]"#]);
    }
}
