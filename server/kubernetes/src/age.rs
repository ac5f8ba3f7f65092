//! Durations as `kubectl` prints them: `5m12s`, `3h40m`, `12d`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::object;

/// How long ago a time was, as `kubectl` prints ages; `<unknown>` for no time.
#[must_use]
pub fn since(time: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    time.map_or_else(|| "<unknown>".to_owned(), |time| duration(now - time))
}

/// The age of an object.
#[must_use]
pub fn age(object: &Value, now: DateTime<Utc>) -> String {
    since(object::time(object, "/metadata/creationTimestamp"), now)
}

/// A duration with the precision that `kubectl` shows (`duration.HumanDuration`).
#[must_use]
pub fn duration(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |first: i64, unit: &str, second: i64, other: &str| {
        if second == 0 { format!("{first}{unit}") } else { format!("{first}{unit}{second}{other}") }
    };
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => pair(days, "d", hours % 24, "h"),
        () if years < 2 => format!("{days}d"),
        () if years < 8 => pair(years, "y", days % 365, "d"),
        () => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_printed_as_kubectl_prints_it() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (312, "5m12s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (13_200, "3h40m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (200_000, "2d7h"),
            (1_036_800, "12d"),
            (63_072_000, "2y"),
            (70_000_000, "2y80d"),
            (300_000_000, "9y"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text, "{seconds}");
        }
    }
}
