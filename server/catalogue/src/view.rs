//! Renders an answer as text: rows are filtered, projected and paged, and the text states what was left out.
//!
//! The text is all that a client receives: clients differ in which part of a result they pass on to the model.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::{
    Answer, BadArguments, Concise, Filter, ViewOptions,
    cursor::{Cursor, Step, fingerprint},
    document::{self, PageLimits},
    options::{Format, Kind},
    rows, text, token_estimate,
};

/// Maximum tokens of the text of a result, by [`crate::estimate_tokens`].
pub const MAX_RESULT_TOKENS: usize = 6_000;
/// Tokens of a page. The rest of the result is for notes and warnings.
const PAGE_TOKENS: usize = 5_400;
/// Member of [`Answer::value`] with the texts that go on before or after a page; no client receives it.
const BOUNDARIES: &str = "texts around the ends of the page";

/// The value of an answer without what only the search for prompt injections reads.
#[must_use]
pub fn without_boundaries(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.remove(BOUNDARIES);
    }
    value
}

/// How one answer is to be given.
pub(crate) struct View<'a> {
    pub(crate) options: &'a ViewOptions,
    /// Path to the rows, as in [`crate::Command::ROWS_PATH`].
    rows: Option<&'static str>,
    default_rows: usize,
    /// Identifies the call: a cursor of another one is refused.
    fingerprint: u32,
    /// The call changes something, so it cannot be called again for the next page.
    changes: bool,
    /// Where the page begins; empty for the beginning.
    start: Vec<Step>,
    /// The time of the state, where the live estate answers.
    as_of: Option<String>,
}

/// Renders the answer of a tool that is no command, with rows at a path. `call` identifies the call.
///
/// # Errors
/// [`BadArguments`] for a cursor of another call.
pub fn render_rows(
    options: &ViewOptions,
    call: &str,
    path: &'static str,
    value: Value,
    concise: &Concise,
) -> Result<Answer, BadArguments> {
    let fingerprint = fingerprint([call]);
    let start = options.start(fingerprint)?;
    let view =
        View { options, rows: Some(path), default_rows: usize::MAX, fingerprint, changes: false, start, as_of: None };
    Ok(match options.format {
        Format::Concise if options.fields.is_empty() => view.render_concise(concise, None),
        _ => view.render_document(value, concise.head.clone()),
    })
}

impl<'a> View<'a> {
    /// The view of a call.
    ///
    /// # Errors
    /// [`BadArguments`] for a cursor of another call.
    pub(crate) fn new(
        kind: Kind,
        options: &'a ViewOptions,
        fingerprint: u32,
        changes: bool,
    ) -> Result<Self, BadArguments> {
        let Kind { rows, default_rows, .. } = kind;
        let start = options.start(fingerprint)?;
        Ok(Self { options, rows, default_rows, fingerprint, changes, start, as_of: None })
    }

    /// The same for an answer of the live estate, which states the time of its state.
    #[must_use]
    pub(crate) fn with_time(self, as_of: Option<DateTime<Utc>>) -> Self {
        Self { as_of: as_of.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)), ..self }
    }

    /// The line with the time of the state.
    fn time_note(&self) -> Option<String> {
        self.as_of.as_ref().map(|time| format!("as of {time}; `fresh: true` asks the controller again"))
    }

    /// Which rows the caller wants.
    pub(crate) fn filter(&self) -> Filter {
        Filter::new(&self.options.filter)
    }

    /// The answer as rows for a reader.
    pub(crate) fn render_concise(&self, concise: &Concise, note: Option<&str>) -> Answer {
        let mut limit = match self.options.limit {
            None => self.default_rows,
            Some(0) => usize::MAX,
            Some(limit) => limit,
        };
        loop {
            let selection = concise.select(&self.start, limit);
            let printed = selection.print();
            let mut notes: Vec<String> = note.map(str::to_owned).into_iter().chain(self.time_note()).collect();
            notes.extend(selection.changed.then(|| CHANGED.to_owned()));
            if printed.cut {
                notes.push(format!(
                    "texts are cut at {} characters: other formats show all of them",
                    text::MAX_CELL_CHARS
                ));
            }
            let next = selection.next();
            if !next.is_empty() {
                notes.push(self.more(&selection.shown(), next));
            }
            let notes: String = notes.iter().flat_map(|note| ["\n", note, "\n"]).collect();
            let most = PAGE_TOKENS.saturating_sub(token_estimate::estimate_tokens(&notes));
            let (tokens, count) = (token_estimate::estimate_tokens(&printed.text), selection.count());
            if tokens <= most || count <= 1 {
                let text = text::shorten(printed.text, most) + &notes;
                return Answer { value: printed.shown, text, removed: printed.removed };
            }
            limit = (count * PAGE_TOKENS / tokens * 9 / 10).clamp(1, count - 1);
        }
    }

    /// The answer as a whole: JSON, or YAML for a reader.
    pub(crate) fn render_document(&self, value: Value, head: Vec<String>) -> Answer {
        let mut value = as_object(value);
        let path = self.rows.and_then(|path| rows::path_to_rows(&value, path));
        let note =
            path.as_ref().and_then(|path| rows::select_rows(&mut value, path, &self.filter(), &self.options.fields));
        if let (Format::Concise, false, Some(path)) = (self.options.format, self.options.fields.is_empty(), &path) {
            let table = rows::table_of_fields(&value, path, &self.options.fields);
            return self.render_concise(&Concise::with_head(head).and(table), note.as_deref());
        }
        let rows = self.options.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        // the pager counts more than the text costs in the end
        let mut tokens = PAGE_TOKENS * 4 / 3;
        loop {
            let mut page =
                document::take_page(&value, &self.start, PageLimits { tokens, rows_path: path.as_deref(), rows });
            let total = path.as_ref().and_then(|path| path.iter().try_fold(&value, |value, name| value.get(name)));
            let facts = self.facts(&page, &value, total, note.as_deref());
            let mut shown = page.value.take();
            let removed = content::clean_value(&mut shown);
            let text = match self.options.format {
                Format::Json => facts.json(&shown),
                Format::Concise | Format::Detailed => facts.yaml(&shown),
            };
            if tokens < PAGE_TOKENS / 8 || token_estimate::fits(&text, PAGE_TOKENS) {
                if !page.boundaries.is_empty() {
                    shown[BOUNDARIES] = Value::from(page.boundaries);
                }
                return Answer { value: shown, text, removed };
            }
            tokens = tokens * 4 / 5;
        }
    }

    fn facts(&self, page: &document::Page, whole: &Value, rows: Option<&Value>, note: Option<&str>) -> Facts {
        let mut notes: Vec<String> = note.map(str::to_owned).into_iter().collect();
        let is_json = self.options.format == Format::Json;
        notes.extend(self.time_note().filter(|_| !is_json));
        let as_of = self.as_of.clone();
        notes.extend(page.changed.then(|| CHANGED.to_owned()));
        if page.next.is_empty() {
            return Facts { shown: None, continues: page.continues.clone(), next: None, notes, as_of };
        }
        let count = |rows: &Value| rows.as_object().map(Map::len).or_else(|| rows.as_array().map(Vec::len));
        let rows = page.rows.zip(rows.and_then(count));
        let rows = rows.map(|((first, shown), all)| format!("rows {}-{} of {all}, ", first + 1, first + shown));
        let (part, all) = (size(&page.value).div_ceil(1_000), size(whole).div_ceil(1_000));
        let shown = format!("{}{part} of {all} kB", rows.unwrap_or_default());
        if self.changes {
            notes.push(format!(
                "shown {shown}; the rest is only in the answers of reads, such as `juju_show_operation`"
            ));
            return Facts { shown: None, continues: String::new(), next: None, notes, as_of };
        }
        let next = Cursor::new(self.fingerprint, page.next.clone()).encode();
        Facts { shown: Some(shown), continues: page.continues.clone(), next: Some((next, self.hint())), notes, as_of }
    }

    /// What is shown of how much, and how to get the rest.
    fn more(&self, shown: &str, next: Vec<Step>) -> String {
        let cursor = Cursor::new(self.fingerprint, next).encode();
        format!("shown {shown}; go on with cursor `{cursor}`{}", self.hint())
    }

    /// How to get less.
    fn hint(&self) -> &'static str {
        if self.rows.is_some() { ", or narrow with filter" } else { "" }
    }
}

/// The note for a page that does not join the previous one.
const CHANGED: &str = "what the previous page ended with is gone: something may be missing here or repeated";

impl ViewOptions {
    /// Where the page begins.
    ///
    /// # Errors
    /// [`BadArguments`] for a text that is no cursor.
    pub(crate) fn cursor(&self) -> Result<Option<Cursor>, BadArguments> {
        self.cursor.as_deref().filter(|text| !text.is_empty()).map(Cursor::decode).transpose()
    }

    /// Where the page of a call with this fingerprint begins; empty for the beginning.
    fn start(&self, fingerprint: u32) -> Result<Vec<Step>, BadArguments> {
        match self.cursor()? {
            Some(cursor) if !cursor.belongs_to(fingerprint) => Err(BadArguments::argument(
                "cursor",
                "belongs to another call: repeat the arguments of the call that returned it, or leave `cursor` out to start at \
                 the beginning",
            )),
            cursor => Ok(cursor.unwrap_or_default().steps),
        }
    }
}

/// What a page states about itself.
struct Facts {
    shown: Option<String>,
    continues: String,
    /// The cursor of the next page, and how to get less.
    next: Option<(String, &'static str)>,
    notes: Vec<String>,
    /// The time of the state, where the live estate answers; JSON has it as a member.
    as_of: Option<String>,
}

impl Facts {
    /// The page as JSON. The facts are members at its end, with names that nothing in Juju can have.
    fn json(&self, page: &Value) -> String {
        let mut facts = Map::new();
        if let Some(time) = &self.as_of {
            facts.insert("as_of".to_owned(), time.as_str().into());
        }
        if !self.notes.is_empty() {
            facts.insert("page_note".to_owned(), self.notes.join("; ").into());
        }
        if !self.continues.is_empty() {
            facts.insert("page_continues".to_owned(), self.continues.as_str().into());
        }
        if let Some(shown) = &self.shown {
            facts.insert("page_shown".to_owned(), shown.as_str().into());
        }
        if let Some((next, _)) = &self.next {
            facts.insert("next_cursor".to_owned(), next.as_str().into());
        }
        let page = page.to_string();
        if facts.is_empty() {
            return page;
        }
        let (facts, begun) = (Value::Object(facts).to_string(), page.trim_end_matches('}').len() > 1);
        format!("{}{}{}", &page[..page.len() - 1], if begun { "," } else { "" }, &facts[1..])
    }

    /// The page as YAML, and the facts below it.
    fn yaml(&self, page: &Value) -> String {
        let mut text = text::yaml(page);
        for note in &self.notes {
            text.extend(["\n", note, "\n"]);
        }
        if !self.continues.is_empty() {
            text.extend(["\nit continues `", &*self.continues, "` of the previous page\n"]);
        }
        if let (Some(shown), Some((next, hint))) = (&self.shown, &self.next) {
            text.extend(["\nshown ", shown, "; go on with cursor `", next, "`", hint, "\n"]);
        }
        text
    }
}

/// An answer is an object: a list or a text becomes its member `result`.
fn as_object(value: Value) -> Value {
    match value {
        Value::Object(_) => value,
        other => Value::Object(Map::from_iter([("result".to_owned(), other)])),
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
