//! Reads answers in `format: json` page by page, as a program does.

use serde_json::{Map, Value};

/// One page of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPage {
    /// The page without what it states about itself.
    pub value: Value,
    /// JSON pointer of what it continues; empty if it states none.
    pub continues: String,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// What it shows of how much.
    pub shown: Option<String>,
}

impl JsonPage {
    /// Reads the text of a result.
    ///
    /// # Panics
    /// If it is not a JSON object.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut value: Map<String, Value> =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut fact = |name: &str| value.shift_remove(name).map(|fact| fact.as_str().unwrap_or_default().to_owned());
        let (continues, next, shown) = (fact("page_continues"), fact("next_cursor"), fact("page_shown"));
        fact("page_note");
        Self { value: Value::Object(value), continues: continues.unwrap_or_default(), next, shown }
    }
}
