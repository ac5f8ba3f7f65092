//! Reverses obfuscated spelling: glued words, hyphenated words, transposed or missing letters.

use crate::lexicon::{EMPTY, Lexicon, Meaning, Table, hash};

/// Minimum length of a word that may be several glued together.
pub(crate) const MIN_GLUED_LEN: usize = 16;
/// Such words per text, to bound the time.
const MAX_GLUED_WORDS: usize = 40;
/// Maximum length of a known word within a glued one.
const MAX_PART_LEN: usize = 14;
/// Minimum length of a known word within a glued one.
const MIN_PART_LEN: usize = 3;

/// Common words of attacks, which are also recognized with transposed letters or one letter missing.
const COMMON_WORDS: [&str; 34] = [
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

/// Index of [`COMMON_WORDS`] by their letters.
#[derive(Debug)]
pub(crate) struct Spelling {
    /// By letter counts, first and last letter.
    transposed: Table<Meaning>,
    /// The same for longer words with one letter missing; the last letter is free.
    missing: Table<Meaning>,
    /// By first letter: one bit for each possible length.
    lengths: [u32; 26],
}

/// Hash of the letter counts of a word, its first letter and, if relevant, its last.
fn letters(counts: u128, first: u8, last: u8) -> u64 {
    hash(EMPTY, counts.to_le_bytes().into_iter().chain([first, last]))
}

impl Spelling {
    /// Builds the index with the meanings of a lexicon.
    pub(crate) fn new(lexicon: &Lexicon) -> Self {
        let mut spelling = Self { transposed: Table::default(), missing: Table::default(), lengths: [0; 26] };
        for word in COMMON_WORDS {
            let (meaning, bytes) = (lexicon.meaning(word), word.as_bytes());
            let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { continue };
            let lengths = &mut spelling.lengths[usize::from(first - b'a')];
            *lengths |= 1 << bytes.len();
            *spelling.transposed.entry(letters(count(word), *first, *last)).or_default() |= meaning;
            if bytes.len() > 6 {
                *lengths |= 1 << (bytes.len() - 1);
                for gone in &bytes[1..] {
                    *spelling.missing.entry(letters(count(word) - one(*gone), *first, 0)).or_default() |= meaning;
                }
            }
        }
        spelling
    }

    /// The meaning of a misspelt word.
    pub(crate) fn meaning(&self, word: &str) -> Meaning {
        let bytes = word.as_bytes();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
        let first = first.to_ascii_lowercase();
        let lengths = self.lengths.get(usize::from(first.wrapping_sub(b'a'))).copied().unwrap_or_default();
        if bytes.len() > 31 || lengths & 1 << bytes.len() == 0 || !bytes.iter().all(u8::is_ascii_alphabetic) {
            return 0;
        }
        let counts = count(word);
        let transposed = self.transposed.get(&letters(counts, first, last.to_ascii_lowercase()));
        transposed.or_else(|| self.missing.get(&letters(counts, first, 0))).copied().unwrap_or_default()
    }
}

/// Letter counts, four bits each.
fn count(word: &str) -> u128 {
    word.bytes().map(|letter| one(letter.to_ascii_lowercase())).fold(0, u128::wrapping_add)
}

fn one(letter: u8) -> u128 {
    1 << (4 * u32::from(letter.wrapping_sub(b'a') % 26))
}

/// Splits each long word of a text at underscores, at upper-case letters, and between known words.
pub(crate) fn split_glued(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| word.len() >= MIN_GLUED_LEN)
        .take(MAX_GLUED_WORDS)
        .map(|word| split_word(word, lexicon))
        .collect()
}

fn split_word(word: &str, lexicon: &Lexicon) -> String {
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
        if part.len() < MIN_GLUED_LEN { apart.push_str(part) } else { unglue(part, lexicon, &mut apart) }
    }
    apart
}

/// Writes a long word with spaces around each known word.
fn unglue(word: &str, lexicon: &Lexicon, apart: &mut String) {
    let mut at = 0;
    while at < word.len() {
        let Some(rest) = word.get(at..).filter(|rest| rest.is_ascii()) else { return apart.push_str(&word[at..]) };
        let lengths = || MIN_PART_LEN..=MAX_PART_LEN.min(rest.len());
        let whole = lengths().rev().find(|length| lexicon.is_whole(&rest[..*length]));
        // of a stem, only its own letters surely belong to the word
        let known = whole.or_else(|| lengths().find(|length| lexicon.meaning(&rest[..*length]) != 0));
        let length = known.unwrap_or(1);
        let space = if known.is_some() { " " } else { "" };
        apart.extend([space, &rest[..length], space]);
        at += length;
    }
}

/// Removes hyphens between letters.
pub(crate) fn remove_hyphens(text: &str) -> String {
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
    fn misspelt_words_have_the_meaning_of_the_original() {
        let spelling = Spelling::new(&Lexicon::new());
        assert_eq!(spelling.meaning("igonre"), IGNORE);
        assert_eq!(spelling.meaning("Pasword"), SECRET);
        for other in ["ignite", "word", "prompter", "a", "", "passw0rd", "münchen"] {
            assert_eq!(spelling.meaning(other), 0, "{other}");
        }
    }

    #[test]
    fn glued_and_hyphenated_words_are_restored() {
        let lexicon = Lexicon::new();
        assert_eq!(split_glued("an IgnoreAllPreviousRules here", &lexicon), ["Ignore All Previous Rules"]);
        assert_eq!(split_glued("ignore_all_previous", &lexicon), ["ignore all previous"]);
        let words = split_glued("ignoreallpreviousrules", &lexicon).concat();
        assert_eq!(words.split_whitespace().collect::<Vec<_>>(), ["ignore", "all", "previous", "rules"]);
        assert_eq!(remove_hyphens("ig-nore -x a-1 pre-vious"), "ignore -x a-1 previous");
    }
}
