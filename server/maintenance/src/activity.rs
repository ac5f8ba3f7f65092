//! How busy a model is in each hour of the week, from counted events or measured load.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{WeeklySpan, week::minute_of_week};

const HOURS_OF_A_WEEK: u32 = 7 * 24;
/// Hours that a history has: the last five weeks.
const MAX_HOURS: usize = 5 * 7 * 24;
const SECONDS_OF_AN_HOUR: i64 = 3_600;

/// The activity of a model per hour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivityHistory {
    /// Activity of each observed hour, by the number of the hour since 1970. An hour that is not here was not observed.
    hours: BTreeMap<i64, f64>,
}

/// The quietest span of the week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuietSpan {
    /// The span.
    pub span: WeeklySpan,
    /// Its mean activity per hour.
    pub activity: f64,
    /// The mean activity per hour of the whole week.
    pub mean: f64,
    /// How many hours were observed.
    pub observed_hours: usize,
}

impl ActivityHistory {
    /// Adds activity at a time; 0 records that the hour was observed. Drops the oldest hours above the limit.
    pub fn record(&mut self, time: DateTime<Utc>, activity: f64) {
        if activity.is_finite() && activity >= 0.0 {
            *self.hours.entry(time.timestamp().div_euclid(SECONDS_OF_AN_HOUR)).or_default() += activity;
        }
        while self.hours.len() > MAX_HOURS {
            self.hours.pop_first();
        }
    }

    /// The mean activity of each hour of the week; `None` for one that was not observed.
    fn by_hour_of_week(&self) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0_u32); usize::try_from(HOURS_OF_A_WEEK).unwrap_or_default()];
        for (hour, activity) in &self.hours {
            let Some(time) = DateTime::from_timestamp(hour.saturating_mul(SECONDS_OF_AN_HOUR), 0) else { continue };
            let at = usize::try_from(minute_of_week(time) / 60).unwrap_or_default();
            if let Some((sum, count)) = sums.get_mut(at) {
                (*sum, *count) = (*sum + activity, *count + 1);
            }
        }
        sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
    }

    /// How many hours were observed.
    #[must_use]
    pub fn observed_hours(&self) -> usize {
        self.hours.len()
    }

    /// The quietest span of `hours` hours; `None` if an hour of the week was never observed. Of equally quiet ones the first
    /// after Monday, 00:00.
    #[must_use]
    pub fn quietest(&self, hours: u32) -> Option<QuietSpan> {
        let hours = hours.clamp(1, HOURS_OF_A_WEEK);
        let week: Vec<f64> = self.by_hour_of_week().into_iter().collect::<Option<_>>()?;
        let length = usize::try_from(hours).unwrap_or(1);
        let sum_from = |first: usize| week.iter().cycle().skip(first).take(length).sum::<f64>();
        let (first, sum) = (0..week.len())
            .map(|first| (first, sum_from(first)))
            // `min_by` returns the first of equal ones
            .min_by(|(_, one), (_, other)| one.total_cmp(other))?;
        let mean = week.iter().sum::<f64>() / f64::from(HOURS_OF_A_WEEK);
        let first = u32::try_from(first).unwrap_or_default();
        Some(QuietSpan {
            span: WeeklySpan::from_hours(first, hours),
            activity: sum / f64::from(hours),
            mean,
            observed_hours: self.hours.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// Two weeks from a Monday on, with the activity of each hour of the week.
    fn history(activity: impl Fn(u32) -> f64) -> ActivityHistory {
        let mut history = ActivityHistory::default();
        let start: DateTime<Utc> = "2026-11-02T00:00:00Z".parse().expect("a time");
        for hour in 0..2 * HOURS_OF_A_WEEK {
            let time = start + TimeDelta::try_hours(hour.into()).expect("short");
            history.record(time, activity(hour % HOURS_OF_A_WEEK));
        }
        history
    }

    #[test]
    fn quietest_span_of_a_weekly_load_is_its_true_minimum() {
        // busy at work, quiet at night, least on Sunday from 3 to 5
        let load = |hour: u32| {
            let (day, hour) = (hour / 24, hour % 24);
            let base = if day < 5 && (8..18).contains(&hour) { 100.0 } else { 20.0 };
            if day == 6 && (3..5).contains(&hour) { 1.0 } else { base + f64::from(hour % 3) }
        };
        let found = history(load).quietest(2).expect("observed");
        assert_eq!(found.span.to_string(), "Sun 03:00-05:00");
        assert!(found.activity < 1.5 && found.mean > 20.0, "{found:?}");
    }

    #[test]
    fn quietest_span_can_cross_the_end_of_the_week() {
        let found = history(|hour| if hour == 167 || hour == 0 { 0.0 } else { 5.0 }).quietest(2).expect("observed");
        assert_eq!(found.span.to_string(), "Sun 23:00-Mon 01:00");
    }

    #[test]
    fn quietest_span_equals_that_of_a_search_through_all_spans() {
        let mut number = 0x9E37_79B9_7F4A_7C15_u64;
        for seed in 0..50 {
            let mut week = Vec::new();
            for _ in 0..HOURS_OF_A_WEEK {
                number ^= number << 13;
                number ^= number >> 7;
                number ^= number << 17;
                week.push(f64::from(u32::try_from(number % 1_000).expect("small")));
            }
            let at = |hour: u32| week[usize::try_from(hour % HOURS_OF_A_WEEK).expect("small")];
            let hours = 1 + seed % 6;
            let least = (0..HOURS_OF_A_WEEK).map(|first| (first..first + hours).map(at).sum::<f64>());
            let least = least.fold(f64::INFINITY, f64::min);
            let found = history(at).quietest(hours).expect("observed");
            assert!((found.activity * f64::from(hours) - least).abs() < 1e-6, "seed {seed}: {found:?}, not {least}");
        }
    }

    #[test]
    fn history_of_less_than_a_week_has_no_quietest_span() {
        let mut short = ActivityHistory::default();
        short.record("2026-11-02T00:00:00Z".parse().expect("a time"), 0.0);
        assert_eq!(short.quietest(1), None);
    }
}
