//! Words with a typing error.

/// The smallest number of letters of a word that may be misspelt, and of one that may have two errors.
const MIN_LETTERS: usize = 4;
const LONG: usize = 8;

/// Words without errors, with what excludes most of them at once.
#[derive(Default)]
pub(super) struct Dictionary {
    words: Vec<(Box<[u8]>, u32)>,
}

impl Dictionary {
    /// Only words of ASCII letters can be corrected.
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let words =
            words.filter(|word| word.len() >= MIN_LETTERS && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        Self { words: words.map(|word| (word.as_bytes().into(), letters_in(word.as_bytes()))).collect() }
    }

    /// The word that a word is with one typing error, or with two if it is long.
    pub(super) fn correct(&self, word: &str) -> Option<&str> {
        let (letters, set) = (word.as_bytes(), letters_in(word.as_bytes()));
        let allowed = match letters.len() {
            0..MIN_LETTERS => return None,
            MIN_LETTERS..LONG => 1_usize,
            _ => 2,
        };
        let near = |known: &[u8], known_set: u32| {
            // each error changes at most two letters of the set
            let possible = known.len().abs_diff(letters.len()) <= allowed && (set ^ known_set).count_ones() <= 4;
            possible.then(|| distance(letters, known)).filter(|distance| *distance <= allowed)
        };
        let candidates = self.words.iter().filter_map(|(known, set)| {
            let distance = near(known, *set)?;
            // an error in the first letter is rare
            Some((distance, known.first() != letters.first(), known))
        });
        candidates.min().and_then(|(_, _, known)| std::str::from_utf8(known).ok())
    }
}

/// The letters of a word as a set of bits.
fn letters_in(word: &[u8]) -> u32 {
    word.iter().fold(0, |set, letter| set | 1 << (u32::from(*letter) % 32))
}

/// The number of letters to insert, remove, replace or exchange with their neighbour.
fn distance(letters: &[u8], other: &[u8]) -> usize {
    let mut before = vec![0; other.len() + 1];
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in letters.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, known) in other.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != known);
            let mut least = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && letters[row - 1] == *known && *letter == other[column - 1] {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[other.len()]
}
