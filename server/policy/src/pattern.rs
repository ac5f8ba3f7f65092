//! Patterns for names: `*` stands for any characters, `?` for one.

use std::fmt;

use serde::Deserialize;

/// A pattern for names: `web-*`, `prod?`, or a name as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern of this text; every text is one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether the whole of `text` fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut at, mut read) = (0, 0);
        // where the last `*` stood, and how much of the text it has taken
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
    fn stars_and_question_marks_stand_for_what_they_say() {
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
    fn many_stars_take_no_more_than_the_product_of_both_lengths() {
        let pattern = Pattern::new("*a".repeat(200));
        assert!(!pattern.matches(&"a".repeat(199)));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(5_000))));
    }
}
