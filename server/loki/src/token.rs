//! Cuts a query in LogQL into what matters for its selectors: string literals, comments, brackets, and the rest.
//!
//! Loki reads queries with Go's scanner (`pkg/logql/syntax/lex.go`, `query_scanner.go` of Loki 3.7), which skips comments of three
//! forms. What is not certain to mean the same to Loki is an error here, so that a query is never sent in two readings.

use std::fmt;

use crate::quote::unquote;

/// Longest query in bytes; Loki itself refuses longer ones than 131,072.
const MAX_QUERY_BYTES: usize = 64 * 1024;

/// Why a query cannot be limited to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryProblem {
    /// Number of the character, from 1 on.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for QueryProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the query cannot be limited to a model: {} at character {}", self.reason, self.position)
    }
}

impl std::error::Error for QueryProblem {}

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogqlToken {
    /// A string literal, decoded.
    Literal(String),
    /// Names, numbers and operators.
    Plain(String),
    /// A range with its brackets, `[5m]`.
    Range(String),
    /// White space or comments.
    Space,
    /// The start of a stream selector.
    Open,
    /// The end of a stream selector.
    Close,
}

/// The parts of a query, in order.
///
/// # Errors
/// [`QueryProblem`].
pub(crate) fn tokenize(query: &str) -> Result<Vec<LogqlToken>, QueryProblem> {
    let mut reader = Reader { rest: query, read: 0 };
    if query.len() > MAX_QUERY_BYTES {
        return Err(reader.problem(format!("it is longer than {MAX_QUERY_BYTES} bytes")));
    }
    let (mut tokens, mut is_open) = (Vec::new(), false);
    while let Some(first) = reader.rest.chars().next() {
        let token = reader.token(first, is_open)?;
        match (&token, is_open) {
            (LogqlToken::Open, false) => is_open = true,
            (LogqlToken::Close, true) => is_open = false,
            (LogqlToken::Open | LogqlToken::Close, _) => return Err(reader.problem("braces do not match")),
            _ => {}
        }
        tokens.push(token);
    }
    if is_open { Err(reader.problem("a brace is not closed")) } else { Ok(tokens) }
}

/// What is left of a query.
struct Reader<'a> {
    rest: &'a str,
    /// Characters before it.
    read: usize,
}

impl<'a> Reader<'a> {
    fn problem(&self, reason: impl Into<String>) -> QueryProblem {
        QueryProblem { position: self.read + 1, reason: reason.into() }
    }

    /// Takes so many bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.read += taken.chars().count();
        taken
    }

    /// The part that begins with `first`.
    fn token(&mut self, first: char, in_selector: bool) -> Result<LogqlToken, QueryProblem> {
        match first {
            ' ' | '\t' | '\r' | '\n' => {
                Ok(self.skip(self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len()))
            }
            '#' => Ok(self.skip(self.line_length())),
            '/' if self.rest.starts_with("//") => Ok(self.skip(self.line_length())),
            '/' if self.rest.starts_with("/*") => {
                let end = self.rest[2..].find("*/").ok_or_else(|| self.problem("a comment is not closed"))?;
                Ok(self.skip(end + 4))
            }
            '"' => self.literal(),
            '`' => {
                let end = self.rest[1..].find('`').ok_or_else(|| self.problem("a text is not closed"))?;
                let text = &self.take(end + 2)[1..=end];
                // Go's scanner leaves no carriage return out here, but it refuses these
                if text.contains(['\0', '\u{feff}']) {
                    Err(self.problem("an invalid character"))
                } else {
                    Ok(LogqlToken::Literal(text.to_owned()))
                }
            }
            '{' => Ok(self.brace(LogqlToken::Open)),
            '}' => Ok(self.brace(LogqlToken::Close)),
            '[' if !in_selector => self.range(),
            letter if is_plain(letter, in_selector) => {
                let is_end = |letter: char| !is_plain(letter, in_selector);
                // a comment can begin behind an operator
                let end = self.rest[1..]
                    .find(|letter| is_end(letter) || letter == '/')
                    .map_or(self.rest.len(), |end| end + 1);
                Ok(LogqlToken::Plain(self.take(end).to_owned()))
            }
            other => Err(self.problem(format!("unexpected `{}`", other.escape_default()))),
        }
    }

    fn brace(&mut self, token: LogqlToken) -> LogqlToken {
        self.take(1);
        token
    }

    fn skip(&mut self, bytes: usize) -> LogqlToken {
        self.take(bytes);
        LogqlToken::Space
    }

    fn line_length(&self) -> usize {
        self.rest.find('\n').unwrap_or(self.rest.len())
    }

    fn literal(&mut self) -> Result<LogqlToken, QueryProblem> {
        let mut is_escaped = false;
        let end = self.rest[1..].find(|letter| {
            let is_end = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end || letter == '\n'
        });
        let end = end.filter(|end| self.rest[1 + end..].starts_with('"'));
        let end = end.ok_or_else(|| self.problem("a text is not closed"))?;
        let inner = &self.rest[1..=end];
        let text = unquote(inner).filter(|_| !inner.contains(['\0', '\u{feff}']));
        let text = text.ok_or_else(|| self.problem("a text with an invalid escape or character"))?;
        self.take(end + 2);
        Ok(LogqlToken::Literal(text))
    }

    fn range(&mut self) -> Result<LogqlToken, QueryProblem> {
        let end = self.rest.find(']').ok_or_else(|| self.problem("a range is not closed"))?;
        if self.rest[1..end].chars().all(|letter| letter.is_ascii_alphanumeric()) {
            Ok(LogqlToken::Range(self.take(end + 1).to_owned()))
        } else {
            Err(self.problem("a range that is no duration"))
        }
    }
}

/// Whether a character is part of names, numbers and operators; in a selector, of names and matchers.
fn is_plain(letter: char, in_selector: bool) -> bool {
    letter.is_ascii_alphanumeric() || "_,=!~".contains(letter) || (!in_selector && "().|<>+-*/%^".contains(letter))
}
