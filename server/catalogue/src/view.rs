//! Renders an answer: rows are filtered, projected, paged and truncated, and the text names what was left out.

use serde_json::{Map, Value, json};

use crate::{
    Answer, Failure, ResultLimit, ViewOptions,
    options::{Format, Kind},
    text,
};

/// Rows in an answer when the caller names no limit.
const DEFAULT_ROWS: usize = 100;
/// Bytes of text in an answer, near 6,000 tokens.
const TEXT_CAP: usize = 20_000;
/// Bytes that the member `next_cursor` takes at most.
const NEXT_CURSOR: usize = 40;

/// Shows the answer of a command as these options want it, in no more bytes of data than these where it is a read's.
pub(crate) fn render(
    value: Value,
    kind: Kind,
    concise: fn(&Value) -> String,
    options: &ViewOptions,
    limit: ResultLimit,
) -> Result<Answer, Failure> {
    let mut value = as_object(value);
    let mut page = match kind.rows {
        Some(path) => page(&mut value, path, options)?,
        None => Page::default(),
    };
    if kind.reads {
        truncate_to_bytes(&mut value, kind.rows, &mut page, limit.bytes())?;
    }
    let removed = content::clean_value(&mut value);
    let text = match options.format {
        Format::Concise => concise(&value),
        Format::Detailed => text::yaml(&value),
        Format::Json => value.to_string(),
    };
    let mut text = truncate_text(text);
    if let Some(note) = page.note() {
        text.push_str(&note);
    }
    if let (Some(cursor), Value::Object(map)) = (&page.next, &mut value) {
        map.insert("next_cursor".to_owned(), json!(cursor));
    }
    Ok(Answer { value, text, removed })
}

/// Structured content has to be an object: a list or a text becomes its member `result`.
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
    /// Bytes that it had before it was shortened to what fits.
    too_large: Option<usize>,
}

impl Page {
    fn note(&self) -> Option<String> {
        let next = self.next.as_ref()?;
        let (first, last) = (self.first + 1, self.first + self.shown);
        let cut = self.too_large.map(|bytes| format!(" (cut: all asked for has {bytes} bytes)")).unwrap_or_default();
        Some(format!(
            "\nshown {first}-{last} of {}{cut}; go on with cursor `{next}`, or narrow with filter\n",
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
    let Some(rows) = rows(value, path) else { return Ok(Page::default()) };
    let matching = filter_rows(rows, options);
    let shown = page_rows(rows, first, limit);
    let end = first + shown;
    let next = (end < matching).then(|| end.to_string());
    Ok(Page { first, shown, matching, next, too_large: None })
}

fn rows<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    match path {
        "" => value.get_mut("result"),
        path => path.split('.').try_fold(value, |value, name| value.get_mut(name)),
    }
}

/// Shortens a page to what fits into so many bytes; an answer without rows cannot be shortened and is refused.
fn truncate_to_bytes(value: &mut Value, path: Option<&str>, page: &mut Page, max_bytes: usize) -> Result<(), Failure> {
    let whole = size(value);
    if whole <= max_bytes {
        return Ok(());
    }
    let rows = path.and_then(|path| rows(value, path));
    let sizes: Vec<usize> = match &rows {
        // a name precedes its row, with quotes and a colon; each row ends with a comma
        Some(Value::Object(map)) => map.iter().map(|(name, row)| name.len() + size(row) + 4).collect(),
        Some(Value::Array(items)) => items.iter().map(|row| size(row) + 1).collect(),
        _ => Vec::new(),
    };
    let mut left = max_bytes.saturating_sub(whole.saturating_sub(sizes.iter().sum()) + NEXT_CURSOR);
    let fitting = sizes.iter().take_while(|row| left.checked_sub(**row).map(|rest| left = rest).is_some()).count();
    match rows {
        Some(rows) if fitting > 0 => {
            page.shown = page_rows(rows, 0, fitting);
            page.next = Some((page.first + fitting).to_string());
            page.too_large = Some(whole);
            Ok(())
        }
        _ => Err(Failure::refused(
            format!("the answer has {whole} bytes, more than the {max_bytes} that this server gives at once"),
            "ask for less with the tool's own arguments, or with `fields` and `filter` where it takes them",
        )),
    }
}

/// Bytes of a value as JSON.
fn size(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // counting cannot fail, and a JSON value can always be written
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// Keeps the rows that contain the filter, and of each the fields that were asked for. Returns how many there are.
fn filter_rows(rows: &mut Value, options: &ViewOptions) -> usize {
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

fn page_rows(rows: &mut Value, first: usize, limit: usize) -> usize {
    match rows {
        Value::Object(map) => {
            let page: Map<String, Value> = std::mem::take(map).into_iter().skip(first).take(limit).collect();
            *map = page;
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

fn truncate_text(mut text: String) -> String {
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
    fn truncation_keeps_whole_rows_and_a_cursor() {
        let whole: Vec<_> = (0..50).map(|n| json!({"n": n, "text": "x".repeat(100)})).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let mut value = json!({"result": whole});
            let mut shown = page(&mut value, "", &options("", 0, cursor.as_deref(), &[])).expect("a page");
            truncate_to_bytes(&mut value, Some(""), &mut shown, 2000).expect("some rows fit");
            assert!(size(&value) <= 2000 - NEXT_CURSOR);
            seen.extend(value["result"].as_array().expect("rows").iter().map(|row| row["n"].clone()));
            let Some(next) = shown.next.clone() else { break };
            assert!(shown.note().is_some_and(|note| note.contains("go on with cursor")));
            cursor = Some(next);
        }
        assert_eq!(seen, (0..50).map(|n| json!(n)).collect::<Vec<_>>());
    }

    #[test]
    fn truncation_without_rows_is_refused_with_a_remedy() {
        let mut value = json!({"text": "x".repeat(5000)});
        let refused = truncate_to_bytes(&mut value, None, &mut Page::default(), 1000).expect_err("too large");
        assert!(refused.to_string().contains("more than the 1000"), "{refused}");
        let mut value = json!({"result": ["x".repeat(5000)]});
        assert!(truncate_to_bytes(&mut value, Some(""), &mut Page::default(), 1000).is_err(), "not one row fits");
        assert!(truncate_to_bytes(&mut value, Some(""), &mut Page::default(), usize::MAX).is_ok());
    }

    #[test]
    fn truncated_text_ends_at_a_line_with_a_note() {
        let text = truncate_text("line of text\n".repeat(5000));
        assert!(text.len() < TEXT_CAP + 100);
        assert!(text.contains("of 65000 bytes; narrow with"), "{}", &text[text.len() - 80..]);
    }
}
