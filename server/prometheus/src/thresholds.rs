//! [`Thresholds`]: from where on a value is worth a warning, or critical.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Two levels of a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// From here on it is worth a warning.
    pub warning: f64,
    /// From here on it is critical.
    pub critical: f64,
}

/// How a value compares with its levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Below both.
    Normal,
    /// At least the first.
    Warning,
    /// At least the second.
    Critical,
}

impl Verdict {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Levels {
    const fn new(warning: f64, critical: f64) -> Self {
        Self { warning, critical }
    }

    /// How a value compares with them. What is no number is normal.
    #[must_use]
    pub fn verdict(self, value: f64) -> Verdict {
        match value {
            value if value >= self.critical => Verdict::Critical,
            value if value >= self.warning => Verdict::Warning,
            _ => Verdict::Normal,
        }
    }
}

/// The table of all thresholds that verdicts use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Use of processors in percent; default: 80 and 95.
    pub cpu: Levels,
    /// Use of memory in percent; default: 85 and 95.
    pub memory: Levels,
    /// Use of file systems and volumes in percent; default: 80 and 90.
    pub disk: Levels,
    /// Failed requests in percent; default: 5 and 10.
    pub error_rate: Levels,
    /// Restarts of a container per hour; default: 3 and 10.
    pub restarts: Levels,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            cpu: Levels::new(80.0, 95.0),
            memory: Levels::new(85.0, 95.0),
            disk: Levels::new(80.0, 90.0),
            error_rate: Levels::new(5.0, 10.0),
            restarts: Levels::new(3.0, 10.0),
        }
    }
}

impl Thresholds {
    /// Checks that each pair ascends.
    ///
    /// # Errors
    /// The key, and what is wrong with its value.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let Self { cpu, memory, disk, error_rate, restarts } = self;
        for (key, levels) in
            [("cpu", cpu), ("memory", memory), ("disk", disk), ("error_rate", error_rate), ("restarts", restarts)]
        {
            let valid = levels.warning.is_finite() && levels.critical.is_finite() && levels.warning >= 0.0;
            if !valid || levels.warning > levels.critical {
                return Err((key, "needs a `warning` of at most `critical`, and no negative one"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn value_at_a_level_has_its_verdict() {
        let table = Thresholds::default();
        let verdicts = [79.9, 80.0, 94.9, 95.0, f64::NAN].map(|value| table.cpu.verdict(value).word());
        assert_eq!(verdicts, ["normal", "warning", "warning", "critical", "normal"]);
        assert_eq!(table.error_rate.verdict(2.1), Verdict::Normal);
        assert_eq!(table.check(), Ok(()));
    }

    #[test]
    fn configured_levels_replace_the_default_and_have_to_ascend() {
        let table: Thresholds =
            serde_json::from_value(json!({"cpu": {"warning": 50, "critical": 60}})).expect("a table");
        assert_eq!((table.cpu.verdict(55.0), table.memory), (Verdict::Warning, Thresholds::default().memory));
        let table: Thresholds =
            serde_json::from_value(json!({"disk": {"warning": 70, "critical": 60}})).expect("a table");
        assert!(table.check().is_err_and(|(key, _)| key == "disk"));
        assert!(serde_json::from_value::<Thresholds>(json!({"gpu": {"warning": 1, "critical": 2}})).is_err());
    }
}
