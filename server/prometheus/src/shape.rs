//! [`Shape`]: what matters of a range of values, in a few numbers and a sparkline.

use serde::Serialize;

use crate::{
    Sample,
    fit::LineFit,
    levels::{self, LevelChange, median},
};

/// Columns of a sparkline.
const SPARKLINE_COLUMNS: usize = 16;

/// What matters of a range of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shape {
    /// Number of values that are numbers.
    pub points: usize,
    /// The smallest value.
    pub min: f64,
    /// The value in the middle.
    pub median: f64,
    /// The largest value.
    pub max: f64,
    /// When it was largest, in seconds since 1970.
    pub max_time: f64,
    /// The first value.
    pub first: f64,
    /// The last value.
    pub last: f64,
    /// How much the value grows per hour, by a line through all values; `None` for a single value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope_per_hour: Option<f64>,
    /// Where the level changed suddenly and stayed, the earliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<LevelChange>,
    /// The values in 16 columns or fewer; a gap is a space.
    pub sparkline: String,
}

impl Shape {
    /// The shape of these values in the order of their times; `None` where there is no number.
    #[must_use]
    pub fn of_samples(samples: &[Sample]) -> Option<Self> {
        let points: Vec<Sample> = samples.iter().copied().filter(|sample| sample.value.is_finite()).collect();
        let (first, last) = (points.first()?, points.last()?);
        let mut sorted: Vec<f64> = points.iter().map(|point| point.value).collect();
        sorted.sort_by(f64::total_cmp);
        let largest = points.iter().max_by(|a, b| a.value.total_cmp(&b.value))?;
        Some(Self {
            points: points.len(),
            min: *sorted.first()?,
            median: median(&sorted)?,
            max: largest.value,
            max_time: largest.time,
            first: first.value,
            last: last.value,
            slope_per_hour: LineFit::of_samples(&points).map(|fit| fit.slope * 3600.0),
            changes: levels::changes(&points),
            sparkline: sparkline(samples),
        })
    }
}

/// The values as bars: the mean of each column between the smallest and the largest.
fn sparkline(samples: &[Sample]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = samples.len().min(SPARKLINE_COLUMNS);
    let means: Vec<Option<f64>> = (0..columns)
        .map(|column| {
            let range = samples.len() * column / columns..samples.len() * (column + 1) / columns;
            mean(samples[range].iter().map(|sample| sample.value).filter(|value| value.is_finite()))
        })
        .collect();
    let known = || means.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let bar = |value: f64| {
        let level =
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].iter().filter(|step| value - low > (high - low) * *step / 8.0).count();
        BARS[level]
    };
    means.iter().map(|mean| mean.map_or(' ', bar)).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn samples(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let mut time = 1_000.0 - 60.0;
        let mut next = || {
            time += 60.0;
            time
        };
        values.into_iter().map(|value| Sample { time: next(), value }).collect()
    }

    #[test]
    fn shape_of_a_line_has_its_numbers_and_no_change() {
        let shape = Shape::of_samples(&samples((0..61).map(f64::from))).expect("numbers");
        assert_eq!((shape.points, shape.min, shape.median, shape.max), (61, 0.0, 30.0, 60.0));
        assert_eq!((shape.first, shape.last, shape.max_time), (0.0, 60.0, 4_600.0));
        assert!((shape.slope_per_hour.expect("a slope") - 60.0).abs() < 1e-9);
        assert_eq!((shape.changes, shape.sparkline.as_str()), (vec![], "▁▁▂▂▃▃▄▄▅▅▆▆▇▇██"));
    }

    #[test]
    fn shape_shows_gaps_and_ignores_what_is_no_number() {
        let shape = Shape::of_samples(&samples([f64::NAN, 4.0, f64::INFINITY, 2.0])).expect("numbers");
        assert_eq!((shape.points, shape.min, shape.median, shape.max), (2, 2.0, 3.0, 4.0));
        assert_eq!(shape.sparkline, " █ ▁");
        assert_eq!(Shape::of_samples(&samples([f64::NAN])), None);
        let one = Shape::of_samples(&samples([7.0])).expect("a number");
        assert_eq!((one.slope_per_hour, one.sparkline.as_str()), (None, "▁"));
    }
}
