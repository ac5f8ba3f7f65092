//! Marks that separate the parts of a conversation or call tools, which have no place in text from an estate.

use crate::{
    Kind,
    lexicon::{Meaning, TOOL},
    walk::{self, Class, MARK},
};
use Kind::{Exfiltration, Hidden, Roles, Tools};

/// A mark in small letters, what it is, and its weight.
type Mark = (&'static str, Kind, u32);

/// Marks by the sign that they begin with.
const SIGNS: &[(u8, &[Mark])] = &[
    (b'<', &[("<|", Roles, 2), ("<!--", Hidden, 1), ("<<sys>>", Roles, 5)]),
    (b'|', &[("|>", Roles, 2)]),
    (b'#', &[("### instruction", Roles, 4), ("### response", Roles, 3)]),
    (b'`', &[("```tool_code", Tools, 4), ("```tool_call", Tools, 4)]),
    (b']', &[("](http", Exfiltration, 1), ("](data:", Exfiltration, 2)]),
    (b'!', &[("![", Exfiltration, 1)]),
    (b'?', &[("?d=", Exfiltration, 1), ("?q={", Exfiltration, 3)]),
    (b'{', &[("{{#", Hidden, 1)]),
    (b'[', &[("[//]: #", Hidden, 2), ("[system](", Roles, 2)]),
    (
        b'"',
        &[
            ("\"role\": \"", Roles, 2),
            ("\"role\":\"", Roles, 2),
            ("\"content\": \"", Roles, 2),
            ("\"content\":\"", Roles, 2),
            ("\"tools/call\"", Tools, 5),
            ("\"tool_calls\"", Tools, 5),
            ("\"tool_use\"", Tools, 4),
            ("\"function_call\"", Tools, 5),
            ("\"juju_", Tools, 3),
            ("\"system\">", Roles, 4),
            ("\"display:none", Hidden, 2),
        ],
    ),
];

/// Names of tags and words in brackets that conversations with models are made of, what each is, its weight where it
/// opens, and where it closes something that never began.
const TAGS: &[(&str, Kind, u32, u32)] = &[
    ("im_start", Roles, 5, 5),
    ("im_end", Roles, 5, 5),
    ("eot_id", Roles, 5, 5),
    ("endoftext", Roles, 5, 5),
    ("start_header_id", Roles, 5, 5),
    ("start_of_turn", Roles, 5, 5),
    ("end_of_turn", Roles, 5, 5),
    ("inst", Roles, 5, 5),
    ("bos", Roles, 2, 2),
    ("sys", Roles, 2, 2),
    ("system", Roles, 2, 1),
    ("system_prompt", Roles, 5, 5),
    ("system_message", Roles, 4, 4),
    ("system-", Roles, 4, 4),
    ("developer", Roles, 3, 4),
    ("assistant", Roles, 4, 4),
    ("human", Roles, 3, 4),
    ("user", Roles, 1, 2),
    ("admin", Roles, 2, 3),
    ("instruction", Roles, 3, 3),
    ("instructions", Roles, 3, 3),
    ("important", Roles, 2, 2),
    ("override", Roles, 3, 3),
    ("thinking", Roles, 2, 3),
    ("result", Roles, 0, 2),
    ("output", Roles, 0, 2),
    ("document", Roles, 0, 2),
    ("message", Roles, 0, 2),
    ("context", Roles, 1, 4),
    ("data", Roles, 0, 2),
    ("log", Roles, 0, 2),
    ("logs", Roles, 0, 2),
    ("response", Roles, 0, 2),
    ("untrusted", Roles, 3, 4),
    ("tool_result", Roles, 4, 4),
    ("tool_output", Roles, 4, 4),
    ("tool_response", Roles, 4, 4),
    ("function_results", Roles, 4, 4),
    ("tool_call", Tools, 5, 5),
    ("tool_calls", Tools, 5, 5),
    ("tool_use", Tools, 5, 5),
    ("available_tools", Tools, 5, 5),
    ("function_call", Tools, 5, 5),
    ("function_calls", Tools, 5, 5),
    ("invoke", Tools, 5, 4),
    ("span hidden", Hidden, 2, 0),
    ("div hidden", Hidden, 2, 0),
];

/// Who may seem to speak at the beginning of a line, and the weight.
const SPEAKERS: &[Mark] = &[
    ("assistant", Roles, 3),
    ("human", Roles, 3),
    ("developer", Roles, 2),
    ("user", Roles, 1),
    ("system", Roles, 2),
    ("admin", Roles, 1),
    ("action", Roles, 2),
    ("instruction", Roles, 2),
    ("action input", Tools, 5),
    ("function call", Tools, 3),
    ("tool call", Tools, 3),
    ("tool result", Tools, 3),
    ("thought", Tools, 2),
    ("final answer", Tools, 3),
];

/// Words behind a speaker's name that leave it one.
const OF_SPEAKERS: [&str; 8] =
    [" message", " prompt", " instruction", " override", " notice", " update", " turn", " note"];

/// Marks that begin with a letter, which are looked for where a tool of ours is named.
const CALLS: &[Mark] = &[("functions.juju_", Tools, 4), ("to=juju_", Tools, 4)];

/// Hands on the weight of each mark in a text with these classes of bytes, by kind. Speakers are only looked for where
/// something is said.
pub(crate) fn found(text: &str, classes: Class, said: Meaning, mut each: impl FnMut(Kind, u32)) {
    if classes & MARK != 0 {
        signs(text, &mut each);
    }
    if said == 0 {
        return;
    }
    let mut seen: u32 = 0;
    for line in text.lines() {
        if let Some((number, weight)) = speaker(line)
            && seen & 1 << number == 0
        {
            seen |= 1 << number;
            each(SPEAKERS[number].1, weight);
        }
    }
    for (mark, kind, weight) in CALLS {
        if said & TOOL != 0 && (0..text.len()).any(|at| begins(text.as_bytes(), at, mark)) {
            each(*kind, *weight);
        }
    }
}

/// Marks that begin with a sign, each once.
fn signs(text: &str, each: &mut impl FnMut(Kind, u32)) {
    let bytes = text.as_bytes();
    let mut seen: u128 = 0;
    let mut first = |number: usize| {
        let new = seen & 1 << number == 0;
        seen |= 1 << number;
        new
    };
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| walk::may_be_mark(**byte)) {
        if let b'<' | b'[' = byte
            && let Some((number, kind, weight)) = tag(&bytes[at + 1..])
            && first(number)
        {
            each(kind, weight);
        }
        if *byte == b'!' && carried(&text[at..]) > 0 && first(TAGS.len() * 2) {
            each(Exfiltration, carried(&text[at..]));
        }
        let mut before = TAGS.len() * 2 + 1;
        for (sign, marks) in SIGNS {
            if sign == byte {
                for (number, (mark, kind, weight)) in marks.iter().enumerate() {
                    if begins(bytes, at, mark) && first(before + number) {
                        each(*kind, *weight);
                    }
                }
            }
            before += marks.len();
        }
    }
}

/// Names of what is carried off in an address.
const CARRIED: [&str; 16] = [
    "d", "data", "q", "t", "s", "c", "x", "token", "secret", "payload", "content", "text", "info", "leak", "msg", "log",
];

/// How much it weighs that a picture is shown from an address that carries something: whoever shows it sends that there.
fn carried(text: &str) -> u32 {
    let picture =
        text.strip_prefix("![").and_then(|rest| rest.split_once("](http")).filter(|(name, _)| name.len() < 200);
    let query = picture.and_then(|(_, rest)| rest.split([')', '\n']).next()?.split_once('?'));
    let Some((_, query)) = query else { return 0 };
    let is_blank = |value: &str| {
        value.contains(['{', '<', '[', '$'])
            || (value.len() > 3 && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
    };
    let weigh = |(name, value): (&str, &str)| if is_blank(value) { 3 } else { 2 * u32::from(CARRIED.contains(&name)) };
    query.split('&').filter_map(|part| part.split_once('=')).map(weigh).max().unwrap_or_default()
}

/// The number, kind and weight of a tag whose sign stands before these bytes.
fn tag(bytes: &[u8]) -> Option<(usize, Kind, u32)> {
    let start = bytes.iter().take(4).position(u8::is_ascii_alphabetic)?;
    let (before, name) = bytes.split_at(start);
    if !before.iter().all(|byte| matches!(byte, b'/' | b'|' | b'<' | b'[' | b' ' | b'-' | b'!')) {
        return None;
    }
    let closes = before.contains(&b'/');
    // the longest name counts, so that `tool_calls` is not `tool_call` with a letter too many
    let known = |(_, (known, ..)): &(usize, &(&str, _, _, _))| {
        begins(name, 0, known) && (known.ends_with('-') || !name.get(known.len()).is_some_and(|next| is_of_name(*next)))
    };
    let (number, (_, kind, opening, closing)) = TAGS.iter().enumerate().find(known)?;
    let weight = if closes { *closing } else { *opening };
    (weight > 0).then_some((number * 2 + usize::from(closes), *kind, weight))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

/// The number of who seems to speak in a line, and the weight of that.
fn speaker(line: &str) -> Option<(usize, u32)> {
    let is_ornament = |byte: u8| {
        matches!(byte, b'#' | b'=' | b'*' | b'-' | b'_' | b'~' | b'<' | b'>' | b'[' | b'(' | b'{' | b'|' | b'`')
    };
    let bytes = line.as_bytes();
    let start = bytes.iter().position(|byte| !is_ornament(*byte) && *byte != b' ' && *byte != b'\t')?;
    if !matches!(bytes[start] | 0x20, b'a' | b'h' | b'd' | b'u' | b's' | b'i' | b'f' | b't') {
        return None;
    }
    let known = |(_, (name, ..)): &(usize, &Mark)| begins(bytes, start, name);
    // the last that fits: `action input` is no `action`
    let (number, (name, _, weight)) = SPEAKERS.iter().enumerate().rfind(known)?;
    let mut rest = &bytes[start + name.len()..];
    rest = rest.strip_prefix(b"s").or_else(|| rest.strip_prefix(b"S")).unwrap_or(rest);
    if let Some(word) = OF_SPEAKERS.iter().find(|word| begins(rest, 0, word)) {
        rest = &rest[word.len()..];
        rest = rest.strip_prefix(b"s").or_else(|| rest.strip_prefix(b"S")).unwrap_or(rest);
    }
    let fenced = bytes[..start].iter().filter(|byte| is_ornament(**byte)).count() > 1;
    let rest = rest.trim_ascii();
    match rest.split_first() {
        None => fenced.then_some((number, *weight + 1)),
        Some((b':', said)) => (fenced || said.len() > 3).then_some((number, *weight + u32::from(fenced))),
        Some((b'(', said)) if *name == "assistant" => (said.len() > 3).then_some((number, *weight)),
        Some((b']', said)) => (said.len() > 3).then_some((number, 1)),
        Some((next, _)) if is_ornament(*next) => fenced.then_some((number, *weight + 1)),
        Some(_) => None,
    }
}

/// Whether a mark stands there, in capitals or not.
fn begins(bytes: &[u8], at: usize, mark: &str) -> bool {
    bytes.get(at..at + mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> u32 {
        let mut sum = 0;
        let seen = walk::words(text, &mut |_| {});
        found(text, seen.classes, TOOL, |_, weight| sum += weight);
        sum
    }

    #[test]
    fn marks_count_once_each_and_ordinary_text_has_none() {
        assert_eq!(weight("<|im_start|>x<|im_end|>"), 14);
        assert_eq!(weight("ready; 3 < 4 [info] # note"), 0);
        assert_eq!(weight("user: ubuntu"), 1);
        assert_eq!(weight("<systemd> [outputs] </datasource> <invoked> [info]"), 0);
        assert_eq!(weight("*** SYSTEM MESSAGE ***"), 3);
        assert_eq!(weight("### System requirements"), 0);
        assert_eq!(weight("</tool_calls> [TOOL_CALLS]"), 10);
        assert!(TAGS.len() * 2 + 1 + SIGNS.iter().map(|(_, marks)| marks.len()).sum::<usize>() <= 128);
    }
}
