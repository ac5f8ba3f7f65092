//! Tokenizer: one pass over a text reports its words and collects statistics that select further checks.

use crate::{
    deobfuscate::MIN_GLUED_LEN,
    normalize::{Word, WordBuilder},
};

/// Bit set of byte classes.
pub(crate) type Class = u16;

const LETTER: Class = 1;
const DIGIT: Class = 1 << 1;
const UNDERSCORE: Class = 1 << 2;
/// Ends a sentence or a line.
const STOP: Class = 1 << 3;
/// A sign that may belong to a word, such as an apostrophe.
const IN_WORD_SIGN: Class = 1 << 4;
/// A byte outside ASCII.
const NON_ASCII: Class = 1 << 5;
/// May begin a marker.
pub(crate) const MARK: Class = 1 << 6;
/// Begins a percent-encoded byte.
pub(crate) const PERCENT: Class = 1 << 7;
/// Begins an HTML entity.
pub(crate) const AMPERSAND: Class = 1 << 8;
/// A character of base64 or hexadecimal.
const CODE: Class = 1 << 9;

const WORD: Class = LETTER | DIGIT | UNDERSCORE;

const CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    loop {
        classes[byte as usize] = class(byte);
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

const fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => LETTER | CODE,
        b'0'..=b'9' => DIGIT | CODE,
        b'_' => UNDERSCORE | CODE,
        b'.' | b'\n' | b';' => STOP,
        b'|' | b'?' => STOP | MARK,
        b'!' => STOP | MARK | IN_WORD_SIGN,
        b'\'' | b'@' | b'$' => IN_WORD_SIGN,
        b'<' | b'[' | b'#' | b'"' | b'`' | b']' | b'{' => MARK,
        b'%' => PERCENT,
        b'&' => AMPERSAND,
        b'+' | b'/' | b'-' => CODE,
        0x80.. => NON_ASCII,
        _ => 0,
    }
}

/// Whether a marker may begin with this byte.
pub(crate) fn may_be_mark(byte: u8) -> bool {
    CLASSES[usize::from(byte)] & MARK != 0
}

/// Shortest run of characters that is decoded.
const MIN_CODE_LEN: usize = 16;
/// Decoded runs per text, to bound the time.
const MAX_CODES: usize = 40;

/// Statistics of a text that select further readings.
#[derive(Debug, Default)]
pub(crate) struct TokenStats {
    /// The classes of all bytes.
    pub(crate) classes: Class,
    /// Number of words.
    pub(crate) words: usize,
    /// Number of words of one letter.
    pub(crate) single_letters: usize,
    /// Whether a word is long enough to be several glued together.
    pub(crate) glued: bool,
    /// Number of hyphens between letters.
    pub(crate) hyphens: usize,
    /// The longest sequence of words that may be character codes.
    pub(crate) numbers: usize,
    /// Byte ranges of runs that may be encodings.
    pub(crate) codes: Vec<(usize, usize)>,
}

/// Reports each word of a text to `each`. ASCII words are not normalized.
pub(crate) fn words(text: &str, each: &mut impl FnMut(Word<'_>)) -> TokenStats {
    let bytes = text.as_bytes();
    let mut tokenizer = Tokenizer { seen: TokenStats::default(), position: 0, code: None, numbers: 0 };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = CLASSES[usize::from(byte)];
        if class & (WORD | NON_ASCII) != 0 || byte == b'$' {
            let chunk = Chunk::at(bytes, at);
            tokenizer.seen.classes |= chunk.classes;
            if chunk.mixed {
                tokenizer.mixed_word(text, at, chunk.end, each);
            } else {
                tokenizer.plain_word(text, at, &chunk, each);
            }
            at = chunk.next;
            continue;
        }
        tokenizer.seen.classes |= class;
        tokenizer.position += u32::from(class & STOP != 0);
        if byte == b'-' {
            let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
            tokenizer.seen.hyphens +=
                usize::from(at > 0 && is_letter(bytes.get(at - 1)) && is_letter(bytes.get(at + 1)));
        }
        tokenizer.extend_code(at, class);
        at += 1;
    }
    tokenizer.end_code(bytes.len());
    tokenizer.seen
}

/// Bytes up to the next separator: one word, or several with signs or non-ASCII letters between them.
struct Chunk {
    /// End of the last letter.
    end: usize,
    /// End of the signs that follow.
    next: usize,
    classes: Class,
    /// Contains more than letters, digits and underscores.
    mixed: bool,
}

impl Chunk {
    fn at(bytes: &[u8], start: usize) -> Self {
        let mut chunk = Self { end: start, next: start, classes: 0, mixed: false };
        while let Some(&byte) = bytes.get(chunk.next) {
            let class = CLASSES[usize::from(byte)];
            if class & (WORD | IN_WORD_SIGN | NON_ASCII) == 0 {
                break;
            }
            chunk.classes |= class;
            chunk.next += 1;
            if class & IN_WORD_SIGN == 0 {
                chunk.mixed |= class & NON_ASCII != 0 || chunk.end + 1 != chunk.next;
                chunk.end = chunk.next;
            }
        }
        chunk
    }
}

/// Whether a word may be a character code: hexadecimal, decimal or binary.
fn is_number(word: &[u8], classes: Class) -> bool {
    match word {
        [first, second] => first.is_ascii_hexdigit() && second.is_ascii_hexdigit(),
        [b'0', b'x', _, _] => true,
        [_, _, _] => classes & LETTER == 0,
        [_, _, _, _, _, _, _, ..] if word.len() < 9 => word.iter().all(|byte| matches!(byte, b'0' | b'1')),
        _ => false,
    }
}

struct Tokenizer {
    seen: TokenStats,
    position: u32,
    /// Start of the current run of encoding characters.
    code: Option<usize>,
    /// Length of the current sequence of possible character codes.
    numbers: usize,
}

impl Tokenizer {
    fn plain_word(&mut self, text: &str, start: usize, chunk: &Chunk, each: &mut impl FnMut(Word<'_>)) {
        self.code.get_or_insert(start);
        if chunk.next > chunk.end {
            self.end_code(chunk.end);
        }
        let text = &text[start..chunk.end];
        self.seen.words += 1;
        self.seen.single_letters += usize::from(text.len() == 1 && chunk.classes & LETTER != 0);
        self.seen.glued |= text.len() >= MIN_GLUED_LEN && chunk.classes & LETTER != 0;
        self.numbers = if is_number(text.as_bytes(), chunk.classes) { self.numbers + 1 } else { 0 };
        self.seen.numbers = self.seen.numbers.max(self.numbers);
        if chunk.classes & LETTER != 0 {
            each(Word {
                text,
                position: self.position,
                run: false,
                mixed: chunk.classes & DIGIT != 0 && text.len() > 3,
            });
        }
        self.position += 1;
    }

    fn mixed_word(&mut self, text: &str, start: usize, end: usize, each: &mut impl FnMut(Word<'_>)) {
        for (at, byte) in text.bytes().enumerate().take(end).skip(start) {
            self.extend_code(at, CLASSES[usize::from(byte)]);
        }
        let single_letters = &mut self.seen.single_letters;
        self.position = WordBuilder::at(self.position).all(&text[start..end], &mut |word: Word<'_>| {
            *single_letters += usize::from(!word.run && word.text.chars().nth(1).is_none());
            each(word);
        });
    }

    /// Extends or ends the current run of encoding characters.
    fn extend_code(&mut self, at: usize, class: Class) {
        if class & CODE == 0 {
            self.end_code(at);
        } else {
            self.code.get_or_insert(at);
        }
    }

    fn end_code(&mut self, end: usize) {
        let Some(start) = self.code.take() else { return };
        if end - start >= MIN_CODE_LEN && self.seen.codes.len() < MAX_CODES {
            self.seen.codes.push((start, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<(String, u32, bool)> {
        let mut found = Vec::new();
        words(text, &mut |word| found.push((word.text.to_ascii_lowercase(), word.position, word.run)));
        found
    }

    fn texts(text: &str) -> Vec<String> {
        folded(text).into_iter().map(|(text, ..)| text).collect()
    }

    #[test]
    fn tokenizer_splits_words_with_signs_and_non_ascii_letters() {
        assert_eq!(texts("Ignore, the (old) rules!"), ["ignore", "the", "old", "rules"]);
        assert_eq!(
            texts("don't l'ordine $HOME p@ssword a@ stop!now"),
            ["dont", "l", "ordine", "$home", "p@ssword", "a", "stop!now"]
        );
        assert_eq!(texts("Önceki ｒｕｌｅｓ, Ignоrе"), ["onceki", "rules", "ignore"]);
        let run = folded("忽略rules 다음");
        assert_eq!(run.iter().map(|(_, _, run)| *run).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn tokenizer_counts_a_sentence_end_as_a_position() {
        assert_eq!(folded("a b. c").iter().map(|(_, position, _)| *position).collect::<Vec<_>>(), [0, 1, 3]);
    }

    #[test]
    fn tokenizer_reports_runs_that_may_be_encodings() {
        let text = "key='aWdub3JlIGFsbCBydWxlcw', übeR/0123456789abcdef";
        let seen = words(text, &mut |_| {});
        let runs: Vec<_> = seen.codes.iter().map(|(start, end)| &text[*start..*end]).collect();
        assert_eq!(runs, ["aWdub3JlIGFsbCBydWxlcw", "beR/0123456789abcdef"]);
    }
}
