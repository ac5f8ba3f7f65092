//! Text from assistants and estates, made fit to be shown to a human who decides by it.

/// The most characters that one line of a form in a client shows.
pub const LONGEST_SHOWN: usize = 1500;
/// The most letters of other alphabets that are named.
const MOST_NAMED: usize = 8;

/// One line that cannot pretend to be another and hides nothing: control characters, what is invisible and what turns the order
/// of letters around become a mark each.
#[must_use]
pub fn plain(text: &str) -> String {
    let odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
    };
    text.chars().map(|letter| if odd(letter) { '\u{fffd}' } else { letter }).collect()
}

/// The same, with no more than [`LONGEST_SHOWN`] characters.
#[must_use]
pub fn plain_and_short(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// A warning of letters outside of ASCII, which may look like others: a Cyrillic `а` in the name of an application. `None`
/// where there are none.
#[must_use]
pub fn lookalikes(text: &str) -> Option<String> {
    let mut found: Vec<char> = text.chars().filter(|letter| letter.is_alphanumeric() && !letter.is_ascii()).collect();
    found.sort_unstable();
    found.dedup();
    let named: Vec<_> =
        found.iter().take(MOST_NAMED).map(|letter| format!("`{letter}` (U+{:04X})", u32::from(*letter))).collect();
    let more = if found.len() > MOST_NAMED { " and more" } else { "" };
    (!named.is_empty()).then(|| format!("has letters that may look like others: {}{more}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_hides_nothing() {
        assert_eq!(
            plain("juju deploy 'x\nRule: none\u{202e}\u{200b}'"),
            "juju deploy 'x\u{fffd}Rule: none\u{fffd}\u{fffd}'"
        );
        assert_eq!(plain("\u{1b}[2Jgr\u{fc}n"), "\u{fffd}[2Jgr\u{fc}n");
        let long = "\u{fc}".repeat(2000);
        assert_eq!(plain_and_short(&long).chars().count(), LONGEST_SHOWN + 3);
        assert_eq!(plain_and_short("short"), "short");
    }

    #[test]
    fn letters_that_only_look_alike_are_named_each_once() {
        let told = lookalikes("juju remove-application d\u{430}t\u{430}").expect("a warning");
        assert_eq!(told, "has letters that may look like others: `\u{430}` (U+0430)");
        assert_eq!(lookalikes("juju remove-application data --force"), None);
        assert!(
            lookalikes("\u{430}\u{431}\u{432}\u{433}\u{434}\u{435}\u{436}\u{437}\u{438}")
                .expect("one")
                .ends_with("and more")
        );
    }
}
