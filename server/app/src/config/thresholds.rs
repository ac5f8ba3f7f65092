//! The section `thresholds`: from where on values are worth a warning, or critical.

use prometheus::{Levels, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

/// From where on values are worth a warning, or critical. Verdicts of tools and findings about backends use them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ThresholdsSection {
    /// Use of processors in percent. Default: 80 and 95.
    pub(crate) cpu: Option<LevelsSection>,
    /// Use of memory in percent. Default: 85 and 95.
    pub(crate) memory: Option<LevelsSection>,
    /// Use of file systems and volumes in percent. Default: 80 and 90.
    pub(crate) disk: Option<LevelsSection>,
    /// Failed requests in percent. Default: 5 and 10.
    pub(crate) error_rate: Option<LevelsSection>,
    /// Restarts of a container per hour. Default: 3 and 10.
    pub(crate) restarts: Option<LevelsSection>,
}

/// Two levels of a value.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LevelsSection {
    /// From here on it is worth a warning.
    pub(crate) warning: f64,
    /// From here on it is critical.
    pub(crate) critical: f64,
}

impl ThresholdsSection {
    /// The table with the configured levels.
    pub(crate) fn table(&self) -> Thresholds {
        let default = Thresholds::default();
        let levels = |section: Option<LevelsSection>, default: Levels| {
            section.map_or(default, |LevelsSection { warning, critical }| Levels { warning, critical })
        };
        Thresholds {
            cpu: levels(self.cpu, default.cpu),
            memory: levels(self.memory, default.memory),
            disk: levels(self.disk, default.disk),
            error_rate: levels(self.error_rate, default.error_rate),
            restarts: levels(self.restarts, default.restarts),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    #[test]
    fn thresholds_replace_the_default_and_have_to_ascend() {
        let parsed =
            |section: &str| Config::parse(Path::new("/tmp/juju-mcp.yaml"), &format!("thresholds: {section}\n"));
        let config = parsed("{cpu: {warning: 50, critical: 60.5}}").expect("YAML");
        let table = config.thresholds.table();
        assert!(config.validate().is_ok());
        assert_eq!((table.cpu.verdict(55.0).word(), table.memory.verdict(90.0).word()), ("warning", "warning"));
        let config = parsed("{disk: {warning: 90, critical: 80}}").expect("YAML");
        assert!(config.validate().is_err_and(|failure| failure.to_string().contains("thresholds.disk")));
        assert!(parsed("{gpu: {warning: 1, critical: 2}}").is_err());
        assert!(parsed("{cpu: {warning: 1}}").is_err());
    }
}
