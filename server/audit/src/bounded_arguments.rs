//! Bounds the arguments in a record: a caller must not fill the disk with calls that are denied anyway.

use std::collections::BTreeSet;

use policy::{Act, TargetEntity, redact_text};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Maximum size of the arguments in a record, as JSON, in bytes. Larger ones are recorded as digest, size and beginning.
pub const MAX_RECORDED_ARGUMENTS_BYTES: usize = 16 * 1024;
/// Maximum size of the list of targets in a record, in bytes.
const MAX_RECORDED_TARGET_BYTES: usize = 8 * 1024;
/// Bytes of a long text or of large arguments that a record quotes.
const QUOTED_BYTES: usize = 1024;
/// Texts up to this size are recorded whole, if the arguments as a whole are small enough.
const MAX_RECORDED_TEXT_BYTES: usize = 4 * 1024;

/// Maximum length of a word that a client chooses, such as its own name and version.
const MAX_WORD_CHARS: usize = 200;
/// Maximum size of the reason in a close record, in bytes: it may quote an argument or a controller.
const MAX_REASON_BYTES: usize = 2 * 1024;
/// Bytes of a reason in which secrets are searched; the record has less of it.
const MAX_EXAMINED_REASON_BYTES: usize = 16 * 1024;

/// A word that a client chooses, without secrets, cut to a length that no honest client needs.
pub(crate) fn bound_word(word: &str) -> String {
    redact_text(&word.chars().take(MAX_WORD_CHARS).collect::<String>())
}

/// The reason of an outcome, without secrets, cut to its maximum size.
pub(crate) fn bound_reason(reason: &str) -> String {
    // a secret that the cut divides would not be recognized, so the part that is examined is longer than the part that stays
    let reason = &redact_text(&reason[..reason.floor_char_boundary(MAX_EXAMINED_REASON_BYTES)]);
    if reason.len() <= MAX_REASON_BYTES {
        return reason.to_owned();
    }
    let beginning = &reason[..reason.floor_char_boundary(MAX_REASON_BYTES)];
    format!("{beginning}... ({} bytes)", reason.len())
}

/// The arguments as the ledger records them: whole if they are small; else each long text as a summary; else one summary. The
/// digest of the act covers the arguments as they were sent.
pub(crate) fn bound_arguments(arguments: Value) -> Value {
    if json_bytes(&arguments, MAX_RECORDED_ARGUMENTS_BYTES).is_some() {
        return arguments;
    }
    let shortened = shorten(&arguments);
    if json_bytes(&shortened, MAX_RECORDED_ARGUMENTS_BYTES).is_some() {
        shortened
    } else {
        summary(&arguments.to_string())
    }
}

/// The size and the digest of arguments, without any of their text.
pub(crate) fn summarize(arguments: &Value) -> Value {
    let text = arguments.to_string();
    json!({"truncated": {"bytes": text.len(), "sha256": hex::encode(Sha256::digest(text))}})
}

/// The act with a bounded list of targets: beyond the bound, the kinds of the targets as a whole.
pub(crate) fn bound_targets(mut act: Act) -> Act {
    for target in [Some(&mut act.target), act.source.as_mut()].into_iter().flatten() {
        let bytes: usize = target.entities.iter().map(|entity| entity.to_string().len()).sum();
        if bytes > MAX_RECORDED_TARGET_BYTES {
            let kinds = target.entities.iter().filter_map(|entity| Some(TargetEntity::All(entity.kind()?)));
            target.entities = kinds.collect::<BTreeSet<_>>().into_iter().collect();
        }
    }
    act
}

fn shorten(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > MAX_RECORDED_TEXT_BYTES => summary(text),
        Value::Array(items) => items.iter().map(shorten).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shorten(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn summary(text: &str) -> Value {
    json!({"truncated": {
        "bytes": text.len(),
        "sha256": hex::encode(Sha256::digest(text)),
        "beginning": text[..text.floor_char_boundary(QUOTED_BYTES)],
    }})
}

fn escaped_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' => 2,
        ..' ' => 6,
        other => other.len_utf8(),
    }
}

/// An upper bound of the size as JSON; `None` above `most`.
fn json_bytes(value: &Value, most: usize) -> Option<usize> {
    let add = |sum: usize, bytes: usize| sum.checked_add(bytes).filter(|sum| *sum <= most);
    match value {
        // a control character takes six bytes as an escape
        Value::String(text) => add(2, text.chars().map(escaped_bytes).sum()),
        Value::Array(items) => items.iter().try_fold(2, |sum, item| add(sum + 1, json_bytes(item, most)?)),
        Value::Object(members) => members.iter().try_fold(2, |sum, (name, item)| {
            add(add(sum + 4, name.chars().map(escaped_bytes).sum())?, json_bytes(item, most)?)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => add(0, 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(value: &Value) -> usize {
        value.to_string().len()
    }

    #[test]
    fn long_list_of_targets_is_recorded_by_kinds() {
        let entities =
            |count: usize| (0..count).map(|number| TargetEntity::Known(format!("unit-{}-{number}", "u".repeat(100))));
        let act = |count: usize| {
            let target = policy::Target { entities: entities(count).collect(), ..policy::Target::default() };
            bound_targets(Act::new("juju_run", policy::Effect::Write).with_target(target))
        };
        assert_eq!(act(10).target.entities.len(), 10);
        assert_eq!(act(1000).target.entities, [TargetEntity::All(policy::EntityKind::Unit)]);
    }

    #[test]
    fn small_arguments_are_recorded_whole() {
        let arguments = json!({"model": "shop", "values": {"title": "x".repeat(10_000)}});
        assert_eq!(bound_arguments(arguments.clone()), arguments);
    }

    #[test]
    fn long_text_is_recorded_as_digest_size_and_beginning() {
        let recorded = bound_arguments(json!({"model": "shop", "params": {"x": "ä".repeat(2_000_000)}}));
        assert!(size(&recorded) < 4096, "{}", size(&recorded));
        assert_eq!(recorded["model"], "shop");
        let summary = &recorded["params"]["x"]["truncated"];
        assert_eq!(summary["bytes"], 4_000_000);
        assert_eq!(summary["sha256"].as_str().expect("a digest").len(), 64);
        assert_eq!(summary["beginning"], "ä".repeat(512));
    }

    #[test]
    fn arguments_of_any_form_stay_below_the_limit() {
        let many = |count: usize, value: Value| Value::Array(vec![value; count]);
        let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
        let names = (0..50_000).map(|at| (format!("key{at}"), json!(true))).collect::<Map<_, _>>();
        for arguments in [
            json!({"a": many(100_000, json!("x"))}),
            json!({"a": many(2_000, json!("x".repeat(2_000)))}),
            json!({"a": many(2_000_000, json!(1))}),
            json!({"x".repeat(1 << 20): 1}),
            json!({"a": "\u{1}".repeat(100_000)}),
            json!({"a": many(100_000, Value::Null), "b": names}),
            json!({"a": deep}),
        ] {
            let recorded = bound_arguments(arguments);
            assert!(size(&recorded) <= MAX_RECORDED_ARGUMENTS_BYTES, "{}", size(&recorded));
        }
    }
}
