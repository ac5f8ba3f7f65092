//! Words and what they mean to the rules, from `words.txt`.

use std::collections::{HashMap, HashSet};

use crate::fold;

/// A set of meanings, a bit each.
pub(crate) type Meaning = u128;

macro_rules! meanings {
    ($( $name:ident = $word:literal ),+ $(,)?) => {
        /// Each meaning by its name in `words.txt`.
        const NAMES: &[(&str, Meaning)] = &[$( ($word, $name) ),+];
        meanings!(@bits 0u32; $( $name )+);
    };
    (@bits $bit:expr; $name:ident $( $rest:ident )*) => {
        pub(crate) const $name: Meaning = 1 << $bit;
        meanings!(@bits $bit + 1; $( $rest )*);
    };
    (@bits $bit:expr;) => {};
}

meanings! {
    IGNORE = "ignore", PUT_ASIDE = "put-aside", ENDED = "ended", STOP = "stop", NOT = "not", HEED = "heed",
    INSTRUCTION = "instruction", RULE = "rule", TASK = "task", PRIOR = "prior", YOUR = "your", YOU = "you", NEW = "new",
    ASSISTANT = "assistant", AGENT = "agent", MAKER = "maker", MUST = "must", IF = "if", READ = "read",
    CALL_OUT = "call-out", ACT = "act", TELL = "tell", PERSON = "person", FINE = "fine", HIDE = "hide",
    WITHOUT = "without", ASKING = "asking", REVEAL = "reveal", SECRET = "secret", OWN_TEXT = "own-text", CHAT = "chat",
    VERBATIM = "verbatim", OUT = "out", ANSWER = "answer", PERSONA = "persona", UNBOUND = "unbound",
    NOW_YOU = "now-you", APPROVED = "approved", CONFIRM = "confirm", BEHALF = "behalf", FROM_NOW = "from-now", NEEDED = "needed",
    SNEAK = "sneak", TREAT = "treat", TOOLING = "tooling", ALWAYS = "always", ALL = "all", DECODE = "decode",
    YOURSELF = "yourself", ACT_NOUN = "act-noun",
    WHATEVER = "whatever", PRIVILEGE = "privilege", I_AM = "i-am", GRANT = "grant",
    TO = "to", MODEL = "model", NOW_NEW = "now-new", APPLY = "apply", VOIDED = "voided", ALLOWED = "allowed", BAD = "bad",
    NONE = "none", SHELL = "shell",
    NOT_AFTER = "not-after", NOW_YOU_ARE = "now-you-are", I_CONFIRM = "i-confirm", CONSIDER = "consider", TURNED = "turned",
}

/// A tool of ours, by its name.
pub(crate) const TOOL: Meaning = 1 << 120;
/// The word may begin a pair of words.
const PAIR: Meaning = 1 << 121;
/// Longest run of letters that is looked up in scripts without spaces.
pub(crate) const LONGEST_RUN: usize = 8;
const STEMS: std::ops::RangeInclusive<usize> = 3..=24;

/// All words.
#[derive(Debug)]
pub(crate) struct Lexicon {
    whole: HashMap<Box<str>, Meaning>,
    stems: HashMap<Box<str>, Meaning>,
    /// First three bytes of stems, so that few words are looked at twice.
    starts: HashSet<[u8; 3]>,
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut lexicon = Self { whole: HashMap::new(), stems: HashMap::new(), starts: HashSet::new() };
        for line in include_str!("words.txt").lines() {
            let Some((name, words)) = line.split_once(": ").filter(|(name, _)| !name.starts_with('#')) else {
                continue;
            };
            let meaning = NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, meaning)| *meaning);
            words.split_whitespace().for_each(|word| lexicon.add(word, meaning));
        }
        for word in [
            "ignore",
            "disregard",
            "forget",
            "previous",
            "prior",
            "earlier",
            "instructions",
            "rules",
            "prompt",
            "reveal",
            "password",
            "secrets",
            "delete",
            "model",
        ] {
            lexicon.add(&crate::decode::rotated(word), TURNED);
            lexicon.add(&word.chars().rev().collect::<String>(), TURNED);
        }
        lexicon
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        let (word, stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let parts: Vec<String> = word.split('_').map(fold::word).collect();
        if let [first, _] = parts.as_slice() {
            *self.whole.entry(first.as_str().into()).or_default() |= PAIR;
        }
        let word = parts.join(" ");
        if stem {
            if let Some(start) = word.as_bytes().first_chunk::<3>() {
                self.starts.insert(*start);
            }
            *self.stems.entry(word.into()).or_default() |= meaning;
        } else {
            *self.whole.entry(word.into()).or_default() |= meaning;
        }
    }

    /// What a folded word means; 0 for nothing.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        let mut meaning = self.whole.get(word).copied().unwrap_or_default();
        if word.as_bytes().first_chunk::<3>().is_some_and(|start| self.starts.contains(start)) {
            let ends = word.char_indices().map(|(at, letter)| at + letter.len_utf8()).filter(|end| STEMS.contains(end));
            for stem in ends.filter_map(|end| self.stems.get(&word[..end])) {
                meaning |= stem;
            }
        }
        if word.starts_with("juju_") {
            meaning |= TOOL;
        }
        meaning
    }

    /// What two words mean that stand together, beyond what each means.
    pub(crate) fn pair(&self, first: Meaning, words: impl FnOnce() -> String) -> Meaning {
        if first & PAIR == 0 { 0 } else { self.whole.get(words().as_str()).copied().unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_words_has_a_meaning_that_the_rules_know() {
        for line in include_str!("words.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (name, words) = line.split_once(": ").expect("a meaning and its words");
            assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
            let long = words.split(' ').find(|word| word.split('_').count() > 2);
            assert_eq!(long, None, "{name}: more than two words joined");
        }
    }

    #[test]
    fn words_stems_and_pairs_are_found_in_their_folded_form() {
        let lexicon = Lexicon::new();
        assert_eq!(lexicon.meaning("ignore"), IGNORE);
        assert_eq!(lexicon.meaning("anweisungen"), INSTRUCTION);
        assert_eq!(lexicon.meaning(&fold::word("Инструкции")), INSTRUCTION);
        assert_eq!(lexicon.meaning("juju_destroy_model"), TOOL);
        assert_eq!(lexicon.meaning("weather"), 0);
        let first = lexicon.meaning("system");
        assert_eq!(lexicon.pair(first, || "system prompt".to_owned()), OWN_TEXT | INSTRUCTION);
    }
}
