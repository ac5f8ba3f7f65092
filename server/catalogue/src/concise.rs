//! The answer of a command for a reader: a few lines about all of it, then rows, page by page.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{cursor::Step, text};

/// Which rows of an answer a caller wants: those that contain a text, in their name or anywhere else.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    lower: String,
}

impl Filter {
    /// A filter for rows that contain this text in any case; an empty text selects all rows.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { lower: text.to_lowercase() }
    }

    /// Whether it selects all rows.
    #[must_use]
    pub fn selects_all(&self) -> bool {
        self.lower.is_empty()
    }

    /// Whether it selects a row.
    pub fn selects(&self, name: &str, row: &impl Serialize) -> bool {
        self.selects_all()
            || name.to_lowercase().contains(&self.lower)
            // a row that cannot be written as JSON is shown rather than hidden
            || serde_json::to_string(row).map_or(true, |text| text.to_lowercase().contains(&self.lower))
    }
}

/// An answer for a reader.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Concise {
    /// Lines about all that is selected, on every page.
    pub(crate) head: Vec<String>,
    pub(crate) tables: Vec<Table>,
    /// The text if there is no row.
    empty: String,
}

/// Rows of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What the rows are, `applications`.
    pub(crate) noun: &'static str,
    /// Names of the columns; none for lines of text.
    heading: Vec<Cow<'static, str>>,
    rows: Vec<Vec<String>>,
    /// The rows are stored from the last to the first, so that the first page has the last rows; each page shows them in their order.
    last_first: bool,
}

impl Table {
    /// Rows under a heading. The first cell names its row.
    #[must_use]
    pub fn new(noun: &'static str, heading: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        let heading = heading.iter().map(|name| Cow::Borrowed(*name)).collect();
        Self { noun, heading, rows, last_first: false }
    }

    /// Rows under a heading that the caller chose.
    pub(crate) fn with_columns(noun: &'static str, columns: &[String], rows: Vec<Vec<String>>) -> Self {
        let heading = columns.iter().map(|name| Cow::Owned(name.clone())).collect();
        Self { noun, heading, rows, last_first: false }
    }

    /// Lines of text.
    #[must_use]
    pub fn lines(noun: &'static str, lines: impl IntoIterator<Item = String>) -> Self {
        let rows = lines.into_iter().map(|line| vec![line]).collect();
        Self { noun, heading: Vec::new(), rows, last_first: false }
    }

    /// Lines of a log, the oldest first. The first page has the newest ones.
    #[must_use]
    pub fn log(noun: &'static str, lines: impl DoubleEndedIterator<Item = String>) -> Self {
        Self { last_first: true, ..Self::lines(noun, lines.rev()) }
    }
}

impl Concise {
    /// One table; `empty` replaces it if it has no rows.
    #[must_use]
    pub fn table(table: Table, empty: &str) -> Self {
        Self { head: Vec::new(), tables: vec![table], empty: format!("{empty}\n") }
    }

    /// Lines about the whole selection, above the rows.
    #[must_use]
    pub fn with_head(lines: Vec<String>) -> Self {
        Self { head: lines, ..Self::default() }
    }

    /// Adds a table.
    #[must_use]
    pub fn and(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// The rows from a position on, so many at most.
    pub(crate) fn select(&self, start: &[Step], limit: usize) -> Selection<'_> {
        let mut changed = false;
        let (first_table, first_row) = match start {
            [table, row, ..] if table.index < self.tables.len() => {
                let rows = &self.tables[table.index].rows;
                let located = row.locate(rows.len(), |index| identity(&rows[index]).identity);
                changed = !located.same;
                (table.index, located.index)
            }
            _ => (0, 0),
        };
        let mut left = limit;
        let parts = self.tables.iter().enumerate().skip(first_table).map(|(at, table)| {
            let first = if at == first_table { first_row } else { 0 };
            let count = (table.rows.len() - first).min(left);
            left -= count;
            Part { index: at, table, first, count }
        });
        Selection { concise: self, parts: parts.collect(), changed }
    }
}

/// What identifies a row: its first cell.
fn identity(row: &[String]) -> Step {
    Step::new(0, row.first().map_or("", String::as_str))
}

/// Rows of a page.
pub(crate) struct Selection<'a> {
    concise: &'a Concise,
    parts: Vec<Part<'a>>,
    /// What the previous page ended with is gone.
    pub(crate) changed: bool,
}

/// Rows of one table.
struct Part<'a> {
    index: usize,
    table: &'a Table,
    first: usize,
    count: usize,
}

/// A page as text.
pub(crate) struct Printed {
    pub(crate) text: String,
    /// The cells and lines on it with prose, by table and row: what the search for prompt injections looks at.
    pub(crate) shown: Value,
    /// Number of invisible characters that were removed.
    pub(crate) removed: usize,
    /// A cell was cut.
    pub(crate) cut: bool,
}

impl Selection<'_> {
    /// Number of rows.
    pub(crate) fn count(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// Where the next page begins; empty if this is the last one.
    pub(crate) fn next(&self) -> Vec<Step> {
        let open = self.parts.iter().find(|part| part.first + part.count < part.table.rows.len());
        open.map_or_else(Vec::new, |part| {
            let row = part.first + part.count;
            let table = Step { index: part.index, identity: 0 };
            vec![table, Step { index: row, ..identity(&part.table.rows[row]) }]
        })
    }

    /// What it shows of how much: `problems 1-25 of 60 and 0 of 200 applications`.
    pub(crate) fn shown(&self) -> String {
        let part = |part: &Part<'_>| {
            let (all, noun) = (part.table.rows.len(), part.table.noun);
            match part.count {
                0 => format!("0 of {all} {noun}"),
                count if part.table.last_first && part.first == 0 => format!("the last {count} of {all} {noun}"),
                count if part.table.last_first => {
                    format!("{}-{} of {all} {noun}, counted from the last", part.first + 1, part.first + count)
                }
                count => format!("{}-{} of {all} {noun}", part.first + 1, part.first + count),
            }
        };
        let parts = self.parts.iter().filter(|part| part.first < part.table.rows.len());
        parts.map(part).collect::<Vec<_>>().join(" and ")
    }

    /// The page as text.
    pub(crate) fn print(&self) -> Printed {
        let mut printer = text::Printer::default();
        let head: Vec<String> = self.concise.head.iter().map(|line| printer.clean_line(line)).collect();
        let mut text: String = head.iter().flat_map(|line| [line, "\n"]).collect();
        let mut shown = Map::new();
        if text.len() >= MIN_PROSE {
            shown.insert("head".to_owned(), Value::from(head));
        }
        for Part { table, first, count, .. } in self.parts.iter().filter(|part| part.count > 0) {
            let rows = &table.rows[*first..first + count];
            let rows: Vec<Vec<String>> = if table.heading.is_empty() {
                rows.iter().map(|row| vec![printer.clean_line(&row.concat())]).collect()
            } else {
                rows.iter().map(|row| printer.clean_row(row)).collect()
            };
            let mut prose = Map::new();
            let rows: Vec<_> = if table.last_first { rows.into_iter().rev().collect() } else { rows };
            for (at, row) in rows.iter().enumerate() {
                add_prose(&mut prose, table, first + at, row);
            }
            if !prose.is_empty() {
                shown.insert(table.noun.to_owned(), Value::Object(prose));
            }
            if !text.is_empty() {
                text.push('\n');
            }
            if table.heading.is_empty() {
                text.extend(rows.iter().map(|row| row.concat() + "\n"));
            } else {
                let heading: Vec<&str> = table.heading.iter().map(AsRef::as_ref).collect();
                text.push_str(&text::table(&heading, &rows));
            }
        }
        if self.concise.tables.iter().all(|table| table.rows.is_empty()) {
            text.push_str(&self.concise.empty);
        }
        Printed { text, shown: Value::Object(shown), removed: printer.removed(), cut: printer.cut() }
    }
}

/// Bytes below which no text is searched for prompt injections.
const MIN_PROSE: usize = 12;

/// Adds the cells of a row that are long enough to be prose, by column, under the name or number of the row.
fn add_prose(found: &mut Map<String, Value>, table: &Table, index: usize, row: &[String]) {
    let cells = if table.heading.is_empty() {
        row.first().filter(|line| line.len() >= MIN_PROSE).map(|line| Value::from(line.as_str()))
    } else {
        let long = table.heading.iter().zip(row).filter(|(_, cell)| cell.len() >= MIN_PROSE);
        let cells: Map<_, _> = long.map(|(name, cell)| (name.to_string(), Value::from(cell.as_str()))).collect();
        (!cells.is_empty()).then_some(Value::Object(cells))
    };
    let Some(cells) = cells else { return };
    let number = (index + 1).to_string();
    let name = row.first().filter(|name| !table.heading.is_empty() && !found.contains_key(*name));
    found.insert(name.map_or(number, String::clone), cells);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_shows_its_last_lines_on_the_first_page_in_their_order() {
        let lines: Vec<String> = (1..=5).map(|number| format!("line {number}")).collect();
        let concise = Concise::table(Table::log("lines", lines.into_iter()), "none");
        let (mut start, mut pages) = (Vec::new(), Vec::new());
        loop {
            let page = concise.select(&start, 2);
            pages.push((page.print().text, page.shown()));
            start = page.next();
            if start.is_empty() {
                break;
            }
        }
        let expected = [
            ("line 4\nline 5\n", "the last 2 of 5 lines"),
            ("line 2\nline 3\n", "3-4 of 5 lines, counted from the last"),
            ("line 1\n", "5-5 of 5 lines, counted from the last"),
        ];
        assert_eq!(pages, expected.map(|(text, shown)| (text.to_owned(), shown.to_owned())));
    }
}
