//! Times as arguments of tools: that long ago, RFC 3339, or seconds since 1970.

use prometheus::{Range, parse_duration, parse_time, seconds_since_1970};

/// Range that is shown if the caller sets none, in seconds.
pub(super) const DEFAULT_SPAN: f64 = 3_600.0;
/// Steps of a range if the caller sets none.
const DEFAULT_STEPS: f64 = 120.0;
/// Shortest step that is chosen for a caller, in seconds.
const MIN_STEP: f64 = 15.0;

/// This moment in seconds since 1970.
pub(super) fn now() -> f64 {
    seconds_since_1970(chrono::Utc::now())
}

/// The time that an argument means; `None` where it is left out.
pub(super) fn time_of(name: &str, text: &str, now: f64) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // a number alone is a time, not a duration
    let ago = || text.ends_with(|last: char| last.is_ascii_alphabetic()).then(|| parse_duration(text)).flatten();
    let time = parse_time(text).or_else(|| ago().map(|seconds| now - seconds));
    time.map(Some).ok_or_else(|| format!("`{name}` has to be like 30m, 2h or 2026-11-28T09:30:00Z, not: {text}"))
}

/// The range that `since`, `until` and `step` mean.
pub(super) fn range(since: &str, until: &str, step: &str, now: f64) -> Result<Range, String> {
    let end = time_of("until", until, now)?.unwrap_or(now);
    let start = time_of("since", since, now)?.unwrap_or(end - DEFAULT_SPAN);
    let chosen = || (((end - start) / DEFAULT_STEPS).ceil()).max(MIN_STEP);
    let step = match step {
        "" => chosen(),
        text => parse_duration(text).ok_or_else(|| format!("`step` has to be like 15s or 5m, not: {text}"))?,
    };
    let range = Range { start, end, step };
    range.check().map_err(|error| error.to_string())?;
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ago_absolute_or_absent() {
        let now = 1_000_000.0;
        assert_eq!(time_of("since", "30m", now), Ok(Some(now - 1_800.0)));
        assert_eq!(time_of("since", "1d", now), Ok(Some(now - 86_400.0)));
        assert_eq!(time_of("since", "999000", now), Ok(Some(999_000.0)));
        assert_eq!(time_of("since", "1970-01-01T00:01:00Z", now), Ok(Some(60.0)));
        assert_eq!(time_of("since", "", now), Ok(None));
        assert!(time_of("since", "yesterday", now).is_err_and(|problem| problem.contains("`since`")));
    }

    #[test]
    fn range_has_an_hour_by_default_and_a_bounded_number_of_steps() {
        let now = 1_000_000.0;
        assert_eq!(range("", "", "", now), Ok(Range { start: now - 3_600.0, end: now, step: 30.0 }));
        assert_eq!(range("2h", "1h", "1m", now), Ok(Range { start: now - 7_200.0, end: now - 3_600.0, step: 60.0 }));
        assert!(range("1d", "", "1s", now).is_err_and(|problem| problem.contains("11000")));
        assert!(range("1h", "2h", "", now).is_err_and(|problem| problem.contains("ends before")));
        assert!(range("", "", "0", now).is_err_and(|problem| problem.contains("`step`")));
    }
}
