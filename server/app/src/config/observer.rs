//! The section `observer`: what is observed, and which findings are wanted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use content::nearest;
use maintenance::{ConfiguredWindow, MaintenanceSettings, WeeklySpan};
use observer::{DETECTORS, ObserverSettings, Silence};
use schemars::JsonSchema;
use serde::Deserialize;

/// The observer, which detects in the models what goes wrong. It reads with the common credential, and changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ObserverSection {
    /// Observe models. Default: false.
    pub(crate) enabled: bool,
    /// Names of the controllers to observe. Default: all.
    pub(crate) controllers: Vec<String>,
    /// Models to observe: `admin/shop`, `shop` or `*-prod`. Default: all.
    pub(crate) models: Vec<String>,
    /// Seconds between two looks at all models. Default: 30.
    #[schemars(range(min = 5, max = 3600))]
    pub(crate) interval_seconds: Option<u32>,
    /// Read the logs of the models, so that errors in them are findings. Default: true.
    pub(crate) logs: Option<bool>,
    /// Minutes for which a condition has to be absent until its finding closes. Default: 10.
    #[schemars(range(min = 0, max = 1440))]
    pub(crate) close_after_minutes: Option<u32>,
    /// Detectors that are off. Default: none.
    pub(crate) disabled_detectors: Vec<String>,
    /// Thresholds by detector and name that differ from the defaults; `docs/observer.md` lists them with their units.
    pub(crate) thresholds: BTreeMap<String, BTreeMap<String, f64>>,
    /// Conditions that open no finding.
    pub(crate) silences: Vec<SilenceSection>,
    /// When models may be maintained, for the plans of their upgrades.
    pub(crate) maintenance: MaintenanceSection,
}

/// When models may be maintained.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MaintenanceSection {
    /// Windows of each week; the first that fits a model is its window. Default: the quietest time of the week, by the changes of the
    /// model.
    pub(crate) windows: Vec<WindowSection>,
    /// Hours of a window that is computed. Default: 2.
    #[schemars(range(min = 1, max = 24))]
    pub(crate) hours: Option<u32>,
}

/// A window of each week.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowSection {
    /// The time in UTC: `Sun 03:00-05:00` or `Sat 22:00-Sun 02:00`.
    pub(crate) span: String,
    /// Models: `admin/shop`, `shop` or `*-prod`. Default: all.
    #[serde(default)]
    pub(crate) models: Vec<String>,
}

/// Conditions that open no finding. A key that is absent matches everything.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SilenceSection {
    /// Name of a detector.
    pub(crate) detector: Option<String>,
    /// Name of a controller.
    pub(crate) controller: Option<String>,
    /// A model: `admin/shop`, `shop` or `*-prod`.
    pub(crate) model: Option<String>,
    /// Name of an entity: `web/0` or `web/*`.
    pub(crate) entity: Option<String>,
    /// When it ends, `2026-12-01T06:00:00Z`. Default: never.
    pub(crate) until: Option<String>,
}

impl ObserverSection {
    /// The first value that cannot be used: its key, and what is wrong with it.
    pub(super) fn problem(&self) -> Option<(String, String, String)> {
        let names: Vec<&str> = DETECTORS.iter().map(|detector| detector.description().name).collect();
        let disabled = self.disabled_detectors.iter().map(|name| ("disabled_detectors", name));
        let silenced = self.silences.iter().filter_map(|silence| Some(("silences", silence.detector.as_ref()?)));
        let with_thresholds = self.thresholds.keys().map(|name| ("thresholds", name));
        for (key, name) in disabled.chain(silenced).chain(with_thresholds) {
            if !names.contains(&name.as_str()) {
                let problem = format!("names no detector: `{name}`");
                return Some((format!("observer.{key}"), problem, remedy(name, &names)));
            }
        }
        for (detector, values) in &self.thresholds {
            let known = observer::find_detector(detector)?.thresholds;
            let known: Vec<&str> = known.iter().map(|threshold| threshold.name).collect();
            for (name, value) in values {
                let key = format!("observer.thresholds.{detector}");
                if !known.contains(&name.as_str()) {
                    return Some((key, format!("has no threshold `{name}`"), remedy(name, &known)));
                }
                if !value.is_finite() || *value < 0.0 {
                    let problem = format!("has a negative value: `{name}`");
                    return Some((key, problem, "use a number from 0 on".to_owned()));
                }
            }
        }
        let mut windows = self.maintenance.windows.iter();
        if let Some(error) = windows.find_map(|window| window.span.parse::<WeeklySpan>().err()) {
            let problem = format!("has a wrong time: {error}");
            return Some((
                "observer.maintenance.windows[].span".to_owned(),
                problem,
                "use the form `Sun 03:00-05:00`".to_owned(),
            ));
        }
        let wrong = self
            .silences
            .iter()
            .find_map(|silence| silence.until.as_ref().filter(|until| DateTime::parse_from_rfc3339(until).is_err()))?;
        let problem = format!("contains no time: `{wrong}`");
        Some(("observer.silences".to_owned(), problem, "use the form `2026-12-01T06:00:00Z`".to_owned()))
    }

    /// The settings of the plans.
    pub(crate) fn maintenance(&self) -> MaintenanceSettings {
        let window = |section: &WindowSection| {
            let span = section.span.parse().ok()?;
            Some(ConfiguredWindow { models: section.models.clone(), span })
        };
        MaintenanceSettings {
            windows: self.maintenance.windows.iter().filter_map(window).collect(),
            hours: self.maintenance.hours.unwrap_or(MaintenanceSettings::default().hours),
        }
    }

    /// The settings of the observer.
    pub(crate) fn settings(&self) -> ObserverSettings {
        let silence = |section: &SilenceSection| Silence {
            detector: section.detector.clone(),
            controller: section.controller.clone(),
            model: section.model.clone(),
            entity: section.entity.clone(),
            until: section.until.as_deref().and_then(time),
        };
        let defaults = ObserverSettings::default();
        let seconds = self.interval_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let close_after = self.close_after_minutes.and_then(|minutes| TimeDelta::try_minutes(minutes.into()));
        ObserverSettings {
            controllers: self.controllers.clone(),
            models: self.models.clone(),
            interval: seconds.unwrap_or(defaults.interval),
            logs: self.logs.unwrap_or(defaults.logs),
            close_after: close_after.unwrap_or(defaults.close_after),
            thresholds: self.thresholds.clone(),
            disabled: self.disabled_detectors.iter().cloned().collect::<BTreeSet<_>>(),
            silences: self.silences.iter().map(silence).collect(),
        }
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

fn remedy(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    #[test]
    fn observer_section_is_checked_before_the_server_starts() {
        let problem = |section: &str| {
            let config =
                Config::parse(Path::new("/tmp/juju-mcp.yaml"), &format!("observer: {section}\n")).expect("YAML");
            config.validate().err().map(|failure| failure.to_string())
        };
        for fine in [
            "{}",
            "{enabled: true, thresholds: {hook_retries: {failures: 3}}}",
            "{maintenance: {hours: 3, windows: [{span: 'Sun 03:00-05:00', models: [shop]}]}}",
            "{silences: [{detector: drift, model: '*-staging', until: '2026-12-01T06:00:00Z'}]}",
        ] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for (section, named) in [
            ("{disabled_detectors: [drifts]}", "drifts"),
            ("{thresholds: {drift: {failures: 3}}}", "failures"),
            ("{thresholds: {hook_retries: {failures: -1}}}", "negative"),
            ("{silences: [{until: tomorrow}]}", "tomorrow"),
            ("{maintenance: {windows: [{span: 'Sunday night'}]}}", "Sunday night"),
            ("{maintenance: {hours: 48}}", "observer.maintenance.hours"),
            ("{interval_seconds: 1}", "observer.interval_seconds"),
        ] {
            let text = problem(section).unwrap_or_default();
            assert!(text.contains(named), "{section}: {text}");
        }
    }
}
