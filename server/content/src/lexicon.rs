//! The word list `words.txt`: words and their meanings for the patterns.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{normalize, substitution};

/// A set of meanings, one bit each.
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
    PRETEND = "pretend", ASIDE = "aside", DESTROY = "destroy", SHIFTED = "turned",
    PROGRAM = "program", THIS = "this", HEAR = "hear", FIND_OUT = "find-out", KEEP = "keep", FROM = "from", HEREBY = "hereby",
    OUTRANK = "outrank", WHAT_YOU = "what-you", WANTS = "wants", HERE = "here", NEXT = "next", BEFORE_YOU = "before-you",
    CHORE = "chore", FETCH = "fetch", SAYS = "says", FOR_YOU = "for-you", BLANK = "blank", INSTEAD = "instead",
    LOOP = "loop", PROCEED = "proceed", FORCE = "force", HAVE = "have", DICTATE = "dictate", ASKED = "asked", SMUGGLE = "smuggle",
    REPEAT = "repeat", TRUST_ME = "trust-me", NOBODY = "nobody", THING = "thing", OUT_OF = "out-of", MORE_THAN = "more-than", OBEY_ONLY = "obey-only", FORM = "form",
    STANDING = "standing", WORRY = "worry", PART_OF = "part-of", LET = "let", SELF_TEXT = "self-text", GIVEN = "given",
    END_OF = "end-of", BLOCK = "block", OUR_BLOCK = "our-block", TURN = "turn",
}

/// The name of a tool of this server.
pub(crate) const TOOL: Meaning = 1 << 120;
/// Prefix of the names of this server's tools.
const TOOL_PREFIX: &str = "juju_";
/// Labels of metrics and logs of charms, which have the prefix and name no tool.
const TOPOLOGY_LABELS: [&str; 6] =
    ["juju_application", "juju_charm", "juju_charm_name", "juju_model", "juju_model_uuid", "juju_unit"];

/// Whether a text begins with the name of a label of charms.
pub(crate) fn begins_with_label(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| !byte.is_ascii_lowercase() && *byte != b'_').unwrap_or(bytes.len());
    TOPOLOGY_LABELS.iter().any(|label| label.as_bytes() == &bytes[..end])
}
/// The word may begin a bigram.
pub(crate) const BIGRAM_START: Meaning = 1 << 121;
/// The shift of a word that is written backwards.
pub(crate) const REVERSED: u8 = 0;
/// Maximum word length in scripts without spaces.
pub(crate) const MAX_RUN_WORD_LEN: usize = 8;
/// Words that are recognized rotated by any number of places (ROT13 and others) or reversed.
const SHIFTED_WORDS: [&str; 14] = [
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

/// All words by their 64-bit hash. A collision would only raise the score of one text slightly.
#[derive(Debug)]
pub(crate) struct Lexicon {
    whole: Table<Meaning>,
    /// By the hash of the first three bytes.
    stems: Table<Vec<(String, Meaning)>>,
    /// The shift of each rotated word.
    shifts: Table<u8>,
    /// One bit for the first three bytes of each word, so that most words of a text need no lookup.
    starts: Box<[u64; STARTS / 64]>,
}

/// Map by the hash of a word.
pub(crate) type Table<T> = HashMap<u64, T, BuildHasherDefault<IdentityHasher>>;

/// Passes hashes through unchanged.
#[derive(Debug, Default)]
pub(crate) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
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

/// FNV-1a, a byte at a time.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// FNV-1a offset basis: the hash of no bytes.
pub(crate) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// Continues the hash `from` with more bytes.
pub(crate) fn hash(from: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(from, step)
}

/// The lower-case bytes of a word; only ASCII letters can still be upper case.
fn lowercase(word: &str) -> impl Iterator<Item = u8> + Clone {
    word.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// Number of distinct word starts.
const STARTS: usize = 1 << 15;

/// The code of each byte in a start: five bits, one value for each letter.
const NUMBERS: [u8; 256] = {
    let mut numbers = [29; 256];
    let mut byte = 0;
    loop {
        numbers[byte as usize] = match byte {
            b'a'..=b'z' => byte - b'a' + 1,
            b'A'..=b'Z' => byte - b'A' + 1,
            b'0'..=b'9' => 27,
            b'_' => 28,
            0x80.. => 30 + (byte & 1),
            _ => 29,
        };
        if byte == u8::MAX {
            break numbers;
        }
        byte += 1;
    }
};

/// The code of the first three bytes of a word.
fn start(mut bytes: impl Iterator<Item = u8>) -> usize {
    let mut number = || bytes.next().map_or(0, |byte| usize::from(NUMBERS[usize::from(byte)]));
    number() << 10 | number() << 5 | number()
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut lexicon = Self {
            whole: Table::default(),
            stems: Table::default(),
            shifts: Table::default(),
            starts: Box::new([0; STARTS / 64]),
        };
        for line in include_str!("words.txt").lines() {
            let Some((name, words)) = line.split_once(": ").filter(|(name, _)| !name.starts_with('#')) else {
                continue;
            };
            let meaning = NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, meaning)| *meaning);
            words.split_whitespace().for_each(|word| lexicon.add(word, meaning));
        }
        for word in SHIFTED_WORDS {
            (1..26).for_each(|places| lexicon.add_shifted(&substitution::rotated(word, places), 26 - places));
            lexicon.add_shifted(&word.chars().rev().collect::<String>(), REVERSED);
        }
        lexicon.begins_with(TOOL_PREFIX);
        lexicon
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        let (word, stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let parts: Vec<String> = word.split('_').map(normalize::word).collect();
        if let [first, second] = parts.as_slice() {
            *self.whole.entry(hash(EMPTY, first.bytes())).or_default() |= BIGRAM_START;
            self.begins_with(second);
        }
        let word = parts.join(" ");
        self.begins_with(&word);
        if stem {
            self.stems.entry(hash(EMPTY, word.bytes().take(3))).or_default().push((word, meaning));
        } else {
            *self.whole.entry(hash(EMPTY, word.bytes())).or_default() |= meaning;
        }
    }

    fn add_shifted(&mut self, word: &str, turn: u8) {
        self.add(word, SHIFTED);
        self.shifts.insert(hash(EMPTY, word.bytes()), turn);
    }

    fn begins_with(&mut self, word: &str) {
        let start = start(word.bytes());
        self.starts[start / 64] |= 1 << (start % 64);
    }

    /// The meanings of a word; 0 if unknown.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        if !self.may_begin(start(word.bytes())) {
            return 0;
        }
        let meaning = self.meaning_of(lowercase(word));
        // shell variables have the same prefix in upper case
        if meaning == 0 && word.starts_with(TOOL_PREFIX) && !TOPOLOGY_LABELS.contains(&word) { TOOL } else { meaning }
    }

    /// The rotation that restores a shifted word, or [`REVERSED`].
    pub(crate) fn shift(&self, word: &str) -> Option<u8> {
        self.shifts.get(&hash(EMPTY, lowercase(word))).copied()
    }

    /// Whether this is a known whole word.
    pub(crate) fn is_whole(&self, word: &str) -> bool {
        self.may_begin(start(word.bytes()))
            && self.whole.get(&hash(EMPTY, lowercase(word))).is_some_and(|meaning| meaning & !SHIFTED != 0)
    }

    /// The meanings of a word with digits and signs in place of letters.
    pub(crate) fn meaning_of_leet(&self, word: &str) -> Meaning {
        // an e-mail address
        let address = if word.contains('@') { OUT } else { 0 };
        let read = |one| self.meaning_of(lowercase(word).map(move |byte| substitution::letter(byte, one)));
        address | read(b'i') | read(b'l')
    }

    fn may_begin(&self, start: usize) -> bool {
        self.starts[start / 64] & 1 << (start % 64) != 0
    }

    fn meaning_of(&self, bytes: impl Iterator<Item = u8> + Clone) -> Meaning {
        if !self.may_begin(start(bytes.clone())) {
            return 0;
        }
        let stems = self.stems.get(&hash(EMPTY, bytes.clone().take(3))).map_or(&[][..], Vec::as_slice);
        let begins = |stem: &str| bytes.clone().take(stem.len()).eq(stem.bytes());
        let stemmed = stems.iter().filter(|(stem, _)| begins(stem)).fold(0, |all, (_, meaning)| all | meaning);
        stemmed | self.whole.get(&hash(EMPTY, bytes)).copied().unwrap_or_default()
    }

    /// The meanings of two adjacent words beyond those of each.
    pub(crate) fn bigram(&self, Bigram(before): Bigram, word: &str) -> Meaning {
        self.whole.get(&hash(before, lowercase(word))).copied().unwrap_or_default()
    }
}

/// The first of two adjacent words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bigram(u64);

impl Bigram {
    /// The hash to continue with the next word, if this word may begin a bigram.
    pub(crate) fn start(word: &str, meaning: Meaning) -> Option<Self> {
        (meaning & BIGRAM_START != 0).then(|| Self(step(hash(EMPTY, lowercase(word)), b' ')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_list_uses_only_known_meanings() {
        for line in include_str!("words.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (name, words) = line.split_once(": ").expect("a meaning and its words");
            assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
            let long = words.split(' ').find(|word| word.split('_').count() > 2);
            assert_eq!(long, None, "{name}: more than two words joined");
        }
    }

    #[test]
    fn lexicon_finds_normalized_words_stems_and_bigrams() {
        let lexicon = Lexicon::new();
        assert_eq!(lexicon.meaning("ignore"), IGNORE);
        assert_eq!(lexicon.meaning("anweisungen"), INSTRUCTION);
        assert_eq!(lexicon.meaning(&normalize::word("Инструкции")), INSTRUCTION);
        assert_eq!(lexicon.meaning("juju_destroy_model"), TOOL);
        assert_eq!((lexicon.meaning("juju_model"), lexicon.meaning("juju_models")), (0, TOOL));
        assert_eq!(lexicon.meaning("weather"), 0);
        let system = Bigram::start("System", lexicon.meaning("System")).expect("it may begin a pair");
        assert_eq!(lexicon.bigram(system, "PROMPT") & (OWN_TEXT | INSTRUCTION), OWN_TEXT | INSTRUCTION);
        assert_eq!(lexicon.meaning_of_leet("1gn0re"), IGNORE);
    }
}
