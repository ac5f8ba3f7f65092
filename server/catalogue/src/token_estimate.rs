//! Estimates how many tokens a text costs an assistant, exactly enough for budgets.
//!
//! Tokenizers differ and the program contains none. The estimate follows how byte-pair encodings split JSON and English; a
//! test compares it with counts of `o200k_base`, the tokenizer of `OpenAI`.

/// Estimates the tokens of a text.
#[must_use]
pub fn estimate_tokens(text: &str) -> usize {
    runs(text).map(|(class, run)| class.tokens(run)).sum()
}

/// Whether a text costs at most so many tokens; reads no more of it than it has to.
pub(crate) fn fits(text: &str, tokens: usize) -> bool {
    // a token is at least one byte
    text.len() <= tokens || prefix_within(text, tokens) == text.len()
}

/// Bytes of the longest beginning of a text that costs at most so many tokens.
pub(crate) fn prefix_within(text: &str, tokens: usize) -> usize {
    let (mut left, mut end) = (tokens, 0);
    for (class, run) in runs(text) {
        let cost = class.tokens(run);
        if cost > left {
            return end + run.floor_char_boundary(class.bytes(left).min(run.len()));
        }
        left -= cost;
        end += run.len();
    }
    end
}

/// The longest runs of characters of one class. All bytes of a character beyond ASCII have the class of the character, so a run of
/// bytes is a run of characters.
fn runs(text: &str) -> impl Iterator<Item = (CharClass, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let class = CharClass::of(*rest.as_bytes().first()?);
        let end = rest.bytes().position(|next| CharClass::of(next) != class).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        rest = behind;
        Some((class, run))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CharClass {
    Letters,
    Digits,
    Space,
    Marks,
    NonAscii,
}

/// The class of each byte, because the estimate reads every byte of every answer.
const CLASSES: [CharClass; 256] = {
    let (mut classes, mut byte) = ([CharClass::NonAscii; 256], 0_u8);
    while byte < 128 {
        classes[byte as usize] = match byte {
            _ if byte.is_ascii_alphabetic() => CharClass::Letters,
            _ if byte.is_ascii_digit() => CharClass::Digits,
            _ if byte.is_ascii_whitespace() => CharClass::Space,
            _ => CharClass::Marks,
        };
        byte += 1;
    }
    classes
};

impl CharClass {
    fn of(byte: u8) -> Self {
        CLASSES[usize::from(byte)]
    }

    /// Tokens of a run of characters of one class.
    fn tokens(self, run: &str) -> usize {
        match self {
            // common words are one token
            Self::Letters => run.len().div_ceil(9),
            Self::Digits | Self::NonAscii => run.len().div_ceil(3),
            // a single space is part of the following word
            Self::Space => usize::from(run != " "),
            // `":"` and its like are one token
            Self::Marks => run.len().div_ceil(4),
        }
    }

    /// Bytes of the longest run that costs at most so many tokens.
    fn bytes(self, tokens: usize) -> usize {
        match self {
            Self::Letters => tokens * 9,
            Self::Digits | Self::NonAscii => tokens * 3,
            Self::Space if tokens == 0 => 0,
            Self::Space => usize::MAX,
            Self::Marks => tokens * 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and their tokens in `o200k_base`, counted with the npm package `gpt-tokenizer`.
    const REFERENCE_COUNTS: &[(usize, &str)] = &[
        (
            125,
            r#"{"name":"juju_whoami","description":"Shows which controller is used, and as which Juju user.","inputSchema":{"type":"object","additionalProperties":false,"properties":{"controller":{"type":"string"},"format":{"enum":["concise","detailed","json"]},"fields":{"type":"array","items":{"type":"string"}},"filter":{"type":"string"},"limit":{"type":"integer","minimum":0},"cursor":{"type":"string"}}},"outputSchema":{"type":"object","properties":{"controller":{"type":"string"},"user":{"type":"string"}}},"annotations":{"readOnlyHint":true}}"#,
        ),
        (
            102,
            r#"{"name":"juju_run_command","description":"Runs any Juju command, also one that changes or destroys. Try `dry_run` first.","inputSchema":{"type":"object","properties":{"command":{"type":"string","description":"Name from juju_find_command, e.g. `show-unit`"},"arguments":{"type":"object","description":"As in its schema"}},"required":["command"],"additionalProperties":false},"outputSchema":{"type":"object"},"annotations":{"destructiveHint":true}}"#,
        ),
        (
            120,
            r#"App         Version  Status  Scale  Charm       Channel
postgresql  14.11    active      3  postgresql  14/stable
web         1.2.0    error       2  hello-juju  latest/edge

Unit           Workload  Agent  Machine  Address       Message
postgresql/0*  active    idle   0        10.20.30.11   Primary
web/0          error     idle   3        10.20.30.14   hook failed: "config-changed"
"#,
        ),
        (
            38,
            "Finds Juju commands that are not listed as tools, with their arguments. A denial names the role that could do it; ask the user, do not look for a way around.",
        ),
    ];

    #[test]
    fn estimate_is_within_12_percent_of_a_tokenizer() {
        for (counted, text) in REFERENCE_COUNTS {
            let estimated = estimate_tokens(text);
            let off = estimated.abs_diff(*counted) * 100 / counted;
            assert!(off <= 12, "{estimated} for {counted}: {text}");
        }
    }

    #[test]
    fn prefix_within_costs_at_most_the_tokens_and_cannot_be_longer() {
        for (_, text) in REFERENCE_COUNTS {
            for tokens in [0, 1, 7, 30, 1_000] {
                let end = prefix_within(text, tokens);
                assert!(estimate_tokens(&text[..end]) <= tokens, "{tokens}: {text}");
                assert_eq!(fits(text, tokens), end == text.len());
                assert_eq!(fits(text, tokens), estimate_tokens(text) <= tokens);
            }
        }
        assert_eq!([0, 1, 2].map(|tokens| prefix_within("ééé", tokens)), [0, 2, 6]);
    }
}
