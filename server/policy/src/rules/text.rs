//! Patterns that no argument may contain: commands that destroy a machine, fork bombs, paths of credentials.

use regex_automata::{
    nfa::thompson::{self, pikevm::PikeVM},
    util::syntax,
};
use serde::Deserialize;

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

/// Bytes of one text that are searched. Whether the rest of a longer text contains a match is unknown, so it needs an approval.
pub(crate) const MAX_SEARCHED_BYTES: usize = 64 * 1024;

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

    /// Whether one of these texts contains a match in its first [`MAX_SEARCHED_BYTES`].
    pub(crate) fn matches_any(&self, texts: &[String]) -> bool {
        let mut cache = self.expression.create_cache();
        let searched = |text: &String| text.len().min(MAX_SEARCHED_BYTES);
        texts.iter().any(|text| self.expression.is_match(&mut cache, &text.as_bytes()[..searched(text)]))
    }

    /// The expression as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_pattern_matches_any_text_ignoring_case() {
        let blocked = BlockedPattern::parse(r"drop\s+table").expect("good");
        assert!(blocked.matches_any(&["select 1".to_owned(), "x; DROP  TABLE users".to_owned()]));
        assert!(!blocked.matches_any(&["drop the table".to_owned(), "drop".to_owned()]));
    }

    #[test]
    fn oversized_pattern_is_rejected() {
        for text in ["(", "(a{1000}){1000}", &"(".repeat(60)] {
            assert!(BlockedPattern::parse(text).is_err(), "{text}");
        }
    }
}
