//! Letters that are replaced one by one: rotation of the alphabet, and digits for letters.

/// Rotates each letter by a number of places, at most 25.
pub(crate) fn rotated(text: &str, places: u8) -> String {
    let turn = |letter: char, first: u8| {
        u8::try_from(letter).map_or(letter, |byte| char::from((byte - first + places) % 26 + first))
    };
    text.chars()
        .map(|letter| match letter {
            'a'..='z' => turn(letter, b'a'),
            'A'..='Z' => turn(letter, b'A'),
            other => other,
        })
        .collect()
}

/// Whether digits and signs of a word may replace letters: `1gn0re`.
pub(crate) fn may_be_leet(word: &str) -> bool {
    let odd = |byte: u8| matches!(byte, b'0'..=b'9' | b'@' | b'$' | b'!');
    word.len() > 3 && word.bytes().any(odd) && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The letter that a digit or sign replaces; `1` may be either `i` or `l`.
pub(crate) fn letter(byte: u8, one: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'!' => one,
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        b'8' => b'b',
        b'9' => b'g',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_by_13_twice_is_the_original_text() {
        assert_eq!(rotated("reveal the Secrets", 13), "erirny gur Frpergf");
        assert_eq!(rotated(&rotated("reveal the Secrets", 13), 13), "reveal the Secrets");
    }

    #[test]
    fn leet_needs_letters_and_digits() {
        assert!(may_be_leet("1gn0re") && !may_be_leet("ignore") && !may_be_leet("2026"));
    }
}
