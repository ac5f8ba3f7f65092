//! Renders text from outside: markup is escaped by `maud`, invisible characters are replaced by their code points.

use maud::{Markup, PreEscaped, Render as _, html};

/// Text as content. Characters that are invisible, or reorder the text around them, appear by their code point.
pub(crate) fn text(text: &str) -> Markup {
    let mut rendered = String::new();
    let mut visible = String::new();
    for letter in text.chars() {
        if is_invisible(letter) {
            visible.as_str().render_to(&mut rendered);
            visible.clear();
            let code_point = format!("U+{:04X}", u32::from(letter));
            html! { span.invisible { (code_point) } }.render_to(&mut rendered);
        } else {
            visible.push(letter);
        }
    }
    visible.as_str().render_to(&mut rendered);
    PreEscaped(rendered)
}

/// A sentence; text between backticks becomes code.
pub(crate) fn prose(sentence: &str) -> Markup {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // an odd number of backticks has no pairs
        return text(sentence);
    }
    html! {
        @for (number, part) in parts.into_iter().enumerate() {
            @if number % 2 == 0 { (text(part)) } @else { code { (text(part)) } }
        }
    }
}

/// A command line. Flags do not wrap at their hyphens, because a flag that is split after `--` means something else.
pub(crate) fn command(line: &str) -> Markup {
    html! {
        @for word in line.split_inclusive(' ') {
            @let flag = word.trim_end_matches(' ');
            @if flag.starts_with("--") {
                span.flag { (text(flag)) }
                @if flag.len() < word.len() { " " }
            } @else {
                (text(word))
            }
        }
    }
}

/// Turns an error into a sentence with a capital letter and a full stop.
pub(crate) fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// Control characters, and Unicode characters that have no width or change the direction of others.
fn is_invisible(letter: char) -> bool {
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
    fn text_never_becomes_markup() {
        let attack = "</pre><script>alert(\"x\")</script>&";
        let escaped = "&lt;/pre&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;";
        assert_eq!(text(attack).into_string(), escaped);
        assert_eq!(html! { p title=(attack) {} }.into_string(), format!("<p title=\"{escaped}\"></p>"));
    }

    #[test]
    fn prose_and_commands_format_backticks_and_flags_only() {
        let prose = |text: &str| prose(text).into_string();
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("a ` b"), "a ` b");
        let flag = |text: &str| format!("<span class=\"flag\">{text}</span>");
        let expected = format!("juju add-unit {}  {} 'a {} ", flag("--model=&lt;x&gt;"), flag("--to"), flag("--b'"));
        assert_eq!(command("juju add-unit --model=<x>  --to 'a --b' ").into_string(), expected);
    }

    #[test]
    fn invisible_characters_appear_by_code_point() {
        let rendered = text("a\u{202e}b\u{200b}\u{1b}\u{e0041}\nü").into_string();
        let invisible = |number: &str| format!("<span class=\"invisible\">U+{number}</span>");
        let expected =
            format!("a{}b{}{}{}\nü", invisible("202E"), invisible("200B"), invisible("001B"), invisible("E0041"));
        assert_eq!(rendered, expected);
    }
}
