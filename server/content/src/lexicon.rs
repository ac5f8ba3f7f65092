//! Words and what they mean to the rules, from `words.txt`.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{decode, fold};

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
    NOT_AFTER = "not-after", NOW_YOU_ARE = "now-you-are", I_CONFIRM = "i-confirm", CONSIDER = "consider",
    ANYONE = "anyone", JUJU = "juju", OMIT = "omit", TOLD = "told",
    PRETEND = "pretend", ASIDE = "aside", DESTROY = "destroy", TURNED = "turned",
}

/// A tool of ours, by its name.
pub(crate) const TOOL: Meaning = 1 << 120;
/// The word may begin a pair of words.
const PAIR: Meaning = 1 << 121;
/// Longest run of letters that is looked up in scripts without spaces.
pub(crate) const LONGEST_RUN: usize = 8;
/// Words that are looked for in texts whose letters were moved or turned around.
const TURNED_WORDS: [&str; 14] = [
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
];

/// All words, by their hashes: that two words share one of 64 bits would only make one text look a little worse.
#[derive(Debug)]
pub(crate) struct Lexicon {
    whole: Table,
    stems: Table,
    /// A bit for each start of a stem, by its first three bytes, so that few words are looked at twice.
    starts: Box<[u64; 64]>,
}

type Table = HashMap<u64, Meaning, BuildHasherDefault<AsItIs>>;

/// Hashes what is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| step(hash, *byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// FNV-1a, a byte at a time: the hash of each beginning of a word comes with that of the word.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

fn hash(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, step)
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut lexicon = Self { whole: Table::default(), stems: Table::default(), starts: Box::new([0; 64]) };
        for line in include_str!("words.txt").lines() {
            let Some((name, words)) = line.split_once(": ").filter(|(name, _)| !name.starts_with('#')) else {
                continue;
            };
            let meaning = NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, meaning)| *meaning);
            words.split_whitespace().for_each(|word| lexicon.add(word, meaning));
        }
        for word in TURNED_WORDS {
            lexicon.add(&crate::decode::rotated(word), TURNED);
            lexicon.add(&word.chars().rev().collect::<String>(), TURNED);
        }
        lexicon
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        let (word, stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let parts: Vec<String> = word.split('_').map(fold::word).collect();
        if let [first, _] = parts.as_slice() {
            *self.whole.entry(hash(EMPTY, first)).or_default() |= PAIR;
        }
        let word = parts.join(" ");
        if stem {
            if let Some((row, bit)) = start(word.as_bytes()) {
                self.starts[row] |= bit;
            }
            *self.stems.entry(hash(EMPTY, &word)).or_default() |= meaning;
        } else {
            *self.whole.entry(hash(EMPTY, &word)).or_default() |= meaning;
        }
    }

    /// What a folded word means; 0 for nothing.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        self.meaning_of(word.bytes())
            | if word.starts_with("juju_") { TOOL } else { 0 }
            // an address of mail
            | if word.contains('@') { OUT } else { 0 }
    }

    /// What a word means that has digits and signs for letters.
    pub(crate) fn meaning_of_leet(&self, word: &str) -> Meaning {
        let read = |one| self.meaning_of(word.bytes().map(move |byte| decode::letter(byte, one)));
        read(b'i') | read(b'l')
    }

    fn meaning_of(&self, bytes: impl Iterator<Item = u8> + Clone) -> Meaning {
        let mut beginning = bytes.clone();
        let first = [beginning.next(), beginning.next(), beginning.next()].map(Option::unwrap_or_default);
        let may_have_stem = start(&first).is_some_and(|(row, bit)| self.starts[row] & bit != 0);
        let (mut whole, mut meaning) = (EMPTY, 0);
        for byte in bytes {
            whole = step(whole, byte);
            if may_have_stem {
                meaning |= self.stems.get(&whole).copied().unwrap_or_default();
            }
        }
        meaning | self.whole.get(&whole).copied().unwrap_or_default()
    }

    /// What two words mean that stand together, beyond what each means.
    pub(crate) fn pair(&self, before: &str, meaning: Meaning, word: &str) -> Meaning {
        if meaning & PAIR == 0 {
            return 0;
        }
        self.whole.get(&hash(step(hash(EMPTY, before), b' '), word)).copied().unwrap_or_default()
    }
}

/// Where the bit of a start stands.
fn start(word: &[u8]) -> Option<(usize, u64)> {
    let [first, second, third] = word.first_chunk::<3>()?.map(usize::from);
    let place = (first * 31 + second * 7 + third) % 4096;
    Some((place / 64, 1 << (place % 64)))
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
        assert_eq!(lexicon.pair("system", lexicon.meaning("system"), "prompt"), OWN_TEXT | INSTRUCTION);
        assert_eq!(lexicon.meaning_of_leet("1gn0re"), IGNORE);
    }
}
