//! Quantities of Kubernetes: `250m` of a CPU, `512Mi` of memory.

use serde_json::Value;

/// Suffixes and their factors in thousandths.
const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1_024_000.0),
    ("Mi", 1_048_576_000.0),
    ("Gi", 1_073_741_824_000.0),
    ("Ti", 1_099_511_627_776_000.0),
    ("Pi", 1_125_899_906_842_624_000.0),
    ("Ei", 1_152_921_504_606_846_976_000.0),
    ("n", 0.000_001),
    ("u", 0.001),
    ("m", 1.0),
    ("k", 1e6),
    ("M", 1e9),
    ("G", 1e12),
    ("T", 1e15),
    ("P", 1e18),
    ("E", 1e21),
    ("", 1_000.0),
];

/// A quantity; `None` for a text that is none.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    if let Ok(plain) = text.parse::<f64>() {
        return plain.is_finite().then_some(plain);
    }
    let (suffix, factor) = SUFFIXES.iter().find(|(suffix, _)| !suffix.is_empty() && text.ends_with(suffix))?;
    let number: f64 = text.strip_suffix(suffix)?.parse().ok()?;
    number.is_finite().then_some(number * factor / 1_000.0)
}

/// The quantity of a JSON value, a text or a number; 0 where there is none.
#[must_use]
pub fn of(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::String(text)) => parse(text).unwrap_or_default(),
        Some(Value::Number(number)) => number.as_f64().unwrap_or_default(),
        _ => 0.0,
    }
}

/// CPUs as `kubectl top` prints them: `250m`.
#[must_use]
pub fn cpu(cpus: f64) -> String {
    format!("{:.0}m", (cpus * 1_000.0).ceil())
}

/// Memory as `kubectl top` prints it: `512Mi`.
#[must_use]
pub fn memory(bytes: f64) -> String {
    format!("{:.0}Mi", (bytes / 1_048_576.0).floor())
}

/// A share in percent, rounded down as `kubectl` does; 0 of nothing.
#[must_use]
pub fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).floor() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantity_is_read_in_every_form() {
        for (text, value) in [
            ("2", 2.0),
            ("250m", 0.25),
            ("1500000n", 0.0015),
            ("12u", 0.000_012),
            ("1k", 1_000.0),
            ("512Mi", 536_870_912.0),
            ("1Ti", 1_099_511_627_776.0),
            ("1.5Gi", 1_610_612_736.0),
            ("1M", 1_000_000.0),
            ("1e3", 1_000.0),
        ] {
            let read = parse(text).expect(text);
            assert!((read - value).abs() <= value * 1e-12, "{text}: {read}");
        }
        for text in ["", "m", "Mi", "1 Mi", "x", "1KiB", "inf"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn quantity_is_printed_as_kubectl_top_prints_it() {
        assert_eq!((cpu(0.25), cpu(0.0001), memory(536_870_912.0)), ("250m".into(), "1m".into(), "512Mi".into()));
        assert!((percent(1.0, 3.0) - 33.0).abs() < f64::EPSILON && percent(1.0, 0.0).abs() < f64::EPSILON);
    }
}
