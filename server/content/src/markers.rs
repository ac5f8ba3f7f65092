//! Markers that separate the parts of a conversation or call tools. They have no legitimate place in text from an estate.

use crate::{
    Kind,
    lexicon::{Meaning, TOOL, begins_with_label},
    steps,
    tokenizer::{self, Class, MARK},
};
use Kind::{Exfiltration, FakeRoleMarkers, HiddenText, ToolCallRequest};

/// A marker in lower case, its kind, and its weight.
type Marker = (&'static str, Kind, u32);

/// The beginning of a tool's name in quotes.
const TOOL_IN_QUOTES: &str = "\"juju_";

/// Markers by their first character.
const SIGNS: &[(u8, &[Marker])] = &[
    (b'<', &[("<|", FakeRoleMarkers, 2), ("<!--", HiddenText, 1), ("<<sys>>", FakeRoleMarkers, 5)]),
    (b'|', &[("|>", FakeRoleMarkers, 2)]),
    (b'#', &[("### instruction", FakeRoleMarkers, 4), ("### response", FakeRoleMarkers, 3)]),
    (b'`', &[("```tool_code", ToolCallRequest, 4), ("```tool_call", ToolCallRequest, 4)]),
    (b']', &[("](http", Exfiltration, 1), ("](data:", Exfiltration, 2)]),
    (b'!', &[("![", Exfiltration, 1)]),
    (b'?', &[("?d=", Exfiltration, 1), ("?q={", Exfiltration, 3)]),
    (b'{', &[("{{#", HiddenText, 1)]),
    (b'[', &[("[//]: #", HiddenText, 2), ("[system](", FakeRoleMarkers, 2)]),
    (
        b'"',
        &[
            ("\"role\": \"", FakeRoleMarkers, 2),
            ("\"role\":\"", FakeRoleMarkers, 2),
            ("\"content\": \"", FakeRoleMarkers, 2),
            ("\"content\":\"", FakeRoleMarkers, 2),
            ("\"tools/call\"", ToolCallRequest, 5),
            ("\"tool_calls\"", ToolCallRequest, 5),
            ("\"tool_use\"", ToolCallRequest, 4),
            ("\"function_call\"", ToolCallRequest, 5),
            (TOOL_IN_QUOTES, ToolCallRequest, 3),
            ("\"system\">", FakeRoleMarkers, 4),
            ("\"display:none", HiddenText, 2),
        ],
    ),
];

/// Tag names and bracketed words of model conversations: name, kind, weight of the opening and of the closing form.
const TAGS: &[(&str, Kind, u32, u32)] = &[
    ("im_start", FakeRoleMarkers, 5, 5),
    ("im_end", FakeRoleMarkers, 5, 5),
    ("eot_id", FakeRoleMarkers, 5, 5),
    ("endoftext", FakeRoleMarkers, 5, 5),
    ("start_header_id", FakeRoleMarkers, 5, 5),
    ("start_of_turn", FakeRoleMarkers, 5, 5),
    ("end_of_turn", FakeRoleMarkers, 5, 5),
    ("inst", FakeRoleMarkers, 5, 5),
    ("bos", FakeRoleMarkers, 2, 2),
    ("sys", FakeRoleMarkers, 2, 2),
    ("system", FakeRoleMarkers, 2, 1),
    ("system_prompt", FakeRoleMarkers, 5, 5),
    ("system_message", FakeRoleMarkers, 4, 4),
    ("system-", FakeRoleMarkers, 4, 4),
    ("developer", FakeRoleMarkers, 3, 4),
    ("assistant", FakeRoleMarkers, 4, 4),
    ("human", FakeRoleMarkers, 3, 4),
    ("user", FakeRoleMarkers, 1, 2),
    ("admin", FakeRoleMarkers, 2, 3),
    ("instruction", FakeRoleMarkers, 3, 3),
    ("instructions", FakeRoleMarkers, 3, 3),
    ("important", FakeRoleMarkers, 2, 2),
    ("override", FakeRoleMarkers, 3, 3),
    ("thinking", FakeRoleMarkers, 2, 3),
    ("result", FakeRoleMarkers, 0, 2),
    ("output", FakeRoleMarkers, 0, 2),
    ("document", FakeRoleMarkers, 0, 2),
    ("message", FakeRoleMarkers, 0, 2),
    ("context", FakeRoleMarkers, 1, 4),
    ("data", FakeRoleMarkers, 0, 2),
    ("log", FakeRoleMarkers, 0, 2),
    ("logs", FakeRoleMarkers, 0, 2),
    ("response", FakeRoleMarkers, 0, 2),
    ("untrusted", FakeRoleMarkers, 3, 4),
    ("tool_result", FakeRoleMarkers, 4, 4),
    ("tool_output", FakeRoleMarkers, 4, 4),
    ("tool_response", FakeRoleMarkers, 4, 4),
    ("function_results", FakeRoleMarkers, 4, 4),
    ("tool_call", ToolCallRequest, 5, 5),
    ("tool_calls", ToolCallRequest, 5, 5),
    ("tool_use", ToolCallRequest, 5, 5),
    ("available_tools", ToolCallRequest, 5, 5),
    ("function_call", ToolCallRequest, 5, 5),
    ("function_calls", ToolCallRequest, 5, 5),
    ("invoke", ToolCallRequest, 5, 4),
    ("span hidden", HiddenText, 2, 0),
    ("div hidden", HiddenText, 2, 0),
];

/// Speaker names at the beginning of a line.
const SPEAKERS: &[Marker] = &[
    ("assistant", FakeRoleMarkers, 3),
    ("human", FakeRoleMarkers, 3),
    ("developer", FakeRoleMarkers, 2),
    ("user", FakeRoleMarkers, 1),
    ("system", FakeRoleMarkers, 2),
    ("admin", FakeRoleMarkers, 1),
    ("action", FakeRoleMarkers, 2),
    ("instruction", FakeRoleMarkers, 2),
    ("action input", ToolCallRequest, 5),
    ("function call", ToolCallRequest, 3),
    ("tool call", ToolCallRequest, 3),
    ("tool result", ToolCallRequest, 3),
    ("thought", ToolCallRequest, 2),
    ("final answer", ToolCallRequest, 3),
];

/// Words that may follow a speaker name.
const SPEAKER_SUFFIXES: [&str; 8] =
    [" message", " prompt", " instruction", " override", " notice", " update", " turn", " note"];

/// Markers that begin with a letter; searched only in texts that name a tool of this server.
const CALLS: &[Marker] = &[("functions.juju_", ToolCallRequest, 4), ("to=juju_", ToolCallRequest, 4)];

/// Reports kind and weight of each marker to `each`. Speaker names are searched only if the text has any word with a meaning.
pub(crate) fn scan(text: &str, classes: Class, meanings: Meaning, mut each: impl FnMut(Kind, u32)) {
    if classes & MARK != 0 {
        signs(text, &mut each);
    }
    if meanings == 0 {
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
        if meanings & TOOL != 0 && (0..text.len()).any(|at| begins(text.as_bytes(), at, mark)) {
            each(*kind, *weight);
        }
    }
}

/// Markers that begin with a sign, each once.
fn signs(text: &str, each: &mut impl FnMut(Kind, u32)) {
    let bytes = text.as_bytes();
    let mut seen: u128 = 0;
    let mut first = |number: usize| {
        let new = seen & 1 << number == 0;
        seen |= 1 << number;
        new
    };
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| tokenizer::may_be_mark(**byte)) {
        if let b'<' | b'[' = byte
            && let Some((number, kind, weight)) = tag(&bytes[at + 1..])
            && first(number)
        {
            each(kind, weight);
        }
        if *byte == b'!' {
            let weight = image_query_weight(&text[at..]);
            if weight > 0 && first(TAGS.len() * 2) {
                each(Exfiltration, weight);
            }
        }
        let mut before = TAGS.len() * 2 + 1;
        for (sign, marks) in SIGNS {
            if sign == byte {
                for (number, (mark, kind, weight)) in marks.iter().enumerate() {
                    // the labels of charms are in every metric
                    let is_label = *mark == TOOL_IN_QUOTES && begins_with_label(&bytes[at + 1..]);
                    if begins(bytes, at, mark) && !is_label && first(before + number) {
                        each(*kind, *weight);
                    }
                }
            }
            before += marks.len();
        }
    }
}

/// Names of query parameters that typically contain exfiltrated data.
const EXFILTRATION_PARAMETERS: [&str; 16] = [
    "d", "data", "q", "t", "s", "c", "x", "token", "secret", "payload", "content", "text", "info", "leak", "msg", "log",
];

/// Maximum length of the name of a Markdown image.
const MAX_IMAGE_NAME_BYTES: usize = 200;
/// Bytes of the URL of a Markdown image that are read.
const MAX_IMAGE_URL_BYTES: usize = 1024;

/// The weight of a Markdown image with a query in its URL: rendering the image sends the query to its host.
fn image_query_weight(text: &str) -> u32 {
    const URL: &str = "](http";
    let Some(rest) = text.strip_prefix("![") else { return 0 };
    let start = &rest[..rest.floor_char_boundary(MAX_IMAGE_NAME_BYTES + URL.len())];
    let name = start.find(URL).filter(|length| *length < MAX_IMAGE_NAME_BYTES);
    steps::count(name.unwrap_or(start.len()));
    let Some(name) = name else { return 0 };
    let rest = &rest[name + URL.len()..];
    let rest = &rest[..rest.floor_char_boundary(MAX_IMAGE_URL_BYTES)];
    let url = rest.split([')', '\n']).next().unwrap_or(rest);
    steps::count(url.len());
    let Some((_, query)) = url.split_once('?') else { return 0 };
    let is_blank = |value: &str| {
        value.contains(['{', '<', '[', '$'])
            || (value.len() > 3 && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
    };
    let weigh = |(name, value): (&str, &str)| {
        if is_blank(value) { 3 } else { 2 * u32::from(EXFILTRATION_PARAMETERS.contains(&name)) }
    };
    query.split('&').filter_map(|part| part.split_once('=')).map(weigh).max().unwrap_or_default()
}

/// Number, kind and weight of the tag after its bracket.
fn tag(bytes: &[u8]) -> Option<(usize, Kind, u32)> {
    let start = bytes.iter().take(4).position(u8::is_ascii_alphabetic)?;
    let (before, name) = bytes.split_at(start);
    if !before.iter().all(|byte| matches!(byte, b'/' | b'|' | b'<' | b'[' | b' ' | b'-' | b'!')) {
        return None;
    }
    let closes = before.contains(&b'/');
    // the whole name must match, so that `tool_calls` does not match `tool_call`
    let known = |(_, (known, ..)): &(usize, &(&str, _, _, _))| {
        begins(name, 0, known)
            && (known.ends_with('-') || !name.get(known.len()).is_some_and(|next| is_name_byte(*next)))
    };
    let (number, (_, kind, opening, closing)) = TAGS.iter().enumerate().find(known)?;
    let weight = if closes { *closing } else { *opening };
    (weight > 0).then_some((number * 2 + usize::from(closes), *kind, weight))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

/// Number and weight of the speaker name at the beginning of a line.
fn speaker(line: &str) -> Option<(usize, u32)> {
    let is_ornament = |byte: u8| {
        matches!(byte, b'#' | b'=' | b'*' | b'-' | b'_' | b'~' | b'<' | b'>' | b'[' | b'(' | b'{' | b'|' | b'`')
    };
    let bytes = line.as_bytes();
    let start = bytes.iter().position(|byte| !is_ornament(*byte) && *byte != b' ' && *byte != b'\t')?;
    if !matches!(bytes[start] | 0x20, b'a' | b'h' | b'd' | b'u' | b's' | b'i' | b'f' | b't') {
        return None;
    }
    let known = |(_, (name, ..)): &(usize, &Marker)| begins(bytes, start, name);
    // the last match wins: `action input` is not `action`
    let (number, (name, _, weight)) = SPEAKERS.iter().enumerate().rfind(known)?;
    let mut rest = &bytes[start + name.len()..];
    rest = rest.strip_prefix(b"s").or_else(|| rest.strip_prefix(b"S")).unwrap_or(rest);
    if let Some(word) = SPEAKER_SUFFIXES.iter().find(|word| begins(rest, 0, word)) {
        rest = &rest[word.len()..];
        rest = rest.strip_prefix(b"s").or_else(|| rest.strip_prefix(b"S")).unwrap_or(rest);
    }
    let fenced = bytes[..start].iter().filter(|byte| is_ornament(**byte)).count() > 1;
    let rest = rest.trim_ascii();
    match rest.split_first() {
        None => fenced.then_some((number, *weight + 1)),
        Some((b':', speech)) => (fenced || speech.len() > 3).then_some((number, *weight + u32::from(fenced))),
        Some((b'(', speech)) if *name == "assistant" => (speech.len() > 3).then_some((number, *weight)),
        Some((b']', speech)) => (speech.len() > 3).then_some((number, 1)),
        Some((next, _)) if is_ornament(*next) => fenced.then_some((number, *weight + 1)),
        Some(_) => None,
    }
}

/// Whether `mark` is at this position, in any case.
fn begins(bytes: &[u8], at: usize, mark: &str) -> bool {
    bytes.get(at..at + mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> u32 {
        let mut sum = 0;
        let seen = tokenizer::words(text, &mut |_| {});
        scan(text, seen.classes, TOOL, |_, weight| sum += weight);
        sum
    }

    #[test]
    fn markers_count_once_and_ordinary_text_has_none() {
        assert_eq!(weight("<|im_start|>x<|im_end|>"), 14);
        assert_eq!(weight("ready; 3 < 4 [info] # note"), 0);
        assert_eq!(weight("user: ubuntu"), 1);
        assert_eq!(weight(r#"{"name": "juju_deploy", "arguments": {}}"#), 3);
        assert_eq!(weight(r#"{"juju_model": "shop", "juju_unit": "web/0", "juju_model_uuid": "1"}"#), 0);
        assert_eq!(weight("<systemd> [outputs] </datasource> <invoked> [info]"), 0);
        assert_eq!(weight("*** SYSTEM MESSAGE ***"), 3);
        assert_eq!(weight("### System requirements"), 0);
        assert_eq!(weight("</tool_calls> [TOOL_CALLS]"), 10);
        assert!(TAGS.len() * 2 + 1 + SIGNS.iter().map(|(_, marks)| marks.len()).sum::<usize>() <= 128);
    }
}
