//! Words that are written another way: glued together, broken by hyphens, or with letters out of order.

use crate::lexicon::{EMPTY, Lexicon, Meaning, Table, hash};

/// Shortest word that may be several.
pub(crate) const GLUED: usize = 16;
/// Most such words of one text, so that a text cannot keep the detector busy.
const MOST: usize = 40;
/// Longest known word that is looked for in one.
const LONGEST: usize = 14;
/// Shortest known word that is looked for in one.
const SHORTEST: usize = 3;

/// Words that attacks are made of, which are also known by their letters in another order, or when one is missing.
const OFTEN: [&str; 34] = [
    "ignore",
    "disregard",
    "forget",
    "bypass",
    "override",
    "previous",
    "earlier",
    "instructions",
    "instruction",
    "directives",
    "guidelines",
    "system",
    "prompt",
    "reveal",
    "password",
    "passwords",
    "secret",
    "secrets",
    "credentials",
    "assistant",
    "developer",
    "delete",
    "destroy",
    "remove",
    "approval",
    "approved",
    "confirmation",
    "without",
    "execute",
    "everything",
    "restrictions",
    "permission",
    "safety",
    "model",
];

/// The words of [`OFTEN`] by their letters.
#[derive(Debug)]
pub(crate) struct Spelling {
    /// By the letters, the first and the last.
    moved: Table<Meaning>,
    /// The same of the longer ones with one letter less, whichever is the last.
    short: Table<Meaning>,
    /// A bit for each length that a word may have which begins with that letter.
    lengths: [u32; 26],
}

/// One number for how often each letter is in a word, its first and, where that counts, its last letter.
fn letters(counts: u128, first: u8, last: u8) -> u64 {
    hash(EMPTY, counts.to_le_bytes().into_iter().chain([first, last]))
}

impl Spelling {
    /// What the words mean to a lexicon.
    pub(crate) fn new(lexicon: &Lexicon) -> Self {
        let mut spelling = Self { moved: Table::default(), short: Table::default(), lengths: [0; 26] };
        for word in OFTEN {
            let (meaning, bytes) = (lexicon.meaning(word), word.as_bytes());
            let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { continue };
            let lengths = &mut spelling.lengths[usize::from(first - b'a')];
            *lengths |= 1 << bytes.len();
            *spelling.moved.entry(letters(count(word), *first, *last)).or_default() |= meaning;
            if bytes.len() > 6 {
                *lengths |= 1 << (bytes.len() - 1);
                for gone in &bytes[1..] {
                    *spelling.short.entry(letters(count(word) - one(*gone), *first, 0)).or_default() |= meaning;
                }
            }
        }
        spelling
    }

    /// What a word means whose letters are those of another.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        let bytes = word.as_bytes();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
        let first = first.to_ascii_lowercase();
        let lengths = self.lengths.get(usize::from(first.wrapping_sub(b'a'))).copied().unwrap_or_default();
        if bytes.len() > 31 || lengths & 1 << bytes.len() == 0 || !bytes.iter().all(u8::is_ascii_alphabetic) {
            return 0;
        }
        let counts = count(word);
        let moved = self.moved.get(&letters(counts, first, last.to_ascii_lowercase()));
        moved.or_else(|| self.short.get(&letters(counts, first, 0))).copied().unwrap_or_default()
    }
}

/// Four bits for each letter.
fn count(word: &str) -> u128 {
    word.bytes().map(|letter| one(letter.to_ascii_lowercase())).fold(0, u128::wrapping_add)
}

fn one(letter: u8) -> u128 {
    1 << (4 * u32::from(letter.wrapping_sub(b'a') % 26))
}

/// Each long word of a text taken apart, at underscores, at capitals, and where one known word ends and another begins.
pub(crate) fn parted(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.len() >= GLUED).take(MOST).map(|word| taken_apart(word, lexicon)).collect()
}

fn taken_apart(word: &str, lexicon: &Lexicon) -> String {
    let mut before = ' ';
    let mut spaced = String::with_capacity(word.len() * 2);
    for letter in word.chars() {
        if before.is_ascii_lowercase() && letter.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if letter == '_' { ' ' } else { letter });
        before = letter;
    }
    let mut apart = String::with_capacity(spaced.len() + 16);
    for part in spaced.split_inclusive(' ') {
        if part.len() < GLUED { apart.push_str(part) } else { unglue(part, lexicon, &mut apart) }
    }
    apart
}

/// Writes a long word with spaces around each known word in it.
fn unglue(word: &str, lexicon: &Lexicon, apart: &mut String) {
    let mut at = 0;
    while at < word.len() {
        let Some(rest) = word.get(at..).filter(|rest| rest.is_ascii()) else { return apart.push_str(&word[at..]) };
        let lengths = || SHORTEST..=LONGEST.min(rest.len());
        let whole = lengths().rev().find(|length| lexicon.is_whole(&rest[..*length]));
        // of a stem, only itself is known to belong to the word
        let known = whole.or_else(|| lengths().find(|length| lexicon.meaning(&rest[..*length]) != 0));
        let length = known.unwrap_or(1);
        let space = if known.is_some() { " " } else { "" };
        apart.extend([space, &rest[..length], space]);
        at += length;
    }
}

/// A text without the hyphens that stand between letters.
pub(crate) fn unhyphenated(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    let stays =
        |(at, letter): &(usize, char)| *letter != '-' || !is_letter(at.checked_sub(1)) || !is_letter(Some(at + 1));
    text.char_indices().filter(stays).map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::{IGNORE, SECRET};

    #[test]
    fn letters_out_of_order_and_missing_are_forgiven() {
        let spelling = Spelling::new(&Lexicon::new());
        assert_eq!(spelling.meaning("igonre"), IGNORE);
        assert_eq!(spelling.meaning("Pasword"), SECRET);
        for other in ["ignite", "word", "prompter", "a", "", "passw0rd", "münchen"] {
            assert_eq!(spelling.meaning(other), 0, "{other}");
        }
    }

    #[test]
    fn glued_and_broken_words_are_mended() {
        let lexicon = Lexicon::new();
        assert_eq!(parted("an IgnoreAllPreviousRules here", &lexicon), ["Ignore All Previous Rules"]);
        assert_eq!(parted("ignore_all_previous", &lexicon), ["ignore all previous"]);
        let words = parted("ignoreallpreviousrules", &lexicon).concat();
        assert_eq!(words.split_whitespace().collect::<Vec<_>>(), ["ignore", "all", "previous", "rules"]);
        assert_eq!(unhyphenated("ig-nore -x a-1 pre-vious"), "ignore -x a-1 previous");
    }
}
