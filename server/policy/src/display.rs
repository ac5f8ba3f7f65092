//! Makes text from assistants and estates safe to display to a human who decides by it.

/// Maximum number of characters of one line of a form in an MCP client.
pub const MAX_DISPLAY_CHARS: usize = 1500;
/// Maximum number of confusable letters that a warning lists.
const MAX_LISTED_LETTERS: usize = 8;

/// Replaces control characters, invisible characters and bidirectional controls with U+FFFD each, so that the text is one
/// line, hides nothing and cannot imitate another line.
#[must_use]
pub fn display_safe(text: &str) -> String {
    let unsafe_letter = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
    };
    text.chars().map(|letter| if unsafe_letter(letter) { '\u{fffd}' } else { letter }).collect()
}

/// [`display_safe`], truncated to [`MAX_DISPLAY_CHARS`] characters.
#[must_use]
pub fn display_safe_truncated(text: &str) -> String {
    let text = display_safe(text);
    match text.char_indices().nth(MAX_DISPLAY_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// A warning about letters outside ASCII, which may be confusable with others (Unicode TR39): a Cyrillic `а` in the name of
/// an application. `None` if there are none.
#[must_use]
pub fn confusable_warning(text: &str) -> Option<String> {
    let mut found: Vec<char> = text.chars().filter(|letter| letter.is_alphanumeric() && !letter.is_ascii()).collect();
    found.sort_unstable();
    found.dedup();
    let listed: Vec<_> = found
        .iter()
        .take(MAX_LISTED_LETTERS)
        .map(|letter| format!("`{letter}` (U+{:04X})", u32::from(*letter)))
        .collect();
    let more = if found.len() > MAX_LISTED_LETTERS { " and more" } else { "" };
    (!listed.is_empty()).then(|| format!("has letters that may look like others: {}{more}", listed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_safe_returns_one_line_that_hides_nothing() {
        assert_eq!(
            display_safe("juju deploy 'x\nRule: none\u{202e}\u{200b}'"),
            "juju deploy 'x\u{fffd}Rule: none\u{fffd}\u{fffd}'"
        );
        assert_eq!(display_safe("\u{1b}[2Jgr\u{fc}n"), "\u{fffd}[2Jgr\u{fc}n");
        let long = "\u{fc}".repeat(2000);
        assert_eq!(display_safe_truncated(&long).chars().count(), MAX_DISPLAY_CHARS + 3);
        assert_eq!(display_safe_truncated("short"), "short");
    }

    #[test]
    fn confusable_warning_lists_each_letter_once() {
        let warning = confusable_warning("juju remove-application d\u{430}t\u{430}").expect("a warning");
        assert_eq!(warning, "has letters that may look like others: `\u{430}` (U+0430)");
        assert_eq!(confusable_warning("juju remove-application data --force"), None);
        assert!(
            confusable_warning("\u{430}\u{431}\u{432}\u{433}\u{434}\u{435}\u{436}\u{437}\u{438}")
                .expect("one")
                .ends_with("and more")
        );
    }
}
