//! Texts of callers as string literals and regular expressions of LogQL.

use std::{fmt::Write as _, str::Chars};

/// The text as a string literal of LogQL. Loki decodes it as Go does, so characters that Go's scanner refuses are escaped.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // NUL and a byte order mark are errors in Go's scanner
            letter if letter.is_control() || letter == '\u{feff}' => {
                // writing to a text does not fail
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A regular expression (RE2) that matches exactly this text.
#[must_use]
pub fn escape_regex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\.+*?()|[]{}^$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// How lines are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFilter {
    /// Lines with this text.
    Text(String),
    /// Lines with this text in any case.
    TextInAnyCase(String),
    /// Lines that match this regular expression (RE2).
    Regex(String),
    /// Lines without this text.
    WithoutText(String),
}

impl LineFilter {
    /// The filter in LogQL, `|= "text"`.
    #[must_use]
    pub fn to_logql(&self) -> String {
        match self {
            Self::Text(text) => format!("|= {}", quote(text)),
            Self::TextInAnyCase(text) => format!("|~ {}", quote(&format!("(?i){}", escape_regex(text)))),
            Self::Regex(pattern) => format!("|~ {}", quote(pattern)),
            Self::WithoutText(text) => format!("!= {}", quote(text)),
        }
    }
}

/// The text of a string literal with double quotes, without them, as Loki decodes it; `None` for one that it refuses, and for
/// bytes that are not ASCII, which a literal can only have by their number.
pub(crate) fn unquote(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        text.push(if letter == '\\' { escaped_letter(&mut letters)? } else { letter });
    }
    Some(text)
}

/// The letter that the escape behind a backslash means.
fn escaped_letter(letters: &mut Chars<'_>) -> Option<char> {
    let ascii = |number: u32| char::from_u32(number).filter(char::is_ascii);
    match letters.next()? {
        'a' => Some('\u{07}'),
        'b' => Some('\u{08}'),
        'f' => Some('\u{0c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{0b}'),
        letter @ ('\\' | '"') => Some(letter),
        'x' => ascii(number(letters, 2, 16)?),
        'u' => char::from_u32(number(letters, 4, 16)?),
        'U' => char::from_u32(number(letters, 8, 16)?),
        first @ '0'..='7' => ascii(first.to_digit(8)? * 64 + number(letters, 2, 8)?),
        _ => None,
    }
}

/// The number that so many digits are.
fn number(letters: &mut Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    let mut number = 0_u32;
    for _ in 0..digits {
        number = number.checked_mul(radix)?.checked_add(letters.next()?.to_digit(radix)?)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::Numbers;

    #[test]
    fn any_text_is_read_back_from_its_literal() {
        for seed in 0..2_000 {
            let text = Numbers::new(seed).hostile_text(40);
            let literal = quote(&text);
            assert!(literal.starts_with('"') && literal.ends_with('"') && !literal.contains(['\n', '\0']), "{seed}");
            let inner = &literal[1..literal.len() - 1];
            assert_eq!(unquote(inner).as_deref(), Some(text.as_str()), "{seed}: {literal}");
            // the literal ends where it should: no quotation mark inside it is bare
            let mut bare = inner.replace("\\\\", "");
            bare = bare.replace("\\\"", "");
            assert!(!bare.contains('"'), "{seed}: {literal}");
        }
    }

    #[test]
    fn literals_are_decoded_as_in_go() {
        for (literal, text) in [
            ("a\\tb\\x41\\u00e9\\U0001F600\\101\\\\\\\"", Some("a\tbA\u{e9}\u{1f600}A\\\"")),
            ("\\a\\b\\f\\v", Some("\u{7}\u{8}\u{c}\u{b}")),
            ("\\d", None),
            ("\\'", None),
            ("\\xff", None),
            ("\\777", None),
            ("\\u12", None),
            ("\\U00110000", None),
            ("\\", None),
        ] {
            assert_eq!(unquote(literal).as_deref(), text, "{literal}");
        }
    }

    #[test]
    fn text_in_any_case_is_no_pattern() {
        let filter = LineFilter::TextInAnyCase("a.b (c) \"d\"".to_owned());
        assert_eq!(filter.to_logql(), r#"|~ "(?i)a\\.b \\(c\\) \"d\"""#);
        assert_eq!(LineFilter::Text("x\\y".to_owned()).to_logql(), r#"|= "x\\y""#);
    }
}
