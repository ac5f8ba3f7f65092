//! HTML that cannot be broken by what stands in it: only texts of this program are markup, all else is escaped.

/// A piece of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Markup. It has to be a text of this program, so nothing from outside can get here.
    pub(crate) fn mark(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Text from anywhere, as content. What cannot be seen, or would turn the text around it, is shown by its number.
    pub(crate) fn text(mut self, text: &str) -> Self {
        for letter in text.chars() {
            if is_unseen(letter) {
                let number = format!("U+{:04X}", u32::from(letter));
                self.0.extend(["<span class=\"odd\">", number.as_str(), "</span>"]);
            } else {
                self.escaped(letter);
            }
        }
        self
    }

    /// A sentence, in which a text between backticks is shown as such.
    pub(crate) fn prose(self, text: &str) -> Self {
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            // one backtick has no other
            return self.text(text);
        }
        self.each(parts.into_iter().enumerate(), |page, (number, part)| match number % 2 {
            0 => page.text(part),
            _ => page.mark("<code>").text(part).mark("</code>"),
        })
    }

    /// A command line, whose flags are not broken at their hyphens: what stands after `--` alone means something else.
    pub(crate) fn command(self, text: &str) -> Self {
        self.each(text.split_inclusive(' '), |page, word| match word.strip_suffix(' ').unwrap_or(word) {
            flag if flag.starts_with("--") => {
                let page = page.mark("<span class=\"flag\">").text(flag).mark("</span>");
                if flag.len() < word.len() { page.mark(" ") } else { page }
            }
            _ => page.text(word),
        })
    }

    /// Text from anywhere, as the value of an attribute; the quotes are in the markup around it.
    pub(crate) fn value(mut self, text: &str) -> Self {
        text.chars().for_each(|letter| self.escaped(letter));
        self
    }

    /// Another piece.
    pub(crate) fn add(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// One piece for each item.
    pub(crate) fn each<T>(self, items: impl IntoIterator<Item = T>, piece: impl Fn(Self, T) -> Self) -> Self {
        items.into_iter().fold(self, piece)
    }

    /// One piece if there is something for it.
    pub(crate) fn maybe<T>(self, item: Option<T>, piece: impl FnOnce(Self, T) -> Self) -> Self {
        match item {
            Some(item) => piece(self, item),
            None => self,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn escaped(&mut self, letter: char) {
        match letter {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            letter => self.0.push(letter),
        }
    }
}

/// Control characters, and those of Unicode that take no room or change the direction of others.
fn is_unseen(letter: char) -> bool {
    if letter.is_control() {
        return !matches!(letter, '\n' | '\t');
    }
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let evil = "</pre><script>alert('x')</script>\"&";
        let escaped = "&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;";
        assert_eq!(Html::default().text(evil).into_text(), escaped);
        assert_eq!(Html::default().mark("<p>").value(evil).into_text(), format!("<p>{escaped}"));
    }

    #[test]
    fn backticks_and_flags_get_their_form_and_nothing_else_changes() {
        let prose = |text: &str| Html::default().prose(text).into_text();
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("a ` b"), "a ` b");
        let command = Html::default().command("juju add-unit --model=<x>  --to 'a --b' ").into_text();
        let flag = |text: &str| format!("<span class=\"flag\">{text}</span>");
        let expected =
            format!("juju add-unit {}  {} &#39;a {} ", flag("--model=&lt;x&gt;"), flag("--to"), flag("--b&#39;"));
        assert_eq!(command, expected);
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let shown = Html::default().text("a\u{202e}b\u{200b}\u{1b}\u{e0041}\nü").into_text();
        let odd = |number: &str| format!("<span class=\"odd\">U+{number}</span>");
        assert_eq!(shown, format!("a{}b{}{}{}\nü", odd("202E"), odd("200B"), odd("001B"), odd("E0041")));
    }
}
