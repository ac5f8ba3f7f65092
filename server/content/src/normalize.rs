//! Normalizes letters: NFKC, lower case, without accents, confusables of other scripts as the Latin letter.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization as _, char::decompose_canonical};

use crate::substitution;

/// Elided articles and pronouns, after which an apostrophe separates two words.
const ELIDED: [&str; 14] = ["l", "d", "qu", "n", "s", "j", "m", "t", "c", "all", "dell", "nell", "sull", "un"];

/// A word and its position. A word counts one, the end of a sentence one more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Normalized, except that ASCII letters may be upper case.
    pub(crate) text: &'a str,
    pub(crate) position: u32,
    /// Contains digits or signs that may replace letters.
    pub(crate) mixed: bool,
    /// Belongs to a script without spaces, so it may be several words.
    pub(crate) run: bool,
}

/// Normalizes one word.
pub(crate) fn word(text: &str) -> String {
    let mut folded = String::new();
    WordBuilder::at(0).all(text, &mut |word| folded.push_str(word.text));
    folded
}

/// Builds normalized words letter by letter.
pub(crate) struct WordBuilder {
    text: String,
    position: u32,
    run: bool,
    latin: bool,
    has_confusable: bool,
}

impl WordBuilder {
    /// Starts at a word position.
    pub(crate) fn at(position: u32) -> Self {
        Self { text: String::new(), position, run: false, latin: false, has_confusable: false }
    }

    /// Reports each word of a text to `each`. Returns the position of the next word.
    pub(crate) fn all(mut self, text: &str, each: &mut impl FnMut(Word<'_>)) -> u32 {
        if text.is_ascii() {
            text.bytes().for_each(|byte| self.ascii(byte, each));
        } else {
            for letter in text.nfkc() {
                self.letter(letter, each);
            }
        }
        self.end(each);
        self.position
    }

    fn ascii(&mut self, byte: u8, each: &mut impl FnMut(Word<'_>)) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'A'..=b'Z' => {
                if self.run {
                    self.end(each);
                    self.run = false;
                }
                self.latin |= byte.is_ascii_alphabetic();
                self.text.push(byte.to_ascii_lowercase().into());
            }
            // "don't" is one word
            b'\'' if ELIDED.contains(&self.text.as_str()) => self.end(each),
            b'\'' if !self.text.is_empty() => {}
            // signs that replace letters within a word
            b'@' | b'$' | b'!' if !self.text.is_empty() => self.text.push(byte.into()),
            // a shell variable keeps its `$`, so that it is not the word itself
            b'$' => self.push('$', each),
            b'.' | b'!' | b'?' | b'\n' | b';' | b'|' => {
                self.end(each);
                self.position += 1;
            }
            _ => self.end(each),
        }
    }

    fn letter(&mut self, letter: char, each: &mut impl FnMut(Word<'_>)) {
        if let Ok(byte) = u8::try_from(letter)
            && byte.is_ascii()
        {
            return self.ascii(byte, each);
        }
        match letter {
            '’' | 'ʼ' => self.ascii(b'\'', each),
            '。' | '！' | '？' | '؟' | '।' | '…' => {
                self.end(each);
                self.position += 1;
            }
            _ if is_run(letter) => self.push(letter, each),
            _ if letter.is_alphanumeric() || is_combining_mark(letter) => {
                for small in letter.to_lowercase() {
                    decompose_canonical(small, |part| {
                        if !is_combining_mark(part) {
                            self.push(plain(part), each);
                        }
                    });
                }
            }
            _ => self.end(each),
        }
    }

    fn push(&mut self, letter: char, each: &mut impl FnMut(Word<'_>)) {
        let run = is_run(letter);
        if run != self.run {
            self.end(each);
            self.run = run;
        }
        self.latin |= letter.is_ascii_alphabetic();
        self.has_confusable |= confusable(letter).is_some();
        self.text.push(letter);
    }

    fn end(&mut self, each: &mut impl FnMut(Word<'_>)) {
        let ended = self.text.trim_end_matches(['!', '@', '$']).len();
        self.text.truncate(ended);
        if !self.text.is_empty() {
            if self.has_confusable && (self.latin || self.text.chars().all(|letter| confusable(letter).is_some())) {
                self.text = self.text.chars().map(|letter| confusable(letter).unwrap_or(letter)).collect();
            }
            let mixed = !self.run && substitution::may_be_leet(&self.text);
            each(Word { text: &self.text, position: self.position, mixed, run: self.run });
            self.position +=
                if self.run { u32::try_from(self.text.chars().count() / 2).unwrap_or(1).max(1) } else { 1 };
            self.text.clear();
        }
        (self.latin, self.has_confusable) = (false, false);
    }
}

/// Scripts without spaces between words, and Korean, which appends particles.
fn is_run(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
}

/// Letters that have no canonical decomposition.
fn plain(letter: char) -> char {
    match letter {
        'ı' => 'i',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ø' => 'o',
        'ß' => 's',
        'ς' => 'σ',
        other => other,
    }
}

/// The Latin letter that a lower-case letter of another script is confusable with (Unicode TR39).
fn confusable(letter: char) -> Option<char> {
    Some(match letter {
        'а' | 'α' | 'ɑ' | 'ạ' => 'a',
        'ь' | 'Ь' => 'b',
        'с' | 'ϲ' | 'ⅽ' => 'c',
        'ԁ' | 'ɗ' => 'd',
        'е' | 'є' | 'ҽ' | 'ε' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'հ' | 'н' => 'h',
        'і' | 'ι' | 'ɩ' | 'Ꭵ' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' | 'ⅼ' | 'ǀ' => 'l',
        'м' => 'm',
        'п' | 'η' | 'ո' => 'n',
        'о' | 'ο' | 'օ' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | 'գ' => 'q',
        'г' | 'ᴦ' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' | 'μ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' | 'ш' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ᴢ' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusable_letters_normalize_to_latin() {
        for (text, folded) in [
            ("Ｉｇｎｏｒｅ", "ignore"),
            ("𝐩𝐫𝐢𝐨𝐫", "prior"),
            ("ⓡⓤⓛⓔⓢ", "rules"),
            ("Ignоrе", "ignore"),
            ("Önceki", "onceki"),
            ("talimatları", "talimatlari"),
            ("VERGISS", "vergiss"),
        ] {
            assert_eq!(word(text), folded);
        }
    }
}
