//! Texts that no argument may hold: commands that destroy a machine, fork bombs, paths of credentials.

use regex_automata::{
    nfa::thompson::{self, pikevm::PikeVM},
    util::syntax,
};
use serde::Deserialize;
use serde_json::Value;

use crate::selector::leaves;

/// A regular expression that is looked for in all texts of an act's arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Blocked {
    text: String,
    expression: PikeVM,
}

impl TryFrom<String> for Blocked {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text)
    }
}

impl PartialEq for Blocked {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The largest that an expression may become, in bytes: a pattern such as `(a{1000}){1000}` is refused, not built.
const LARGEST: usize = 1 << 20;

impl Blocked {
    /// Reads an expression. Letters match in either case; the time to search grows with the text, never beyond.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let syntax = syntax::Config::new().case_insensitive(true).unicode(false).utf8(false).nest_limit(50);
        let thompson = thompson::Config::new().nfa_size_limit(Some(LARGEST)).utf8(false);
        let built = PikeVM::builder().syntax(syntax).thompson(thompson).build(text);
        match built {
            Ok(expression) => Ok(Self { text: text.to_owned(), expression }),
            Err(error) => {
                Err(format!("`{text}` is no regular expression: {}", error.to_string().replace('\n', " ").trim()))
            }
        }
    }

    /// Whether a text of the arguments holds it.
    pub(crate) fn stands_in(&self, arguments: &Value) -> bool {
        let mut cache = self.expression.create_cache();
        leaves(arguments).iter().any(|text| self.expression.is_match(&mut cache, text.as_bytes()))
    }

    /// The expression as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expression_is_looked_for_in_every_text_in_either_case() {
        let blocked = Blocked::read(r"drop\s+table").expect("good");
        assert!(blocked.stands_in(&json!({"params": {"sql": ["select 1", "x; DROP  TABLE users"]}})));
        assert!(!blocked.stands_in(&json!({"params": {"sql": "drop the table"}, "drop": {"table": 1}})));
    }

    #[test]
    fn an_expression_that_would_grow_without_bounds_is_refused() {
        for text in ["(", "(a{1000}){1000}", &"(".repeat(60)] {
            assert!(Blocked::read(text).is_err(), "{text}");
        }
    }
}
