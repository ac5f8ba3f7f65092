//! [`LineFit`]: a line through values, and when it reaches a limit.

use serde::Serialize;

use crate::{Sample, levels};

/// A line through values by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LineFit {
    /// Growth per second.
    pub(crate) slope: f64,
    /// Value of the line at the last time.
    pub(crate) last: f64,
    /// Share of the variance that the line explains, from 0 to 1.
    pub(crate) explained: f64,
    /// Standard deviation of the values from the line.
    pub(crate) residual: f64,
}

impl LineFit {
    /// The line through values that are numbers; `None` for fewer than two times.
    pub(crate) fn of_samples(points: &[Sample]) -> Option<Self> {
        let end = points.last()?.time;
        let (mut count, mut sum_t, mut sum_v) = (0.0, 0.0, 0.0);
        for point in points {
            count += 1.0;
            sum_t += point.time - end;
            sum_v += point.value;
        }
        let (mean_t, mean_v) = (sum_t / count, sum_v / count);
        let (mut tt, mut tv, mut vv) = (0.0, 0.0, 0.0);
        for point in points {
            let (t, v) = (point.time - end - mean_t, point.value - mean_v);
            tt += t * t;
            tv += t * v;
            vv += v * v;
        }
        if tt <= 0.0 {
            return None;
        }
        let slope = tv / tt;
        let unexplained = (vv - slope * tv).max(0.0);
        let explained = if vv > 0.0 { 1.0 - unexplained / vv } else { 0.0 };
        Some(Self { slope, last: mean_v - slope * mean_t, explained, residual: (unexplained / count).sqrt() })
    }
}

/// When values reach a limit if they grow on as they did, or why nothing can be claimed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TimeUntil {
    /// They reach it.
    Reached {
        /// Hours from the last value on.
        hours: f64,
        /// Standard deviation of the values from the line.
        residual: f64,
        /// Share of the variance that the line explains, from 0 to 1.
        explained: f64,
    },
    /// No claim.
    Unknown {
        /// Why.
        reason: &'static str,
    },
}

/// Values that a claim needs at least.
const MIN_POINTS: usize = 10;
/// Share of the variance that the line has to explain.
const MIN_EXPLAINED: f64 = 0.8;
/// How many times the observed span a claim may reach ahead.
const MAX_SPANS_AHEAD: f64 = 24.0;

impl TimeUntil {
    /// When these values reach the limit. What was before the last sudden change of their level is left out.
    #[must_use]
    pub fn of_samples(samples: &[Sample], limit: f64) -> Self {
        let points: Vec<Sample> = samples.iter().copied().filter(|sample| sample.value.is_finite()).collect();
        let start = levels::changes(&points).last().map_or(f64::NEG_INFINITY, |change| change.time);
        let steady: Vec<Sample> = points.into_iter().filter(|point| point.time >= start).collect();
        let (Some(first), Some(last), true) = (steady.first(), steady.last(), steady.len() >= MIN_POINTS) else {
            return Self::Unknown { reason: "too few values since the level changed" };
        };
        if last.value >= limit {
            return Self::Unknown { reason: "the limit is reached" };
        }
        let Some(fit) = LineFit::of_samples(&steady) else { return Self::Unknown { reason: "one time only" } };
        if fit.slope <= 0.0 {
            return Self::Unknown { reason: "it does not grow" };
        }
        if fit.explained < MIN_EXPLAINED {
            return Self::Unknown { reason: "it does not grow steadily" };
        }
        let seconds = (limit - fit.last).max(0.0) / fit.slope;
        if seconds > (last.time - first.time) * MAX_SPANS_AHEAD {
            return Self::Unknown { reason: "too far ahead for the range" };
        }
        Self::Reached { hours: seconds / 3600.0, residual: fit.residual, explained: fit.explained }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_minute(values: impl Iterator<Item = f64>) -> Vec<Sample> {
        let times = (0..10_000).map(|minute| f64::from(minute) * 60.0);
        times.zip(values).map(|(time, value)| Sample { time, value }).collect()
    }

    fn noise(index: i32) -> f64 {
        f64::from((index * 7_919) % 101) / 101.0 - 0.5
    }

    #[test]
    fn steady_growth_reaches_its_limit_after_the_time_that_is_left() {
        let samples = every_minute((0..61).map(|minute| 40.0 + f64::from(minute) / 6.0 + noise(minute)));
        let TimeUntil::Reached { hours, residual, explained } = TimeUntil::of_samples(&samples, 100.0) else {
            panic!("no claim")
        };
        assert!((hours - 5.0).abs() < 0.3, "{hours}");
        assert!(residual > 0.2 && residual < 0.4 && explained > 0.95, "{residual} {explained}");
    }

    #[test]
    fn values_without_a_steady_growth_yield_no_claim() {
        let reason = |values: Vec<f64>| match TimeUntil::of_samples(&every_minute(values.into_iter()), 100.0) {
            TimeUntil::Unknown { reason } => reason,
            TimeUntil::Reached { hours, .. } => panic!("{hours} hours"),
        };
        assert_eq!(
            reason((0..60).map(|minute| 50.0 + noise(minute) * 20.0 + f64::from(minute) / 60.0).collect()),
            "it does not grow steadily"
        );
        assert_eq!(reason((0..60).map(|minute| 50.0 - f64::from(minute) / 6.0).collect()), "it does not grow");
        assert_eq!(reason(vec![50.0; 60]), "it does not grow");
        assert_eq!(
            reason((0..60).map(|minute| 1.0 + f64::from(minute) / 1e6).collect()),
            "too far ahead for the range"
        );
        assert_eq!(reason(vec![10.0, 11.0, 12.0]), "too few values since the level changed");
        assert_eq!(reason((0..60).map(|minute| 60.0 + f64::from(minute)).collect()), "the limit is reached");
    }

    #[test]
    fn growth_is_measured_since_the_last_sudden_change() {
        let values = (0..60).map(|minute| if minute < 20 { 90.0 } else { 20.0 + f64::from(minute - 20) / 3.0 });
        let TimeUntil::Reached { hours, .. } = TimeUntil::of_samples(&every_minute(values), 100.0) else {
            panic!("no claim")
        };
        assert!((hours - 67.0 * 3.0 / 60.0).abs() < 0.05, "{hours}");
    }
}
