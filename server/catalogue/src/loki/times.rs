//! Times that arguments mean, and times as answers show them.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use loki::LogRange;

/// The range if the caller names none.
const DEFAULT_RANGE: TimeDelta = TimeDelta::hours(1);
/// Longest range.
const MAX_RANGE: TimeDelta = TimeDelta::days(90);

/// The range between `since` and `until`: an age such as `30m`, or a time (RFC 3339). Default: the last hour.
///
/// # Errors
/// One sentence, naming the argument.
pub(super) fn range(since: &str, until: &str) -> Result<LogRange, String> {
    let now = Utc::now();
    let end = time("until", until, now)?.unwrap_or(now);
    let range = match time("since", since, now)? {
        Some(start) => LogRange { start, end },
        None => LogRange::before(end, DEFAULT_RANGE),
    };
    if range.start >= range.end {
        return Err("`since` has to be before `until`".to_owned());
    }
    if range.length() > MAX_RANGE {
        return Err("`since` has to be within 90 days of `until`".to_owned());
    }
    Ok(range)
}

/// The time that an argument means; `None` for an empty text.
pub(super) fn time(name: &str, text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let ago = || {
        let age = std::time::Duration::try_from_secs_f64(prometheus::parse_duration(text)?).ok()?;
        now.checked_sub_signed(TimeDelta::from_std(age).ok()?)
    };
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(ago);
    time.map(Some).ok_or_else(|| format!("`{name}` has to be like 30m, 2h, 1d or 2026-11-28T09:30:00Z, not: {text}"))
}

/// A time with seconds, `2026-11-28T09:30:00Z`.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time with milliseconds.
pub(super) fn milliseconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_ages_or_times() {
        assert_eq!(range("", "").map(LogRange::length), Ok(DEFAULT_RANGE));
        assert_eq!(range("2h", "1h").map(LogRange::length), Ok(TimeDelta::hours(1)));
        assert_eq!(
            range("2026-11-28T09:00:00Z", "2026-11-28T09:30:00Z").map(LogRange::length),
            Ok(TimeDelta::minutes(30))
        );
        for (since, until) in [("1h", "2h"), ("yesterday", ""), ("", "x"), ("200d", ""), ("-1h", "")] {
            assert!(range(since, until).is_err(), "{since} {until}");
        }
    }
}
