//! Windows of time: `Mon-Thu 08:00-16:00 +01:00; 2026-12-20..2027-01-04`.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Utc, Weekday};

/// Spans of time, of which one is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window(Vec<Span>);

/// What a span does not name does not narrow it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    days: Vec<Weekday>,
    hours: Option<(NaiveTime, NaiveTime)>,
    dates: Option<(NaiveDate, NaiveDate)>,
    offset: FixedOffset,
}

impl Window {
    /// Whether a moment is in it.
    pub(crate) fn holds(&self, now: DateTime<Utc>) -> bool {
        self.0.iter().any(|span| span.holds(now))
    }

    /// Reads spans with `;` between them. A span has words in any order: days (`Mon-Thu`, `Sat,Sun`), hours
    /// (`08:00-16:00`; `22:00-06:00` goes over midnight and belongs to the day on which it begins), dates
    /// (`2026-12-20..2027-01-04`, both included), and `UTC` or an offset from it (`+01:00`).
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        text.split(';').map(Span::read).collect::<Result<_, _>>().map(Self)
    }
}

impl Span {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&self.offset).naive_local();
        let (time, date) = (local.time(), local.date());
        let on = |date: NaiveDate| {
            (self.days.is_empty() || self.days.contains(&date.weekday()))
                && self.dates.is_none_or(|(first, last)| first <= date && date <= last)
        };
        match self.hours {
            None => on(date),
            Some((from, to)) if from < to => on(date) && from <= time && time < to,
            // over midnight: the evening of this day, or the morning after one
            Some((from, to)) => (on(date) && time >= from) || (date.pred_opt().is_some_and(on) && time < to),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let utc = FixedOffset::east_opt(0).ok_or("UTC is not known")?;
        let mut span = Self { days: Vec::new(), hours: None, dates: None, offset: utc };
        let mut empty = true;
        for word in text.split_whitespace() {
            let wanted = || format!("days, hours, dates or an offset from UTC are wanted, not: {word}");
            empty = false;
            if word == "UTC" {
                span.offset = utc;
            } else if word.starts_with(['+', '-']) {
                span.offset = word.parse().map_err(|_| wanted())?;
            } else if let Some((first, last)) = word.split_once("..") {
                let date = |text: &str| text.parse::<NaiveDate>().map_err(|_| wanted());
                span.dates = Some((date(first)?, date(last)?));
            } else if word.contains(':') {
                let (from, to) = word.split_once('-').ok_or_else(wanted)?;
                let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| wanted());
                span.hours = Some((time(from)?, time(to)?));
            } else {
                span.days.extend(days(word).ok_or_else(wanted)?);
            }
        }
        if empty { Err("the window is empty".to_owned()) } else { Ok(span) }
    }
}

/// `Mon`, `Mon,Wed`, `Fri-Mon`.
fn days(word: &str) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last): (Weekday, Weekday) = (first.parse().ok()?, last.parse().ok()?);
        days.push(day);
        while day != last {
            day = day.succ();
            days.push(day);
        }
    }
    Some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_in_a_window_or_is_not() {
        // 2026-11-20 is a Friday
        for (window, moment, holds) in [
            ("Mon-Thu 08:00-16:00 UTC", "2026-11-19T08:00:00Z", true),
            ("Mon-Thu 08:00-16:00 UTC", "2026-11-19T16:00:00Z", false),
            ("Mon-Thu 08:00-16:00 UTC", "2026-11-20T09:00:00Z", false),
            ("Mon-Thu 08:00-16:00 +02:00", "2026-11-19T06:30:00Z", true),
            ("Mon-Thu 08:00-16:00 -05:00", "2026-11-19T06:30:00Z", false),
            ("Fri-Mon", "2026-11-22T23:00:00Z", true),
            ("Fri-Mon", "2026-11-24T00:00:00Z", false),
            ("Sat,Sun", "2026-11-21T12:00:00Z", true),
            ("Fri 22:00-06:00", "2026-11-20T23:00:00Z", true),
            ("Fri 22:00-06:00", "2026-11-21T05:59:00Z", true),
            ("Fri 22:00-06:00", "2026-11-20T05:00:00Z", false),
            ("2026-12-20..2027-01-04", "2027-01-04T23:59:00Z", true),
            ("2026-12-20..2027-01-04", "2027-01-05T00:00:00Z", false),
            ("Mon; 2026-11-20..2026-11-20", "2026-11-20T00:00:00Z", true),
        ] {
            let window_read = Window::read(window).expect(window);
            assert_eq!(window_read.holds(moment.parse().expect("a moment")), holds, "{window} at {moment}");
        }
        for text in ["", "Mon;", "Noday", "25:00-26:00", "08:00", "2026-13-01..2026-12-01", "+99:99", "Mon-"] {
            assert!(Window::read(text).is_err(), "{text}");
        }
    }
}
