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
    PROGRAM = "program", THIS = "this", HEAR = "hear", FIND_OUT = "find-out", KEEP = "keep", FROM = "from", HEREBY = "hereby",
    OUTRANK = "outrank", WHAT_YOU = "what-you", WANTS = "wants", HERE = "here", NEXT = "next", BEFORE_YOU = "before-you",
    CHORE = "chore", FETCH = "fetch", SAYS = "says", FOR_YOU = "for-you", BLANK = "blank", INSTEAD = "instead",
    LOOP = "loop", PROCEED = "proceed", FORCE = "force", HAVE = "have", DICTATE = "dictate", ASKED = "asked", SMUGGLE = "smuggle",
    REPEAT = "repeat", TRUST_ME = "trust-me", NOBODY = "nobody", THING = "thing", OUT_OF = "out-of", MORE_THAN = "more-than", OBEY_ONLY = "obey-only", FORM = "form",
    STANDING = "standing", WORRY = "worry", PART_OF = "part-of", LET = "let", SELF_TEXT = "self-text", GIVEN = "given",
    END_OF = "end-of", BLOCK = "block", OUR_BLOCK = "our-block", TURN = "turn",
}

/// A tool of ours, by its name.
pub(crate) const TOOL: Meaning = 1 << 120;
/// How the names of our tools begin.
const TOOL_START: &str = "juju_";
/// The word may begin a pair of words.
pub(crate) const PAIR: Meaning = 1 << 121;
/// The turn of a word that is written backwards.
pub(crate) const REVERSED: u8 = 0;
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
    whole: Table<Meaning>,
    /// By the hash of their first three bytes.
    stems: Table<Vec<(String, Meaning)>>,
    /// How words are read that are turned.
    turns: Table<u8>,
    /// A bit for the first three bytes of each word, so that most words of an estate are not looked up at all.
    starts: Box<[u64; STARTS / 64]>,
}

/// Things by the hashes of words.
pub(crate) type Table<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// Hashes what is a hash already.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

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

/// FNV-1a, a byte at a time.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// The hash of no bytes.
pub(crate) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of these bytes behind those of which this is the hash.
pub(crate) fn hash(from: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(from, step)
}

/// The small letters of a word: only plain letters can still be capitals.
fn small(word: &str) -> impl Iterator<Item = u8> + Clone {
    word.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// How many starts are told apart.
const STARTS: usize = 1 << 15;

/// The number of each byte in a start: five bits, so that all letters are told apart.
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

/// The number of the first three bytes of a word.
fn start(mut bytes: impl Iterator<Item = u8>) -> usize {
    let mut number = || bytes.next().map_or(0, |byte| usize::from(NUMBERS[usize::from(byte)]));
    number() << 10 | number() << 5 | number()
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut lexicon = Self {
            whole: Table::default(),
            stems: Table::default(),
            turns: Table::default(),
            starts: Box::new([0; STARTS / 64]),
        };
        for line in include_str!("words.txt").lines() {
            let Some((name, words)) = line.split_once(": ").filter(|(name, _)| !name.starts_with('#')) else {
                continue;
            };
            let meaning = NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, meaning)| *meaning);
            words.split_whitespace().for_each(|word| lexicon.add(word, meaning));
        }
        for word in TURNED_WORDS {
            (1..26).for_each(|places| lexicon.add_turned(&decode::rotated(word, places), 26 - places));
            lexicon.add_turned(&word.chars().rev().collect::<String>(), REVERSED);
        }
        lexicon.begins_with(TOOL_START);
        lexicon
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        let (word, stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let parts: Vec<String> = word.split('_').map(fold::word).collect();
        if let [first, second] = parts.as_slice() {
            *self.whole.entry(hash(EMPTY, first.bytes())).or_default() |= PAIR;
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

    fn add_turned(&mut self, word: &str, turn: u8) {
        self.add(word, TURNED);
        self.turns.insert(hash(EMPTY, word.bytes()), turn);
    }

    fn begins_with(&mut self, word: &str) {
        let start = start(word.bytes());
        self.starts[start / 64] |= 1 << (start % 64);
    }

    /// What a word means; 0 for nothing.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        if !self.may_begin(start(word.bytes())) {
            return 0;
        }
        let meaning = self.meaning_of(small(word));
        // variables of a shell begin like our tools, but with capitals
        if meaning == 0 && word.starts_with(TOOL_START) { TOOL } else { meaning }
    }

    /// By how many places the letters of a word have to be moved, or that it is [`REVERSED`], where it is a turned one.
    pub(crate) fn turn(&self, word: &str) -> Option<u8> {
        self.turns.get(&hash(EMPTY, small(word))).copied()
    }

    /// Whether this is a known word as it stands.
    pub(crate) fn is_whole(&self, word: &str) -> bool {
        self.may_begin(start(word.bytes()))
            && self.whole.get(&hash(EMPTY, small(word))).is_some_and(|meaning| meaning & !TURNED != 0)
    }

    /// What a word means that has digits and signs for letters.
    pub(crate) fn meaning_of_leet(&self, word: &str) -> Meaning {
        // an address of mail
        let address = if word.contains('@') { OUT } else { 0 };
        let read = |one| self.meaning_of(small(word).map(move |byte| decode::letter(byte, one)));
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

    /// What two words mean that stand together, beyond what each means.
    pub(crate) fn pair(&self, Pair(before): Pair, word: &str) -> Meaning {
        self.whole.get(&hash(before, small(word))).copied().unwrap_or_default()
    }
}

/// The first of two words that stand together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair(u64);

impl Pair {
    /// What to look up with the next word, where this one may begin a pair.
    pub(crate) fn of(word: &str, meaning: Meaning) -> Option<Self> {
        (meaning & PAIR != 0).then(|| Self(step(hash(EMPTY, small(word)), b' ')))
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
        let system = Pair::of("System", lexicon.meaning("System")).expect("it may begin a pair");
        assert_eq!(lexicon.pair(system, "PROMPT") & (OWN_TEXT | INSTRUCTION), OWN_TEXT | INSTRUCTION);
        assert_eq!(lexicon.meaning_of_leet("1gn0re"), IGNORE);
    }
}
