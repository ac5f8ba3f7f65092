//! Tokens of PromQL, as Prometheus' own lexer separates them.

use super::BindError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword; it may contain colons.
    Word,
    /// A string with its quotes.
    Text,
    /// A number or a duration.
    Number,
    /// An operator, a bracket, a comma, a colon.
    Sign,
}

/// A token of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'q> {
    pub(super) kind: TokenKind,
    /// Its letters, as they are in the query.
    pub(super) text: &'q str,
    /// Where it begins, in bytes.
    pub(super) offset: usize,
}

/// Signs of two letters, which are tried first.
const LONG_SIGNS: [&str; 6] = ["==", "!=", "=~", "!~", "<=", ">="];
const SIGNS: &str = "+-*/%^=<>@,(){}[]:";

/// The tokens of a query, without comments.
pub(super) fn tokens(query: &str) -> Result<Vec<Token<'_>>, BindError> {
    let mut found = Vec::new();
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let offset = query.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(found) };
        if first == '#' {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let (kind, length) = match first {
            '"' | '\'' | '`' => (TokenKind::Text, text_length(rest, first)),
            'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Word, word_length(rest)),
            // a colon begins a metric where a name follows, and divides a range from its step elsewhere
            ':' if rest[1..].starts_with(is_name_start) && !in_brackets(&found) => (TokenKind::Word, word_length(rest)),
            '0'..='9' => (TokenKind::Number, number_length(rest)),
            '.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                (TokenKind::Number, number_length(rest))
            }
            _ => (TokenKind::Sign, sign_length(rest, first)),
        };
        let length = length.ok_or_else(|| BindError::new(query, offset, problem(first)))?;
        found.push(Token { kind, text: &rest[..length], offset });
        rest = &rest[length..];
    }
}

fn problem(first: char) -> String {
    match first {
        '"' | '\'' | '`' => "the string has no end".to_owned(),
        '0'..='9' | '.' => "this is neither a number nor a duration".to_owned(),
        other => format!("`{}` is not expected", other.escape_default()),
    }
}

fn in_brackets(found: &[Token<'_>]) -> bool {
    let last = found.iter().rev().find(|token| token.kind == TokenKind::Sign && matches!(token.text, "[" | "]"));
    last.is_some_and(|token| token.text == "[")
}

fn is_name_start(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || letter == ':'
}

#[expect(clippy::unnecessary_wraps, reason = "the other lengths may be absent")]
fn word_length(rest: &str) -> Option<usize> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    Some(rest.find(|letter| !part(letter)).unwrap_or(rest.len()))
}

/// The length of a string with its quotes. A backslash hides the letter after it, but not between backticks.
fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut hidden = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if hidden => hidden = false,
            '\\' if quote != '`' => hidden = true,
            '\n' if quote != '`' => return None,
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
        if hidden && rest[at + 1..].starts_with('\n') {
            return None;
        }
    }
    None
}

/// The length of a number or duration: `1`, `0.5`, `1e-3`, `0x1F`, `5m`, `1h30m`. Neither may touch a letter.
fn number_length(rest: &str) -> Option<usize> {
    let lower = rest.as_bytes();
    let hexadecimal = rest.len() > 2 && lower[0] == b'0' && matches!(lower[1], b'x' | b'X');
    let mut length = 0;
    while let Some(letter) = lower.get(length) {
        let exponent_sign = !hexadecimal
            && matches!(letter, b'+' | b'-')
            && length > 0
            && matches!(lower[length - 1], b'e' | b'E')
            && lower.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !(letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'.') || exponent_sign) {
            break;
        }
        length += 1;
    }
    let word = &rest[..length];
    let whole = if hexadecimal { word[2..].bytes().all(|digit| digit.is_ascii_hexdigit()) } else { is_decimal(word) };
    (whole || is_duration(word)).then_some(length)
}

fn is_decimal(word: &str) -> bool {
    let begins_well = word.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    begins_well
        && word.bytes().all(|letter| letter.is_ascii_digit() || b".eE+-".contains(&letter))
        && word.parse::<f64>().is_ok()
}

fn is_duration(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = &rest[digits..];
        let length =
            if unit.starts_with("ms") { 2 } else { usize::from(unit.starts_with(['s', 'm', 'h', 'd', 'w', 'y'])) };
        if digits == 0 || length == 0 {
            return false;
        }
        rest = &unit[length..];
    }
    true
}

fn sign_length(rest: &str, first: char) -> Option<usize> {
    if LONG_SIGNS.iter().any(|sign| rest.starts_with(sign)) {
        return Some(2);
    }
    SIGNS.contains(first).then_some(1)
}
