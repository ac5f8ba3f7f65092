//! Spans of a week, in UTC.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

const MINUTES_OF_A_DAY: u32 = 24 * 60;
/// Minutes of a week.
pub(crate) const MINUTES_OF_A_WEEK: u32 = 7 * MINUTES_OF_A_DAY;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A span of each week in UTC: `Sun 03:00-05:00`, `Sat 22:00-Sun 02:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeeklySpan {
    /// Minutes from Monday, 00:00.
    start: u32,
    minutes: u32,
}

/// One occurrence of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
}

/// The text is no span of a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSpan(String);

impl fmt::Display for InvalidSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is no span of a week: use the form `Sun 03:00-05:00` or `Sat 22:00-Sun 02:00`", self.0)
    }
}

impl std::error::Error for InvalidSpan {}

impl WeeklySpan {
    /// The span of so many hours from this hour of the week on; hour 0 is Monday, 00:00.
    #[must_use]
    pub(crate) fn from_hours(first: u32, hours: u32) -> Self {
        Self { start: first * 60 % MINUTES_OF_A_WEEK, minutes: (hours * 60).min(MINUTES_OF_A_WEEK) }
    }

    /// Its length in minutes.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// The next window that has not begun at `now`.
    #[must_use]
    pub fn next_after(self, now: DateTime<Utc>) -> MaintenanceWindow {
        let wait = (self.start + MINUTES_OF_A_WEEK - minute_of_week(now)) % MINUTES_OF_A_WEEK;
        let into_minute = TimeDelta::try_seconds(now.second().into()).unwrap_or_default()
            + TimeDelta::nanoseconds(i64::from(now.nanosecond() % 1_000_000_000));
        let mut start = now - into_minute + minutes(wait);
        if start < now {
            start += minutes(MINUTES_OF_A_WEEK);
        }
        MaintenanceWindow { start, end: start + minutes(self.minutes) }
    }
}

fn minutes(number: u32) -> TimeDelta {
    TimeDelta::try_minutes(number.into()).unwrap_or_default()
}

/// Minutes from Monday, 00:00.
pub(crate) fn minute_of_week(time: DateTime<Utc>) -> u32 {
    time.weekday().num_days_from_monday() * MINUTES_OF_A_DAY + time.hour() * 60 + time.minute()
}

impl fmt::Display for WeeklySpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |minute: u32| {
            let minute = minute % MINUTES_OF_A_WEEK;
            let day = DAYS[usize::try_from(minute / MINUTES_OF_A_DAY).unwrap_or_default()];
            (day, format!("{:02}:{:02}", minute / 60 % 24, minute % 60))
        };
        let ((day, start), (last_day, end)) = (place(self.start), place(self.start + self.minutes));
        if day == last_day && self.minutes < MINUTES_OF_A_DAY {
            write!(formatter, "{day} {start}-{end}")
        } else {
            write!(formatter, "{day} {start}-{last_day} {end}")
        }
    }
}

impl FromStr for WeeklySpan {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let parse = || {
            let (start, end) = text.trim().split_once('-')?;
            let (day, clock) = start.trim().split_once(' ')?;
            let first = day_of(day)? * MINUTES_OF_A_DAY;
            let start = first + clock_of(clock)?;
            let end = match end.trim().split_once(' ') {
                Some((day, clock)) => day_of(day)? * MINUTES_OF_A_DAY + clock_of(clock)?,
                None => first + clock_of(end)?,
            };
            // a span without a second day does not go beyond midnight, except to it
            let minutes = (end + MINUTES_OF_A_WEEK - start) % MINUTES_OF_A_WEEK;
            (minutes > 0).then_some(Self { start: start % MINUTES_OF_A_WEEK, minutes })
        };
        parse().ok_or_else(|| InvalidSpan(text.chars().take(40).collect()))
    }
}

fn day_of(text: &str) -> Option<u32> {
    text.parse::<Weekday>().ok().map(|day| day.num_days_from_monday())
}

/// Minutes of a time of day; `24:00` is its end.
fn clock_of(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= MINUTES_OF_A_DAY).then_some(hour * 60 + minute)
}

impl Serialize for WeeklySpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WeeklySpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_is_read_and_written() {
        for (text, written) in [
            ("Sun 03:00-05:00", "Sun 03:00-05:00"),
            ("sunday 3:00-5:00", "Sun 03:00-05:00"),
            ("Sat 22:00-Sun 02:00", "Sat 22:00-Sun 02:00"),
            ("Sun 22:00-Mon 02:00", "Sun 22:00-Mon 02:00"),
            ("Mon 22:00-24:00", "Mon 22:00-Tue 00:00"),
        ] {
            let span: WeeklySpan = text.parse().expect(text);
            assert_eq!(span.to_string(), written);
            assert_eq!(written.parse(), Ok(span));
        }
        for text in ["", "Sun", "Sun 03:00", "Sun 3-5", "Day 03:00-05:00", "Sun 03:00-03:00", "Sun 25:00-26:00"] {
            assert!(text.parse::<WeeklySpan>().is_err(), "{text}");
        }
    }

    #[test]
    fn next_window_begins_after_now_within_a_week() {
        let span: WeeklySpan = "Sun 03:00-05:00".parse().expect("a span");
        for (now, start) in [
            ("2026-11-28T02:00:00Z", "2026-11-29T03:00:00Z"),
            ("2026-11-29T02:59:59.5Z", "2026-11-29T03:00:00Z"),
            ("2026-11-29T03:00:00Z", "2026-11-29T03:00:00Z"),
            ("2026-11-29T03:00:01Z", "2026-12-06T03:00:00Z"),
        ] {
            let window = span.next_after(now.parse().expect("a time"));
            assert_eq!(window.start, start.parse::<DateTime<Utc>>().expect("a time"), "{now}");
            assert_eq!(window.end - window.start, TimeDelta::hours(2));
        }
    }
}
