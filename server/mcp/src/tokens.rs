//! How many tokens a text costs an assistant, near enough to keep budgets by.
//!
//! Tokenizers differ and none is part of this program. The rule below follows how byte-pair encodings split JSON and
//! English; a test holds it against counts of `o200k_base`, the tokenizer of `OpenAI`, and it is meant to err upwards.

/// Tokens of a text, estimated.
#[must_use]
pub fn estimate(text: &str) -> usize {
    let mut quarters = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = Kind::of(first);
        let end = rest.find(|next| Kind::of(next) != kind).unwrap_or(rest.len());
        quarters += kind.quarters(end);
        rest = &rest[end..];
    }
    quarters.div_ceil(4)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letters,
    Digits,
    Space,
    Marks,
    Beyond,
}

impl Kind {
    fn of(letter: char) -> Self {
        match letter {
            letter if letter.is_ascii_alphabetic() => Self::Letters,
            letter if letter.is_ascii_digit() => Self::Digits,
            letter if letter.is_ascii_whitespace() => Self::Space,
            letter if letter.is_ascii() => Self::Marks,
            _ => Self::Beyond,
        }
    }

    /// Quarters of a token that a run of so many bytes costs.
    fn quarters(self, bytes: usize) -> usize {
        match self {
            // common words are one token, whatever their length up to here
            Self::Letters => 4 * bytes.div_ceil(11),
            // one space belongs to the word after it
            Self::Space => {
                if bytes > 1 {
                    4
                } else {
                    0
                }
            }
            // `":"` and its like are one token
            Self::Marks => 4 * bytes.div_ceil(4),
            Self::Digits | Self::Beyond => 4 * bytes.div_ceil(3),
        }
    }
}
