//! How an answer is shown: rows filtered, projected, paged and capped, and a text that says what was left out.

use serde_json::{Map, Value, json};

use crate::{Answer, Command, Failure, ViewOptions, options::Format, text};

/// Rows in an answer when the caller names no limit.
const DEFAULT_ROWS: usize = 100;
/// Bytes of text in an answer, near 6,000 tokens.
const TEXT_CAP: usize = 20_000;

/// Shows the answer of `C` as these options want it.
pub(crate) fn show<C: Command>(value: Value, options: &ViewOptions) -> Result<Answer, Failure> {
    let mut value = as_object(value);
    let page = match C::ROWS {
        Some(path) => page(&mut value, path, options)?,
        None => Page::default(),
    };
    let text = match options.format {
        Format::Concise => C::concise(&value),
        Format::Detailed => text::yaml(&value),
        Format::Json => value.to_string(),
    };
    let mut text = capped(text);
    if let Some(note) = page.note() {
        text.push_str(&note);
    }
    if let (Some(cursor), Value::Object(map)) = (&page.next, &mut value) {
        map.insert("next_cursor".to_owned(), json!(cursor));
    }
    Ok(Answer { value, text })
}

/// Structured content has to be an object: a list or a text stands under `result`.
fn as_object(value: Value) -> Value {
    match value {
        Value::Object(_) => value,
        other => json!({"result": other}),
    }
}

#[derive(Debug, Default)]
struct Page {
    first: usize,
    shown: usize,
    matching: usize,
    next: Option<String>,
}

impl Page {
    fn note(&self) -> Option<String> {
        let next = self.next.as_ref()?;
        let (first, last) = (self.first + 1, self.first + self.shown);
        Some(format!(
            "\nshown {first}-{last} of {}; go on with cursor `{next}`, or narrow with filter\n",
            self.matching
        ))
    }
}

fn page(value: &mut Value, path: &str, options: &ViewOptions) -> Result<Page, Failure> {
    let first = match options.cursor.as_deref().map(str::parse::<usize>) {
        None => 0,
        Some(Ok(first)) => first,
        Some(Err(_)) => {
            return Err(Failure::refused(
                "`cursor` is not one that this tool gave",
                "leave `cursor` out to start at the first row",
            ));
        }
    };
    let limit = match options.limit.unwrap_or(DEFAULT_ROWS) {
        0 => usize::MAX,
        limit => limit,
    };
    let rows = match path {
        "" => value.get_mut("result"),
        path => path.split('.').try_fold(value, |value, name| value.get_mut(name)),
    };
    let Some(rows) = rows else { return Ok(Page::default()) };
    let matching = narrow(rows, options);
    let shown = cut(rows, first, limit);
    let end = first + shown;
    Ok(Page { first, shown, matching, next: (end < matching).then(|| end.to_string()) })
}

/// Keeps the rows that contain the filter, and of each the fields that were asked for. Returns how many there are.
fn narrow(rows: &mut Value, options: &ViewOptions) -> usize {
    let wanted = options.filter.to_lowercase();
    let matches = |name: &str, row: &Value| {
        wanted.is_empty() || name.to_lowercase().contains(&wanted) || row.to_string().to_lowercase().contains(&wanted)
    };
    match rows {
        Value::Object(map) => {
            map.retain(|name, row| matches(name, row));
            map.values_mut().for_each(|row| project(row, &options.fields));
            map.len()
        }
        Value::Array(items) => {
            items.retain(|row| matches("", row));
            for row in items.iter_mut() {
                project(row, &options.fields);
            }
            items.len()
        }
        _ => 0,
    }
}

fn project(row: &mut Value, fields: &[String]) {
    if let (Value::Object(map), false) = (row, fields.is_empty()) {
        map.retain(|name, _| fields.iter().any(|field| field == name));
    }
}

fn cut(rows: &mut Value, first: usize, limit: usize) -> usize {
    match rows {
        Value::Object(map) => {
            let kept: Map<String, Value> = std::mem::take(map).into_iter().skip(first).take(limit).collect();
            *map = kept;
            map.len()
        }
        Value::Array(items) => {
            items.truncate(first.saturating_add(limit));
            items.drain(..first.min(items.len()));
            items.len()
        }
        _ => 0,
    }
}

fn capped(mut text: String) -> String {
    if text.len() <= TEXT_CAP {
        return text;
    }
    let whole = text.len();
    let end = text[..text.floor_char_boundary(TEXT_CAP)].rfind('\n').unwrap_or(0);
    text.truncate(end);
    text + &format!("\nshown {end} of {whole} bytes; narrow with filter, fields or limit\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(filter: &str, limit: usize, cursor: Option<&str>, fields: &[&str]) -> ViewOptions {
        ViewOptions {
            filter: filter.to_owned(),
            limit: Some(limit),
            cursor: cursor.map(ToOwned::to_owned),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            ..ViewOptions::default()
        }
    }

    #[test]
    fn rows_are_filtered_projected_and_paged_to_the_end() {
        let rows: Map<_, _> = (0..10)
            .map(|n| (format!("app{n}"), json!({"status": if n < 5 { "active" } else { "error" }, "n": n})))
            .collect();
        let whole = json!({"applications": rows});
        let mut value = whole.clone();
        let found = page(&mut value, "applications", &options("error", 2, None, &["n"])).expect("a page");
        assert_eq!((found.matching, found.shown, found.next.as_deref()), (5, 2, Some("2")));
        assert_eq!(value, json!({"applications": {"app5": {"n": 5}, "app6": {"n": 6}}}));
        let mut value = whole.clone();
        let last = page(&mut value, "applications", &options("error", 2, Some("4"), &[])).expect("a page");
        assert_eq!((last.shown, last.next), (1, None));
        assert!(page(&mut whole.clone(), "applications", &options("", 2, Some("x"), &[])).is_err());
    }

    #[test]
    fn long_text_ends_at_a_line_and_says_so() {
        let text = capped("line of text\n".repeat(5000));
        assert!(text.len() < TEXT_CAP + 100);
        assert!(text.contains("of 65000 bytes; narrow with"), "{}", &text[text.len() - 80..]);
    }
}
