//! How values, labels and times of Prometheus are shown to a reader.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use prometheus::{Labels, Shape, Verdict};

/// Label with the name of a metric.
const NAME: &str = "__name__";

/// A number for a reader: four significant digits at least.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return prometheus::number_text(value);
    }
    let digits = match value.abs() {
        0.0 => 0,
        size if size >= 1_000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        size if size >= 0.1 => 4,
        size if size >= 0.001 => 6,
        _ => 9,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with its unit.
pub(super) fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{} %", number((value * 10.0).round() / 10.0)),
        "bytes" | "bytes/s" => {
            let steps = [(1024.0 * 1024.0 * 1024.0, "GiB"), (1024.0 * 1024.0, "MiB"), (1024.0, "KiB"), (1.0, "B")];
            let (size, word) = steps.into_iter().find(|(size, _)| value.abs() >= *size).unwrap_or((1.0, "B"));
            let rate = unit.strip_prefix("bytes").unwrap_or_default();
            format!("{} {word}{rate}", number((value / size * 10.0).round() / 10.0))
        }
        unit => format!("{} {unit}", number(value)),
    }
}

/// A time in seconds since 1970 for a reader.
pub(super) fn time(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a double saturates")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    let time = DateTime::<Utc>::from_timestamp_millis(milliseconds);
    time.map_or_else(|| prometheus::number_text(seconds), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The time of day of it.
pub(super) fn clock(seconds: f64) -> String {
    let text = time(seconds);
    text.split_once('T').and_then(|(_, clock)| clock.get(..5)).map_or(text.clone(), str::to_owned)
}

/// Names of series for a reader.
pub(super) struct Named {
    /// The line about what all of them have.
    pub(super) common: Option<String>,
    /// The name of each, without it.
    pub(super) names: Vec<String>,
}

/// The names of these series: without the labels that all have with the same value, and without labels that follow from others, where
/// they stay different.
pub(super) fn name_series(all: &[&Labels]) -> Named {
    let common = common_labels(all);
    let line =
        (!common.is_empty()).then(|| format!("all of them: {}", series(&common, |name| !follows(name, &common))));
    let names = |short: bool| -> Vec<String> {
        let name =
            |labels: &&Labels| series(labels, |name| !(common.contains_key(name) || short && follows(name, labels)));
        all.iter().map(name).collect()
    };
    let short = names(true);
    let different = short.iter().collect::<BTreeSet<_>>().len() == short.len();
    Named { common: line, names: if different { short } else { names(false) } }
}

/// The labels that all of these have with the same value, if there are several.
fn common_labels(all: &[&Labels]) -> Labels {
    let [first, rest @ ..] = all else { return Labels::new() };
    if rest.is_empty() {
        return Labels::new();
    }
    let mut common = (*first).clone();
    common.retain(|name, value| rest.iter().all(|labels| labels.get(name) == Some(value)));
    common
}

/// Whether a label of Juju's topology follows from another one: the application from the unit, the UUID of a model from its name.
fn follows(name: &str, labels: &Labels) -> bool {
    match name {
        "juju_application" => labels.contains_key("juju_unit"),
        "juju_model_uuid" => labels.contains_key("juju_model"),
        _ => false,
    }
}

/// A series as `PromQL` writes it.
pub(super) fn series(labels: &Labels, is_shown: impl Fn(&str) -> bool) -> String {
    let shown = || labels.iter().filter(|(name, _)| is_shown(name));
    let metric = shown().find(|(name, _)| *name == NAME).map_or("", |(_, value)| value.as_str());
    let matchers: Vec<String> =
        shown().filter(|(name, _)| *name != NAME).map(|(name, value)| format!("{name}={value:?}")).collect();
    if matchers.is_empty() && !metric.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric}{{{}}}", matchers.join(", "))
    }
}

/// The sudden changes of a range.
pub(super) fn changes(shape: &Shape) -> String {
    let texts = shape.changes.iter();
    let texts = texts.map(|change| format!("{} {}->{}", clock(change.time), number(change.from), number(change.to)));
    texts.collect::<Vec<_>>().join(", ")
}

/// How much a range grows per hour; nothing where it does not.
pub(super) fn slope(shape: &Shape) -> String {
    let text = shape.slope_per_hour.map(number).unwrap_or_default();
    match text.as_str() {
        "" | "0" => String::new(),
        text if text.starts_with('-') => text.to_owned(),
        text => format!("+{text}"),
    }
}

/// The worst of these verdicts.
pub(super) fn worst(verdicts: impl Iterator<Item = Verdict>) -> Option<Verdict> {
    verdicts.collect::<BTreeSet<_>>().into_iter().next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_no_exponent() {
        let numbers = [0.0, 1.0, 0.1 + 0.2, 67.99999, 123.456, 1_234_567.8, 1e21, -0.00001, 0.000_012_3, f64::NAN];
        let texts =
            ["0", "1", "0.3", "68", "123.5", "1234568", "1000000000000000000000", "-0.00001", "0.0000123", "NaN"];
        assert_eq!(numbers.map(number), texts);
        let quantities = [
            quantity(68.04, "%"),
            quantity(3.0 * 1024.0 * 1024.0, "bytes"),
            quantity(1536.0, "bytes/s"),
            quantity(0.25, "s"),
        ];
        assert_eq!(quantities, ["68 %", "3 MiB", "1.5 KiB/s", "0.25 s"]);
    }

    #[test]
    fn names_of_series_leave_out_what_all_have_and_what_follows() {
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let named = |all: &[Labels]| name_series(&all.iter().collect::<Vec<_>>());
        let all = named(&[
            labels(&[(NAME, "up"), ("job", "a"), ("m", "x")]),
            labels(&[(NAME, "up"), ("job", "b\""), ("m", "x")]),
        ]);
        assert_eq!(all.common.as_deref(), Some(r#"all of them: up{m="x"}"#));
        assert_eq!(all.names, [r#"{job="a"}"#, r#"{job="b\""}"#]);
        let unit = labels(&[
            (NAME, "up"),
            ("juju_model", "shop"),
            ("juju_model_uuid", "1"),
            ("juju_application", "web"),
            ("juju_unit", "web/0"),
        ]);
        let one = named(std::slice::from_ref(&unit));
        assert_eq!((one.common, one.names[0].as_str()), (None, r#"up{juju_model="shop", juju_unit="web/0"}"#));
        let mut elsewhere = unit.clone();
        elsewhere.insert("juju_model_uuid".to_owned(), "2".to_owned());
        assert_eq!(named(&[unit, elsewhere]).names, [r#"{juju_model_uuid="1"}"#, r#"{juju_model_uuid="2"}"#]);
        assert_eq!(named(&[labels(&[(NAME, "up")]), Labels::new()]).names, ["up", "{}"]);
        assert_eq!(
            (time(1_435_781_451.0), clock(1_435_781_451.0)),
            ("2015-07-01T20:10:51Z".to_owned(), "20:10".to_owned())
        );
    }
}
