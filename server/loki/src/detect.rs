//! Detects the level of a line: from its labels, from what the line states, or from its words.
//!
//! A stated level decides: `INFO retrying after an error` is no error. Only a line that states none is judged by its words.
//! Loki's own `detected_level` is not used: it takes the first word like `error` in `0 errors found`.

use logs::LogLevel;

use crate::{
    StreamLabels,
    level_words::{
        CRITICAL_PHRASES, DENIED_AFTER, DENIED_BEFORE, DENIED_EARLIER, FAILURE_PHRASES, FAILURES, LEVEL_KEYS,
        RECOVERIES, SETTING_WORDS, WARNINGS,
    },
};

/// Bytes of a line that are examined.
const MAX_EXAMINED_BYTES: usize = 4_096;
/// Words at the start of a line among which a level is searched.
const MAX_LEVEL_WORDS: usize = 12;

/// Parts of words, in lower case, of which every line has one that [`detect_level`] takes for an error because of its text. A query
/// selects lines with them, so that Loki sends few others.
pub const ERROR_WORDS: &[&str] = &[
    "err",
    "eror",
    "fail",
    "fatal",
    "crit",
    "severe",
    "emerg",
    "alert",
    "panic",
    "exception",
    "traceback",
    "call trace",
    "segfault",
    "segmentation",
    "refused",
    "denied",
    "unreachable",
    "timeout",
    "timed out",
    "unavailable",
    "corrupt",
    "exhausted",
    "deadlock",
    "rejected",
    "unauthorized",
    "forbidden",
    "kill",
    "can't",
    "cannot",
    "couldn't",
    "could not",
    "unable",
    "unhandled",
    "uncaught",
    "unrecoverable",
    "invalid",
    "broken",
    "connection reset",
    "reset by peer",
    "no space",
    "no such",
    "no route",
    "exceeded",
    "expired",
    "abort",
    "crash",
    "back-off",
    "backoff",
    "core dumped",
    "died",
    "did not answer",
    "does not exist",
    "i/o",
    "lost connection",
    "not permitted",
    "not responding",
    "server closed",
    "too many",
    "overflow",
    "out of memory",
    "violat",
    "bad gateway",
    "\" 5",
    "status=5",
    "status\":5",
    "status\": 5",
    "code=5",
    "code\":5",
    "status 5",
    "\"level\":5",
    "\"level\":6",
    "exit status",
    "exit code",
    "exited with",
    "<0>",
    "<1>",
    "<2>",
    "<3>",
    "priority=",
    "[e]",
    "[f]",
    "\"e\"",
    "\"f\"",
];

/// The level of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectedLevel {
    /// The level.
    pub level: LogLevel,
    /// Whether the line or its labels state it; else its words show it.
    pub is_stated: bool,
}

impl DetectedLevel {
    /// Whether the line is an error, or worse.
    #[must_use]
    pub fn is_error(self) -> bool {
        self.level >= LogLevel::Error
    }
}

/// The level of a line with these labels.
#[must_use]
pub fn detect_level(labels: &StreamLabels, text: &str) -> DetectedLevel {
    let text = text[..text.floor_char_boundary(MAX_EXAMINED_BYTES)].trim();
    let labelled = || LEVEL_KEYS.iter().find_map(|key| level_from_text(labels.get(*key)?));
    let stated = labelled().or_else(|| stated_level(text));
    stated.map_or_else(
        || DetectedLevel { level: implied_level(text), is_stated: false },
        |level| DetectedLevel { level, is_stated: true },
    )
}

/// The level that a value means: a name, a letter, or a number of pino (10 to 60).
fn level_from_text(text: &str) -> Option<LogLevel> {
    LogLevel::from_name(text).or_else(|| {
        Some(match text.to_ascii_lowercase().as_str() {
            "e" | "eror" | "50" => LogLevel::Error,
            "f" | "severe" | "emerg" | "panic" | "dpanic" | "60" => LogLevel::Critical,
            "w" | "40" => LogLevel::Warning,
            "i" | "log" | "hint" | "detail" | "statement" | "system" | "note" | "30" => LogLevel::Info,
            "d" | "verbose" | "fine" | "20" | "10" => LogLevel::Debug,
            _ => return None,
        })
    })
}

/// The level that a line states.
fn stated_level(text: &str) -> Option<LogLevel> {
    let by_key = || LEVEL_KEYS.iter().chain(&["s"]).find_map(|key| level_of_key(text, key));
    klog_level(text).or_else(|| syslog_level(text)).or_else(by_key).or_else(|| level_of_first_words(text))
}

/// `E1128 07:08:09.123456 ...`, the form of Kubernetes.
fn klog_level(text: &str) -> Option<LogLevel> {
    let bytes = text.as_bytes();
    let is_klog =
        bytes.len() > 14 && bytes[1..5].iter().all(u8::is_ascii_digit) && bytes[5] == b' ' && bytes[8] == b':';
    if !is_klog {
        return None;
    }
    match bytes[0] {
        b'I' => Some(LogLevel::Info),
        b'W' => Some(LogLevel::Warning),
        b'E' => Some(LogLevel::Error),
        b'F' => Some(LogLevel::Critical),
        _ => None,
    }
}

/// `<3>` at the start (RFC 5424 section 6.2.1).
fn syslog_level(text: &str) -> Option<LogLevel> {
    let (number, _) = text.strip_prefix('<')?.split_once('>')?;
    let number: u8 = number.parse().ok()?;
    Some(match number % 8 {
        0..=2 => LogLevel::Critical,
        3 => LogLevel::Error,
        4 => LogLevel::Warning,
        5 | 6 => LogLevel::Info,
        _ => LogLevel::Debug,
    })
}

/// The level under a key of JSON (`"level":"error"`) or of logfmt (`level=error`).
fn level_of_key(text: &str, key: &str) -> Option<LogLevel> {
    for (at, _) in text.match_indices(key) {
        let (before, after) = (&text[..at], &text[at + key.len()..]);
        let is_json = before.ends_with('"') && after.starts_with('"');
        let value = if is_json {
            after[1..].trim_start().strip_prefix(':')?.trim_start()
        } else if key.len() > 1
            && !before.ends_with(|letter: char| letter.is_alphanumeric() || "_.-\"".contains(letter))
        {
            let Some(value) = after.strip_prefix('=') else { continue };
            value
        } else {
            continue;
        };
        let value = value.trim_start_matches('"');
        let end = value.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(value.len());
        if let Some(level) = level_from_text(&value[..end]) {
            return Some(level);
        }
    }
    None
}

/// The level among the first words: in capitals, in brackets, or before a colon.
fn level_of_first_words(text: &str) -> Option<LogLevel> {
    let mut at = 0;
    for _ in 0..MAX_LEVEL_WORDS {
        let start = at + text[at..].find(char::is_alphabetic)?;
        let length = text[start..].find(|letter: char| !letter.is_alphanumeric()).unwrap_or(text.len() - start);
        let (word, before, after) = (&text[start..start + length], &text[..start], &text[start + length..]);
        at = start + length;
        let is_part = before.ends_with(|letter: char| letter.is_alphanumeric() || "_-./=\"'".contains(letter))
            || after.starts_with(|letter: char| "_-/='".contains(letter));
        let is_bracketed = before.ends_with(['[', '<', '(']) && after.starts_with([']', '>', ')']);
        let is_capital = word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_heading = after.starts_with(':')
            && word.len() > 2
            && (before.is_empty() || before.ends_with(": ") || is_time(before));
        if !is_part
            && (is_bracketed || is_capital || is_heading)
            && let Some(level) = level_from_text(word)
        {
            return Some(level);
        }
    }
    None
}

/// Whether a text is at most a time and the name of a program.
fn is_time(before: &str) -> bool {
    before.ends_with([' ', ']']) && before.bytes().any(|byte| byte.is_ascii_digit()) && before.len() < 60
}

/// The level that the words of a line show.
fn implied_level(text: &str) -> LogLevel {
    if let Some(status) = access_status(text) {
        return if status >= 500 { LogLevel::Error } else { LogLevel::Info };
    }
    let lower = text.to_lowercase();
    let words = words_of(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if CRITICAL_PHRASES.iter().any(|phrase| lower.contains(phrase)) {
        return LogLevel::Critical;
    }
    if has_failed_exit(&words) || has_server_error(&lower) || has_exception(text) {
        return LogLevel::Error;
    }
    let failed = FAILURE_PHRASES.iter().any(|phrase| lower.contains(phrase))
        || (0..words.len()).any(|index| is_failure(&words, index));
    if failed && !words.iter().any(|word| RECOVERIES.contains(word)) {
        return LogLevel::Error;
    }
    if failed || words.iter().any(|word| WARNINGS.contains(word)) { LogLevel::Warning } else { LogLevel::Info }
}

/// The status of an HTTP access log: `"GET / HTTP/1.1" 200 `.
fn access_status(text: &str) -> Option<u16> {
    let (_, after) = text.split_once(" HTTP/")?;
    let (_, status) = after.split_once("\" ")?;
    status.get(..3)?.parse().ok().filter(|status| (100..600).contains(status))
}

/// The words of a line in lower case, without names that only have a word of failure in them: `/errors`, `payment-errors`,
/// `failed_tasks`.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(|letter: char| !(letter.is_alphanumeric() || "'-/_".contains(letter))) {
        let lower = word.to_lowercase();
        // `exit-code` and `back-off` have no failure behind the hyphen
        let ends_in_failure = || lower.rsplit('-').next().is_some_and(|end| FAILURES.contains(&end));
        let is_snake = word.contains('_') && word != word.to_uppercase();
        let is_name = word.starts_with('/') || is_snake || (word.contains('-') && ends_in_failure());
        let parts = lower.split(['-', '/', '_']).filter(|part| !part.is_empty());
        if !is_name {
            words.extend(parts.map(str::to_owned));
        }
    }
    words
}

/// Whether a word is of something that failed, and no neighbour denies it.
fn is_failure(words: &[&str], index: usize) -> bool {
    let word = words[index];
    if !FAILURES.contains(&word) {
        return false;
    }
    let before = index.checked_sub(1).map_or("", |at| words[at]);
    let earlier = index.checked_sub(2).map_or("", |at| words[at]);
    let after = words.get(index + 1).copied().unwrap_or_default();
    let is_counted = word.starts_with("error") || word.starts_with("fail");
    let is_denied = DENIED_BEFORE.contains(&before)
        || (is_counted && DENIED_EARLIER.contains(&earlier))
        || DENIED_AFTER.contains(&after);
    let later = words.get(index + 2).copied().unwrap_or_default();
    let is_zero = matches!(after, "count" | "total" | "rate") && later == "0";
    let is_setting = word.starts_with("timeout")
        && (after.starts_with(|first: char| first.is_ascii_digit())
            || SETTING_WORDS.contains(&after)
            || SETTING_WORDS.contains(&before));
    !is_denied && !is_zero && !is_setting
}

/// `exit status 1`, `exited with code 137`.
fn has_failed_exit(words: &[&str]) -> bool {
    words.windows(3).any(|three| match three {
        ["exit" | "exited" | "with", "status" | "code" | "with", number] => {
            number.parse::<i64>().is_ok_and(|number| number != 0)
        }
        _ => false,
    })
}

/// `status=503`, `"status": 500`.
fn has_server_error(lower: &str) -> bool {
    ["status", "status_code", "code"].iter().any(|key| {
        lower.match_indices(key).any(|(at, _)| {
            let value = lower[at + key.len()..].trim_start_matches(['"', ':', '=', ' ']);
            let digits = value.bytes().take_while(u8::is_ascii_digit).count();
            digits == 3 && value.starts_with('5')
        })
    })
}

/// `java.lang.NullPointerException`, `ConnectionResetError: ...`.
fn has_exception(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| {
        let is_name = word.starts_with(|first: char| first.is_ascii_uppercase());
        let is_long = |end: &str| word.len() > end.len() && word.ends_with(end);
        is_name && (is_long("Exception") || is_long("Error"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with their level: `E` for an error or worse, `N` for all others.
    const CORPUS: &str = include_str!("levels.txt");

    fn corpus() -> impl Iterator<Item = (bool, &'static str)> {
        let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('|')).map(|(kind, text)| (kind == "E", text))
    }

    #[test]
    fn errors_in_lines_without_a_level_are_found() {
        let (mut hits, mut alarms, mut missed, mut all) = (0_u32, Vec::new(), Vec::new(), 0);
        for (is_error, text) in corpus() {
            all += 1;
            match (is_error, detect_level(&StreamLabels::new(), text).is_error()) {
                (true, true) => hits += 1,
                (true, false) => missed.push(text),
                (false, true) => alarms.push(text),
                (false, false) => {}
            }
        }
        let share =
            |others: usize| f64::from(hits) / (f64::from(hits) + f64::from(u32::try_from(others).unwrap_or(u32::MAX)));
        let (precision, recall) = (share(alarms.len()), share(missed.len()));
        println!("{all} lines: precision {precision:.3}, recall {recall:.3}\nmissed: {missed:#?}\nalarms: {alarms:#?}");
        assert!(all >= 200, "{all} lines");
        assert!(
            precision >= 0.95 && recall >= 0.95,
            "precision {precision:.3}, recall {recall:.3}: {missed:#?} {alarms:#?}"
        );
    }

    #[test]
    fn every_detected_error_has_a_word_that_the_query_selects() {
        for (_, text) in corpus().filter(|(_, text)| detect_level(&StreamLabels::new(), text).is_error()) {
            let lower = text.to_lowercase();
            let is_klog = klog_level(text).is_some();
            assert!(is_klog || ERROR_WORDS.iter().any(|word| lower.contains(word)), "{text}");
        }
        for phrase in FAILURES.iter().chain(FAILURE_PHRASES).chain(CRITICAL_PHRASES) {
            assert!(ERROR_WORDS.iter().any(|word| phrase.contains(word)), "{phrase}");
        }
    }

    #[test]
    fn stated_level_decides_over_words() {
        let label = |name: &str, value: &str| StreamLabels::from([(name.to_owned(), value.to_owned())]);
        let level = |labels: &StreamLabels, text: &str| detect_level(labels, text);
        let stated = |level| DetectedLevel { level, is_stated: true };
        assert_eq!(level(&label("level", "info"), "failed"), stated(LogLevel::Info));
        assert_eq!(level(&label("severity", "ERROR"), "all fine"), stated(LogLevel::Error));
        assert_eq!(level(&label("detected_level", "error"), "0 errors").level, LogLevel::Info);
        for (text, expected) in [
            ("ts=1 level=warn msg=\"failed\"", LogLevel::Warning),
            ("{\"msg\":\"failed\",\"level\": \"info\"}", LogLevel::Info),
            ("{\"level\":50,\"msg\":\"x\"}", LogLevel::Error),
            ("{\"s\":\"E\",\"c\":\"NETWORK\"}", LogLevel::Error),
            ("E1128 07:08:09.123456       1 main.go:1] x", LogLevel::Error),
            ("<11>Nov 28 host app: x", LogLevel::Error),
            ("2026-11-28 07:08:09.902 [DEBUG][60] felix: failed", LogLevel::Debug),
            ("2026-11-28 07:08:09 UTC [1] LOG:  could not receive data", LogLevel::Info),
            ("2026/11/28 07:08:09 [error] 7#7: *1 open() failed", LogLevel::Error),
            ("unit-web-0: 07:08:09 INFO juju.worker the error is gone", LogLevel::Info),
            ("Error: listen EADDRINUSE", LogLevel::Error),
            ("2026-11-28 07:08:09,123 - app - CRITICAL - x", LogLevel::Critical),
        ] {
            assert_eq!(level(&StreamLabels::new(), text), stated(expected), "{text}");
        }
    }
}
