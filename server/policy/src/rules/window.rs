//! Time windows: `Mon-Thu 08:00-16:00 +01:00; 2026-12-20..2027-01-04`.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Utc, Weekday};

/// A union of time spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window(Vec<Span>);

/// An absent part does not restrict the span.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    days: Vec<Weekday>,
    hours: Option<(NaiveTime, NaiveTime)>,
    dates: Option<(NaiveDate, NaiveDate)>,
    offset: FixedOffset,
}

impl Window {
    /// Whether a time is in the window.
    pub(crate) fn contains(&self, now: DateTime<Utc>) -> bool {
        self.0.iter().any(|span| span.contains(now))
    }

    /// Parses spans separated by `;`. A span has these words in any order: days (`Mon-Thu`, `Sat,Sun`), hours
    /// (`08:00-16:00`; `22:00-06:00` crosses midnight and belongs to the day on which it begins), dates
    /// (`2026-12-20..2027-01-04`, both included), and `UTC` or an offset from it (`+01:00`).
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        text.split(';').map(Span::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Span {
    fn contains(&self, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&self.offset).naive_local();
        let time = local.time();
        let date = local.date();
        let includes = |date: NaiveDate| {
            (self.days.is_empty() || self.days.contains(&date.weekday()))
                && self.dates.is_none_or(|(first, last)| first <= date && date <= last)
        };
        match self.hours {
            None => includes(date),
            Some((from, to)) if from < to => includes(date) && from <= time && time < to,
            // over midnight: the evening of an included day, or the morning after it
            Some((from, to)) => {
                (includes(date) && time >= from) || (date.pred_opt().is_some_and(includes) && time < to)
            }
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let utc = FixedOffset::east_opt(0).ok_or("invalid offset of UTC")?;
        let mut span = Self { days: Vec::new(), hours: None, dates: None, offset: utc };
        let mut empty = true;
        for word in text.split_whitespace() {
            let invalid = || format!("expected days, hours, dates or an offset from UTC, found: {word}");
            empty = false;
            if word == "UTC" {
                span.offset = utc;
            } else if word.starts_with(['+', '-']) {
                span.offset = word.parse().map_err(|_| invalid())?;
            } else if let Some((first, last)) = word.split_once("..") {
                let date = |text: &str| text.parse::<NaiveDate>().map_err(|_| invalid());
                span.dates = Some((date(first)?, date(last)?));
            } else if word.contains(':') {
                let (from, to) = word.split_once('-').ok_or_else(invalid)?;
                let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| invalid());
                span.hours = Some((time(from)?, time(to)?));
            } else {
                span.days.extend(parse_days(word).ok_or_else(invalid)?);
            }
        }
        if empty { Err("the window is empty".to_owned()) } else { Ok(span) }
    }
}

/// Parses `Mon`, `Mon,Wed`, `Fri-Mon`.
fn parse_days(word: &str) -> Option<Vec<Weekday>> {
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
    fn window_contains_the_times_of_its_spans() {
        // 2026-11-20 is a Friday
        for (window, moment, contains) in [
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
            let window_read = Window::parse(window).expect(window);
            assert_eq!(window_read.contains(moment.parse().expect("a moment")), contains, "{window} at {moment}");
        }
        for text in ["", "Mon;", "Noday", "25:00-26:00", "08:00", "2026-13-01..2026-12-01", "+99:99", "Mon-"] {
            assert!(Window::parse(text).is_err(), "{text}");
        }
    }
}
