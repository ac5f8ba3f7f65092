//! Patterns that no argument may contain: commands that destroy a machine, fork bombs, paths of credentials.

use regex_automata::{
    nfa::thompson::{self, pikevm::PikeVM},
    util::syntax,
};
use serde::Deserialize;
use serde_json::Value;

use crate::selector::scalar_leaves;

/// A regular expression that is searched in all texts of an act's arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct BlockedPattern {
    text: String,
    expression: PikeVM,
}

impl TryFrom<String> for BlockedPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl PartialEq for BlockedPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Maximum size of a compiled expression in bytes: a pattern such as `(a{1000}){1000}` is rejected.
const MAX_PROGRAM_BYTES: usize = 1 << 20;

impl BlockedPattern {
    /// Compiles an expression. It ignores case; the search time is linear in the length of the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let syntax = syntax::Config::new().case_insensitive(true).unicode(false).utf8(false).nest_limit(50);
        let thompson = thompson::Config::new().nfa_size_limit(Some(MAX_PROGRAM_BYTES)).utf8(false);
        match PikeVM::builder().syntax(syntax).thompson(thompson).build(text) {
            Ok(expression) => Ok(Self { text: text.to_owned(), expression }),
            Err(error) => {
                Err(format!("invalid regular expression `{text}`: {}", error.to_string().replace('\n', " ").trim()))
            }
        }
    }

    /// Whether a text of the arguments contains a match.
    pub(crate) fn matches_any(&self, arguments: &Value) -> bool {
        let mut cache = self.expression.create_cache();
        scalar_leaves(arguments).iter().any(|text| self.expression.is_match(&mut cache, text.as_bytes()))
    }

    /// The expression as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocked_pattern_matches_any_text_ignoring_case() {
        let blocked = BlockedPattern::parse(r"drop\s+table").expect("good");
        assert!(blocked.matches_any(&json!({"params": {"sql": ["select 1", "x; DROP  TABLE users"]}})));
        assert!(!blocked.matches_any(&json!({"params": {"sql": "drop the table"}, "drop": {"table": 1}})));
    }

    #[test]
    fn oversized_pattern_is_rejected() {
        for text in ["(", "(a{1000}){1000}", &"(".repeat(60)] {
            assert!(BlockedPattern::parse(text).is_err(), "{text}");
        }
    }
}
