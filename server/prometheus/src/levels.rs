//! Sudden changes of the level of values: jumps that stay, as opposed to noise, trends and single peaks.

use serde::Serialize;

use crate::Sample;

/// Values on each side of a place; their medians are the levels before and after it.
const WINDOW: usize = 3;
/// How many standard deviations of neighbours a jump has to be.
const MIN_JUMP_IN_DEVIATIONS: f64 = 3.5;
/// Share of the whole span of values that a jump has to be.
const MIN_JUMP_IN_SPAN: f64 = 0.2;
/// Most changes that are reported; the largest ones.
const MAX_CHANGES: usize = 4;
/// Standard deviation of a normal distribution by the median of its absolute values.
const NORMAL: f64 = 1.4826;

/// A sudden change of the level of values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelChange {
    /// When, in seconds since 1970.
    pub time: f64,
    /// Level before.
    pub from: f64,
    /// Level after.
    pub to: f64,
}

/// The changes among values that are numbers, the earliest first.
pub(crate) fn changes(points: &[Sample]) -> Vec<LevelChange> {
    if points.len() < 2 * WINDOW {
        return Vec::new();
    }
    // of a trend without noise a jump is three steps, which is less than this many deviations
    let steps: Vec<f64> = points.windows(2).map(|pair| (pair[1].value - pair[0].value).abs()).collect();
    let deviation = NORMAL * median_of(&steps);
    let span = |pick: fn(f64, f64) -> f64, start| points.iter().map(|point| point.value).fold(start, pick);
    let span = span(f64::max, f64::NEG_INFINITY) - span(f64::min, f64::INFINITY);
    let level =
        |from: usize| median_of(&points[from..from + WINDOW].iter().map(|point| point.value).collect::<Vec<_>>());
    let threshold = (MIN_JUMP_IN_DEVIATIONS * deviation).max(MIN_JUMP_IN_SPAN * span).max(f64::MIN_POSITIVE);
    let mut found: Vec<(usize, f64, LevelChange)> = Vec::new();
    for place in WINDOW..=points.len() - WINDOW {
        let (from, to) = (level(place - WINDOW), level(place));
        let size = (to - from).abs();
        if size < threshold {
            continue;
        }
        // among places that see the same jump, the one with the largest step between the two values there
        let step = steps[place - 1];
        let change = LevelChange { time: points[place].time, from, to };
        match found.last_mut() {
            Some((last, best, found)) if place - *last < WINDOW => {
                if step > *best {
                    *best = step;
                    *found = change;
                }
                *last = place;
            }
            _ => found.push((place, step, change)),
        }
    }
    found.sort_by(|a, b| (b.2.to - b.2.from).abs().total_cmp(&(a.2.to - a.2.from).abs()));
    found.truncate(MAX_CHANGES);
    let mut changes: Vec<LevelChange> = found.into_iter().map(|(_, _, change)| change).collect();
    changes.sort_by(|a, b| a.time.total_cmp(&b.time));
    changes
}

/// The value in the middle of sorted values.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = if sorted.len().is_multiple_of(2) { *sorted.get(sorted.len() / 2 - 1)? } else { upper };
    Some(f64::midpoint(lower, upper))
}

fn median_of(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    median(&sorted).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times_of(values: impl IntoIterator<Item = f64>) -> Vec<(f64, f64, f64)> {
        let times = (0..100_000).map(f64::from);
        let points: Vec<Sample> = times.zip(values).map(|(time, value)| Sample { time, value }).collect();
        changes(&points).into_iter().map(|change| (change.time, change.from, change.to)).collect()
    }

    fn noise(index: i32) -> f64 {
        f64::from((index * 7_919 + 13) % 101) / 101.0 - 0.5
    }

    #[test]
    fn step_is_found_where_it_happened() {
        let step = |index: i32| if index < 40 { 10.0 } else { 30.0 };
        assert_eq!(times_of((0..60).map(step)), [(40.0, 10.0, 30.0)]);
        let noisy = times_of((0..60).map(|index| step(index) + noise(index)));
        assert_eq!(noisy.iter().map(|change| change.0).collect::<Vec<_>>(), [40.0]);
    }

    #[test]
    fn period_of_another_level_has_a_beginning_and_an_end() {
        let level = |index: i32| if (100..130).contains(&index) { 5.0 } else { 1.0 };
        assert_eq!(times_of((0..240).map(level)), [(100.0, 1.0, 5.0), (130.0, 5.0, 1.0)]);
    }

    #[test]
    fn trends_waves_noise_and_single_peaks_are_no_changes() {
        assert_eq!(times_of((0..100).map(f64::from)), []);
        assert_eq!(times_of((0..300).map(|index| (f64::from(index) / 20.0).sin())), []);
        assert_eq!(times_of((0..1_000).map(noise)), []);
        assert_eq!(times_of((0..100).map(|index| if index == 50 { 100.0 } else { noise(index) })), []);
        assert_eq!(times_of([3.0; 50]), []);
        assert_eq!(times_of([1.0, 9.0]), []);
    }
}
