//! Replaces the variable parts of a message, so that messages about different things of one kind become equal.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a message that are examined; the rest does not distinguish messages.
const MAX_EXAMINED_BYTES: usize = 1_000;
/// Bytes after a quotation mark in which the closing one is searched.
const MAX_QUOTED_BYTES: usize = 256;
/// Length of an IPv6 address as text, at most.
const MAX_ADDRESS_BYTES: usize = 45;
/// Least length of a hexadecimal number without `0x`.
const MIN_HEX_CHARS: usize = 8;
/// Least length of a word with digits that counts as an identifier.
const MIN_IDENTIFIER_CHARS: usize = 16;
/// The parts of a UUID, in characters.
const UUID_PARTS: [usize; 5] = [8, 4, 4, 4, 12];

const NUMBER: &str = "<n>";
const HEX: &str = "<hex>";
const IDENTIFIER: &str = "<id>";
const UUID: &str = "<uuid>";
const ADDRESS: &str = "<address>";
const TIME: &str = "<time>";
const PATH: &str = "<path>";

/// The message with its variable parts replaced: numbers, times, UUIDs, addresses, hexadecimal numbers, identifiers and quoted
/// paths. Names of applications stay: of `web/0` the number is replaced.
#[must_use]
pub fn mask(message: &str) -> String {
    let examined = &message[..message.floor_char_boundary(MAX_EXAMINED_BYTES)];
    let mut masked = String::with_capacity(examined.len());
    let mut rest = examined.trim();
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_whitespace() {
            masked.push(' ');
            rest.len() - rest.trim_start().len()
        } else if first.is_alphanumeric() {
            push_word(rest, &mut masked)
        } else if let Some(length) = quoted_path(rest, &masked) {
            masked.extend([&rest[..1], PATH, &rest[..1]]);
            length
        } else {
            masked.push(first);
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    masked
}

/// Length of the quoted path at the start of a text. A mark after a letter is an apostrophe.
fn quoted_path(text: &str, before: &str) -> Option<usize> {
    let mark = text.chars().next().filter(|mark| matches!(mark, '"' | '\'' | '`'))?;
    if before.ends_with(char::is_alphanumeric) {
        return None;
    }
    let bounded = &text[1..text.floor_char_boundary(MAX_QUOTED_BYTES)];
    let end = bounded.find([mark, '\n'])?;
    let (inner, is_closed) = (&bounded[..end], bounded[end..].starts_with(mark));
    let is_path = inner.contains(['/', '\\']) && !inner.contains(' ') && !is_unit(inner);
    (is_closed && is_path).then_some(end + 2)
}

/// Whether a text is the name of a unit, `web/0`.
fn is_unit(text: &str) -> bool {
    text.split_once('/').is_some_and(|(name, number)| {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_name && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Appends the word at the start of a text, masked, and returns its length in the text. What looks like a word can have several:
/// a UUID, a time, an address.
fn push_word(text: &str, masked: &mut String) -> usize {
    let found = uuid(text).map(|length| (UUID, length));
    let found = found.or_else(|| time(text).map(|length| (TIME, length)));
    let found = found.or_else(|| address(text).map(|length| (ADDRESS, length)));
    let found = found.or_else(|| number(text));
    if let Some((mask, length)) = found {
        masked.push_str(mask);
        return length;
    }
    let length = word_length(text);
    let (word, after) = text.split_at(length);
    let is_of_unit = after.strip_prefix('/').is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit()));
    if is_of_unit {
        masked.push_str(word);
    } else if is_hex(word) {
        masked.push_str(HEX);
    } else if is_identifier(word) {
        masked.push_str(IDENTIFIER);
    } else {
        let name = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        masked.extend([name, if name.len() < word.len() { NUMBER } else { "" }]);
    }
    length
}

fn word_length(text: &str) -> usize {
    text.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(text.len())
}

/// Length of the UUID at the start of a text.
fn uuid(text: &str) -> Option<usize> {
    let mut at = 0;
    for (index, part) in UUID_PARTS.into_iter().enumerate() {
        if index > 0 {
            text[at..].strip_prefix('-')?;
            at += 1;
        }
        let digits = text.get(at..at + part)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        at += part;
    }
    ends_word(&text[at..]).then_some(at)
}

fn ends_word(text: &str) -> bool {
    !text.starts_with(char::is_alphanumeric)
}

/// Length of the time at the start of a text: `2026-11-28T01:46:51.5Z`, `2026-11-28 01:46:51`, `01:46:51`.
fn time(text: &str) -> Option<usize> {
    let date = digits_as(text, "dddd-dd-dd");
    let start = match date.map(|length| (length, text.as_bytes().get(length))) {
        Some((length, Some(b'T' | b' '))) => length + 1,
        Some((length, _)) => return Some(length),
        None => 0,
    };
    let Some(clock) = text.get(start..).and_then(|text| digits_as(text, "dd:dd:dd")) else { return date };
    let mut end = start + clock;
    let after = &text[end..];
    if let Some(fraction) = after.strip_prefix(['.', ',']) {
        let digits = fraction.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(fraction.len());
        end += if digits > 0 { digits + 1 } else { 0 };
    }
    let zone = &text[end..];
    end += match zone.as_bytes().first() {
        Some(b'Z') => 1,
        Some(b'+' | b'-') => digits_as(&zone[1..], "dd:dd").map_or(0, |length| length + 1),
        _ => 0,
    };
    ends_word(&text[end..]).then_some(end)
}

/// The length of `form` if a text begins with it; `d` is a digit.
fn digits_as(text: &str, form: &str) -> Option<usize> {
    let start = text.as_bytes().get(..form.len())?;
    let fits = start.iter().zip(form.bytes()).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        _ => *byte == form,
    });
    fits.then_some(form.len())
}

/// Length of the address at the start of a text: IPv4 or IPv6, with the port and the prefix length of an IPv4 address, or of a
/// network card.
fn address(text: &str) -> Option<usize> {
    let bounded = &text[..text.floor_char_boundary(MAX_ADDRESS_BYTES)];
    let end = bounded.find(|letter: char| !(letter.is_ascii_hexdigit() || letter == ':' || letter == '.'));
    let run = bounded[..end.unwrap_or(bounded.len())].trim_end_matches([':', '.']);
    let four = run.find(':').map_or(run, |end| &run[..end]);
    if four.parse::<Ipv4Addr>().is_ok() {
        let after = &text[four.len()..];
        let extra = after.strip_prefix([':', '/']).map_or(0, |number| {
            let digits = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
            if digits > 0 { digits + 1 } else { 0 }
        });
        return ends_word(&after[extra..]).then_some(four.len() + extra);
    }
    let is_card = run.len() == 17 && run.split(':').count() == 6 && run.split(':').all(|part| part.len() == 2);
    let is_six = run.matches(':').count() >= 2 && run.parse::<Ipv6Addr>().is_ok();
    ((is_six || is_card) && ends_word(&text[run.len()..])).then_some(run.len())
}

/// The mask and the length of the word at the start of a text that begins with a digit: a number with a unit, a version, a
/// hexadecimal number.
fn number(text: &str) -> Option<(&'static str, usize)> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let first = word_length(text);
    if text.starts_with("0x") || is_hex(&text[..first]) {
        return Some((HEX, first));
    }
    let mut end = first;
    while let Some(more) = text[end..].strip_prefix(['.', ','])
        && more.starts_with(|next: char| next.is_ascii_digit())
    {
        end += 1 + word_length(more);
    }
    Some((NUMBER, end))
}

/// Whether a word is a hexadecimal number: with digits and letters, else it is a number or a word.
fn is_hex(word: &str) -> bool {
    word.len() >= MIN_HEX_CHARS
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether a word is an identifier that a program has made: it has digits, and is long or changes between letters and digits
/// more than names do.
fn is_identifier(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let changes = word.as_bytes().windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count();
    digits > 0 && (word.len() >= MIN_IDENTIFIER_CHARS || changes >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_are_masked_and_names_stay() {
        for (message, masked) in [
            ("hook \"config-changed\" failed: exit status 1", "hook \"config-changed\" failed: exit status <n>"),
            ("unit web/0 lost", "unit web/<n> lost"),
            ("unit pg14/12 lost", "unit pg14/<n> lost"),
            ("unit \"web/0\" lost", "unit \"web/<n>\" lost"),
            ("unit-web-0 is gone", "unit-web-<n> is gone"),
            ("cannot open \"/var/lib/juju/agents/unit-web-0/x\": no", "cannot open \"<path>\": no"),
            ("cannot open 'C:\\juju\\x'", "cannot open '<path>'"),
            ("can't read /etc/web0 for it's gone", "can't read /etc/web<n> for it's gone"),
            ("model 0b7a5f0e-9f6c-4d7c-8a3b-1c2d3e4f5a6b gone", "model <uuid> gone"),
            ("dial tcp 10.0.8.12:17070: refused", "dial tcp <address>: refused"),
            ("route to 10.0.0.0/24 and [fe80::216:3eff:fe1a:2b]:443", "route to <address> and [<address>]:<n>"),
            ("port 00:16:3e:1a:2b:3c is down", "port <address> is down"),
            ("at 2026-11-28T01:46:51.123Z, 2026-11-28 01:46:51,5 or 01:46:51", "at <time>, <time> or <time>"),
            ("since 2026-11-28", "since <time>"),
            ("took 1.5s, 250ms and 3m20s of 10,000", "took <n>, <n> and <n> of <n>"),
            ("Juju 3.6.11 on eth0, sda1", "Juju <n> on eth<n>, sda<n>"),
            ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8 at 0xc000123", "commit <hex> at <hex>"),
            ("pod web-6d5f7c9b8d-x7k2p of k8s", "pod web-<hex>-<id> of k8s"),
            ("key AbCdEf0123456789xyz", "key <id>"),
            ("  many   spaces\n\tand lines ", "many spaces and lines"),
            ("größe 10µs überall", "größe <n> überall"),
            ("facade deadbeef", "facade deadbeef"),
            ("", ""),
        ] {
            assert_eq!(mask(message), masked, "{message}");
        }
    }

    #[test]
    fn numbers_of_units_do_not_distinguish_messages() {
        let message = |unit: u32| format!("failed to start \"/var/lib/juju/agents/unit-web-{unit}\" of web/{unit}");
        assert_eq!(mask(&message(0)), mask(&message(112)));
        assert_ne!(mask("hook \"start\" failed"), mask("hook \"stop\" failed"));
        assert_ne!(mask("web/0 is down"), mask("db/0 is down"));
    }
}
