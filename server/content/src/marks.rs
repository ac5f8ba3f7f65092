//! Marks that separate the parts of a conversation or call tools, which have no place in text from an estate.

use crate::Kind;
use Kind::{Exfiltration, Hidden, Roles, Tools};

/// A mark in small letters, what it is, and its weight.
type Mark = (&'static str, Kind, u32);

const MARKS: &[Mark] = &[
    ("<|", Roles, 2),
    ("|>", Roles, 2),
    ("</result>", Roles, 2),
    ("</output>", Roles, 2),
    ("</document>", Roles, 2),
    ("</message>", Roles, 2),
    ("<start_of_turn>", Roles, 5),
    ("<end_of_turn>", Roles, 5),
    ("<<sys>>", Roles, 5),
    ("[inst]", Roles, 5),
    ("[/inst]", Roles, 5),
    ("<system>", Roles, 2),
    ("</system>", Roles, 1),
    ("<system-", Roles, 4),
    ("<instructions>", Roles, 3),
    ("<developer", Roles, 4),
    ("<assistant", Roles, 4),
    ("</untrusted", Roles, 4),
    ("</tool_", Roles, 4),
    ("</context>", Roles, 4),
    ("</data>", Roles, 2),
    ("</log", Roles, 2),
    ("[system](", Roles, 4),
    ("[system ", Roles, 2),
    ("### system", Roles, 3),
    ("### instruction", Roles, 4),
    ("### response", Roles, 3),
    ("\"role\": \"", Roles, 2),
    ("\"role\":\"", Roles, 2),
    ("\"content\": \"", Roles, 2),
    ("\"content\":\"", Roles, 2),
    ("<tool_call", Tools, 5),
    ("<tool_use", Tools, 5),
    ("<function_call", Tools, 5),
    ("<invoke", Tools, 5),
    ("```tool_code", Tools, 4),
    ("\"tools/call\"", Tools, 5),
    ("\"tool_calls\"", Tools, 5),
    ("\"juju_", Tools, 3),
    ("](http", Exfiltration, 1),
    ("![", Exfiltration, 1),
    ("?d=", Exfiltration, 1),
    ("?q={", Exfiltration, 3),
    ("<!--", Hidden, 1),
    ("{{#", Hidden, 1),
    ("[//]: #", Hidden, 2),
    ("<span hidden", Hidden, 2),
    ("<div hidden", Hidden, 2),
];

/// The same for marks that begin with a letter.
const WORDS: &[Mark] = &[
    ("action input:", Tools, 5),
    ("thought:", Tools, 2),
    ("display:none", Hidden, 2),
    ("functions.juju_", Tools, 4),
    ("to=juju_", Tools, 4),
    ("role=\"system\"", Roles, 4),
];

/// Beginnings of lines in which somebody seems to speak, what follows in the same text, and the weight.
const SPEAKERS: &[(&str, u32)] = &[
    ("assistant:", 3),
    ("assistant (", 3),
    ("human:", 3),
    ("user:", 1),
    ("system:", 2),
    ("[system]", 1),
    ("action:", 2),
    ("<user>", 2),
    ("<admin>", 2),
];

/// Phrases that end data which has not ended.
const ENDS: &[(&str, u32)] = &[
    ("end of untrusted", 4),
    ("end of tool output", 4),
    ("end of log output", 3),
    ("end of data", 2),
    ("end of context", 3),
    ("end of file", 1),
    ("end of message", 2),
    ("end of document", 3),
    ("end of user input", 4),
    ("begin system message", 4),
    ("new message from user", 3),
    ("system prompt ends", 4),
    ("user turn:", 3),
    ("system notice to", 3),
    ("system override", 3),
];

/// Weight of each mark in a text of small letters, by kind.
pub(crate) fn found(text: &str, mut each: impl FnMut(Kind, u32)) {
    let begins = |at: usize, first: u8| {
        MARKS
            .iter()
            .filter(move |(mark, ..)| mark.as_bytes()[0] == first && text.as_bytes()[at..].starts_with(mark.as_bytes()))
    };
    let mut seen: u64 = 0;
    let note = |mark: &Mark, seen: &mut u64| {
        let bit = MARKS.iter().position(|(known, ..)| *known == mark.0).unwrap_or_default();
        std::mem::replace(seen, *seen | 1 << bit) & 1 << bit == 0
    };
    for (at, byte) in text.bytes().enumerate() {
        // marks begin with few letters, so most of a text is passed over
        if matches!(
            byte,
            b'<' | b'|'
                | b'['
                | b'#'
                | b'"'
                | b'`'
                | b'\n'
                | b']'
                | b'!'
                | b'?'
                | b'/'
                | b'{'
                | b'd'
                | b'f'
                | b't'
                | b'a'
        ) {
            for mark in begins(at, byte) {
                if note(mark, &mut seen) {
                    each(mark.1, mark.2);
                }
            }
        }
    }
    for (mark, kind, weight) in WORDS {
        if text.contains(mark) {
            each(*kind, *weight);
        }
    }
    for (start, weight) in SPEAKERS {
        let speaks = |line: &str| line.trim_start().strip_prefix(start).is_some_and(|rest| rest.trim().len() > 3);
        if text.lines().any(speaks) {
            each(Roles, *weight);
        }
    }
    for (phrase, weight) in ENDS {
        if text.contains("system") | text.contains("end of") | text.contains("user") && text.contains(phrase) {
            each(Roles, *weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> u32 {
        let mut sum = 0;
        found(text, |_, weight| sum += weight);
        sum
    }

    #[test]
    fn marks_count_once_each_and_ordinary_text_has_none() {
        assert_eq!(weight("<|im_start|>x<|im_end|>"), 4);
        assert_eq!(weight("ready; 3 < 4 [info] # note"), 0);
        assert_eq!(weight("user: ubuntu"), 1);
        const { assert!(MARKS.len() <= 64) };
    }
}
