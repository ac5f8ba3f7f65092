//! Patterns for names: `*` matches any characters, `?` one character.

use std::fmt;

use serde::Deserialize;

/// A pattern for names: `web-*`, `prod?`, or a name as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Creates a pattern; every text is a valid one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether the pattern matches all of `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut at, mut read) = (0, 0);
        // position of the last `*`, and how many characters it has matched
        let mut star: Option<(usize, usize)> = None;
        while read < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(letter) if *letter == '?' || *letter == text[read] => (at, read) = (at + 1, read + 1),
                _ => match &mut star {
                    Some((place, taken)) => {
                        *taken += 1;
                        (at, read) = (*place + 1, *taken);
                    }
                    None => return false,
                },
            }
        }
        pattern[at..].iter().all(|letter| *letter == '*')
    }

    /// Whether it matches more than one name.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// The text of the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_matches_stars_and_question_marks() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("web", "web", true),
            ("web", "web2", false),
            ("web-*", "web-", true),
            ("*prod*", "my-production-eu", true),
            ("*prod", "prod-x", false),
            ("a*b*c", "a--b--b-c", true),
            ("a*b*c", "a--b--b-", false),
            ("p?", "pé", true),
            ("p?", "p", false),
            ("", "", true),
            ("", "x", false),
            ("[a]", "[a]", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), fits, "`{pattern}` and `{text}`");
        }
    }

    #[test]
    fn pattern_with_many_stars_matches_in_bounded_time() {
        let pattern = Pattern::new("*a".repeat(200));
        assert!(!pattern.matches(&"a".repeat(199)));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(5_000))));
    }
}
