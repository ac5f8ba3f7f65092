//! Times and durations as Prometheus writes them.

use chrono::{DateTime, Utc};

/// Seconds since 1970 of a time: a number, or RFC 3339.
#[must_use]
pub fn parse_time(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    number.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| seconds_since_1970(time.to_utc())))
}

/// A time as seconds since 1970.
#[must_use]
pub fn seconds_since_1970(time: DateTime<Utc>) -> f64 {
    let milliseconds = time.timestamp_millis();
    // exact until the year 287396
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    let milliseconds = milliseconds as f64;
    milliseconds / 1000.0
}

/// Seconds of a duration: a number, or `5m`, `1h30m`, `500ms`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds.is_finite() && seconds > 0.0).then_some(seconds);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let (unit, length) = match tail {
            tail if tail.starts_with("ms") => (0.001, 2),
            tail if tail.starts_with('s') => (1.0, 1),
            tail if tail.starts_with('m') => (60.0, 1),
            tail if tail.starts_with('h') => (3_600.0, 1),
            tail if tail.starts_with('d') => (86_400.0, 1),
            tail if tail.starts_with('w') => (604_800.0, 1),
            tail if tail.starts_with('y') => (31_536_000.0, 1),
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        rest = &tail[length..];
    }
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_read_as_prometheus_reads_them() {
        assert_eq!(parse_time("1435781451.781"), Some(1_435_781_451.781));
        assert_eq!(parse_time("2015-07-01T20:10:51.781Z"), Some(1_435_781_451.781));
        assert_eq!((parse_time("yesterday"), parse_time("inf")), (None, None));
        let durations = ["15", "0.5", "1h30m", "500ms", "1d"].map(parse_duration);
        assert_eq!(durations, [15.0, 0.5, 5_400.0, 0.5, 86_400.0].map(Some));
        assert_eq!(
            ["", "0", "-5m", "5", "m", "5x", "nan"].map(parse_duration),
            [None, None, None, Some(5.0), None, None, None]
        );
    }
}
