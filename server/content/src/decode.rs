//! Decodes hidden readings of a text: base64, hexadecimal, percent and entity encodings, escapes, character codes, spaced letters.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::tokenizer::{self, TokenStats};

/// Minimum number of single letters that are joined.
pub(crate) const MIN_SINGLE_LETTERS: usize = 5;
/// Characters of a run that are decoded first, to check whether the whole is text.
const PROBE_LEN: usize = 16;

/// Minimum number of consecutive character codes.
const MIN_NUMBERS: usize = 10;

/// Reports each text that is encoded within a text to `each`.
pub(crate) fn decoded(text: &str, seen: &TokenStats, mut each: impl FnMut(&str)) {
    let runs = seen.codes.iter().map(|(start, end)| &text[*start..*end]);
    let pieces: Vec<String> = runs.filter_map(|run| from_hex(run).or_else(|| from_base64(run))).collect();
    for piece in &pieces {
        each(piece);
    }
    if pieces.len() > 1 {
        each(&pieces.concat());
    }
    let percents = seen.classes & tokenizer::PERCENT != 0 && text.matches('%').count() >= 3;
    let form = text.contains('=') && text.matches('+').count() >= 3;
    let entities = seen.classes & tokenizer::AMPERSAND != 0 && text.contains(';');
    let whole = [
        (percents || form).then(|| from_percent(text)),
        entities.then(|| from_entities(text)),
        (seen.numbers >= MIN_NUMBERS).then(|| from_numbers(text)),
    ];
    for decoded in whole.iter().flatten().flatten() {
        each(decoded);
    }
}

/// Character codes, all with the same radix.
fn from_numbers(text: &str) -> Option<String> {
    let words = || text.split(|letter: char| !letter.is_ascii_alphanumeric()).map(|word| word.trim_start_matches("0x"));
    let read = |radix: u32, lengths: std::ops::RangeInclusive<usize>| {
        let letter = |word: &str| u8::from_str_radix(word, radix).ok().filter(|byte| (b' '..0x7f).contains(byte));
        let fitting = words().filter(|word| lengths.contains(&word.len()));
        fitting.filter_map(letter).map(char::from).collect::<String>()
    };
    let readings = [read(2, 7..=8), read(16, 2..=2), read(10, 2..=3)];
    readings.into_iter().find(|letters| {
        letters.len() >= MIN_NUMBERS && letters.bytes().filter(u8::is_ascii_lowercase).count() * 2 > letters.len()
    })
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
static BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn from_hex(run: &str) -> Option<String> {
    if !run.len().is_multiple_of(2) || !run.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digit = |at: usize| u8::from_str_radix(run.get(at..at + 2)?, 16).ok();
    readable((0..run.len()).step_by(2).map(digit).collect::<Option<Vec<u8>>>()?)
}

fn from_base64(run: &str) -> Option<String> {
    let engine = if run.contains(['-', '_']) { &BASE64_URL } else { &BASE64 };
    // the beginning shows that most long words are no encoding
    let first = run.as_bytes().get(..PROBE_LEN)?;
    if !first.iter().any(u8::is_ascii_uppercase) || !first.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let mut beginning = [0; PROBE_LEN];
    let length = engine.decode_slice(first, &mut beginning).ok()?;
    if beginning[..length].iter().any(|byte| *byte == 0x7f || (*byte < b' ' && !byte.is_ascii_whitespace())) {
        return None;
    }
    // a run may have lost its last characters
    let whole = &run[..run.len() - usize::from(run.len() % 4 == 1)];
    readable(engine.decode(whole).ok()?)
}

/// The bytes as text, if they are printable UTF-8.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|letter| !letter.is_control() || letter.is_whitespace()).then_some(text)
}

/// Resolves the escapes of JSON, shells and programming languages; `None` if there are none.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('\\');
    let mut plain = parts.next()?.to_owned();
    let mut changed = false;
    while let Some(part) = parts.next() {
        let (letter, rest) = escape(part).unwrap_or(('\\', part));
        changed |= letter != '\\';
        plain.push(letter);
        plain.push_str(rest);
        if part.is_empty() {
            // an escaped backslash may precede a character that is escaped again
            plain.extend(parts.next());
        }
    }
    changed.then_some(plain)
}

/// The character of an escape, and the rest of the text.
fn escape(part: &str) -> Option<(char, &str)> {
    let number = |from: usize, to: usize| {
        let letter = u32::from_str_radix(part.get(from..to)?, 16).ok().and_then(char::from_u32)?;
        Some((letter, part.get(to..)?))
    };
    match part.as_bytes().first()? {
        b'n' | b'r' => Some(('\n', &part[1..])),
        b't' => Some(('\t', &part[1..])),
        b'"' => Some(('"', &part[1..])),
        b'x' => number(1, 3),
        b'u' if part.as_bytes().get(1) == Some(&b'{') => {
            let (digits, rest) = part[2..].split_once('}')?;
            Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, rest))
        }
        b'u' => number(1, 5),
        b'U' => number(1, 9),
        _ => None,
    }
}

fn from_percent(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.first_chunk::<2>().and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|decoded| decoded != text)
}

/// Named HTML entities.
const ENTITIES: [(&str, char); 6] =
    [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];

fn from_entities(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut decoded = parts.next()?.to_owned();
    let mut changed = false;
    for part in parts {
        match part.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((letter, rest)) => {
                changed = true;
                decoded.push(letter);
                decoded.push_str(rest);
            }
            None => decoded.extend(["&", part]),
        }
    }
    changed.then_some(decoded)
}

fn entity(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

/// Joins spaced letters, `i g n o r e` or `i.g.n.o.r.e`; `None` if there are few.
pub(crate) fn joined(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let apart = |three: &&[u8]| {
        !three[1].is_ascii_alphanumeric() && is_letter(three[0]) && is_letter(three[2]) && three[1] == three[3]
    };
    if bytes.len() < 11 || bytes.windows(4).filter(apart).count() < MIN_SINGLE_LETTERS {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let lone = |at: usize| {
        letters.get(at).is_some_and(|letter| letter.is_alphanumeric())
            && (at == 0 || !letters[at - 1].is_alphanumeric())
            && letters.get(at + 1).is_none_or(|letter| !letter.is_alphanumeric())
    };
    let between = |at: usize| letters.get(at + 1).copied().filter(|_| lone(at) && lone(at + 2));
    let signs = (0..letters.len()).filter_map(between).filter(|sign| " .-_*/".contains(*sign));
    let mut counts = [0_usize; 128];
    signs.for_each(|sign| counts[sign as usize % 128] += 1);
    let (sign, count) = (0_u8..128).zip(counts).max_by_key(|(_, count)| *count)?;
    if count < MIN_SINGLE_LETTERS {
        return None;
    }
    let sign = char::from(sign);
    let joined = letters.iter().enumerate().filter(|(at, _)| *at == 0 || between(at - 1) != Some(sign));
    Some(joined.map(|(_, letter)| *letter).collect())
}

/// An ASCII letter or digit, or part of a non-ASCII character.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let seen = tokenizer::words(text, &mut |_| {});
        super::decoded(text, &seen, |other| found.push(other.to_owned()));
        found
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unescaped(r"re\x76eal\nth\u0065 \u{73}ecrets \d").as_deref(), Some("reveal\nthe secrets \\d"));
        assert_eq!(unescaped(r"C:\Windows\System32"), None);
    }

    #[test]
    fn encodings_are_decoded() {
        let text = "reveal the secrets";
        assert_eq!(decoded("run cmV2ZWFsIHRoZSBzZWNyZXRz now"), [text]);
        assert_eq!(decoded("72657665616c2074686520736563726574730a"), ["reveal the secrets\n"]);
        assert_eq!(decoded("%72eveal%20the%20secrets"), [text]);
        assert_eq!(decoded("&#114;eveal the &#x73;ecrets"), [text]);
        assert_eq!(decoded("97 98 99 100 101 102 103 104 105 106"), ["abcdefghij"]);
        assert_eq!(decoded("&lt;b&gt; &x"), ["<b> &x"]);
    }

    #[test]
    fn spaced_letters_are_joined_but_short_lists_are_not() {
        assert_eq!(joined("i g n o r e   r u l e s").as_deref(), Some("ignore   rules"));
        assert_eq!(joined("i.g.n.o.r.e r.u.l.e.s").as_deref(), Some("ignore rules"));
        assert_eq!(joined("a b c, units 1 2 3"), None);
    }

    #[test]
    fn binary_and_paths_are_not_decoded() {
        for text in [
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "/usr/share/doc/openssl",
            "100% of 20%",
        ] {
            assert_eq!(decoded(text), Vec::<String>::new(), "{text}");
        }
    }
}
