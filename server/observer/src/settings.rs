//! Settings of the observer; they are replaced while it runs.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConfiguredThresholds, FindingEntity};

/// What is observed, and which findings are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct ObserverSettings {
    /// Names of controllers; empty for all.
    pub controllers: Vec<String>,
    /// Models, `admin/shop`, `shop` or `*-staging`; empty for all.
    pub models: Vec<String>,
    /// Time between two looks at all models.
    pub interval: Duration,
    /// Whether the logs of the models are read.
    pub logs: bool,
    /// How long a condition has to be absent until its finding closes.
    pub close_after: TimeDelta,
    /// Thresholds that differ from the defaults.
    pub thresholds: ConfiguredThresholds,
    /// Detectors that are off.
    pub disabled: BTreeSet<String>,
    /// Conditions that open no finding.
    pub silences: Vec<Silence>,
}

impl Default for ObserverSettings {
    fn default() -> Self {
        Self {
            controllers: Vec::new(),
            models: Vec::new(),
            interval: Duration::from_secs(30),
            logs: true,
            close_after: TimeDelta::minutes(10),
            thresholds: ConfiguredThresholds::new(),
            disabled: BTreeSet::new(),
            silences: Vec::new(),
        }
    }
}

/// Conditions that open no finding; a field that is absent matches everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Silence {
    /// Name of a detector.
    pub detector: Option<String>,
    /// Name of a controller.
    pub controller: Option<String>,
    /// A model, `admin/shop`, `shop` or `*-staging`.
    pub model: Option<String>,
    /// An entity, `web/0`, `web/*` or `web`.
    pub entity: Option<String>,
    /// When it ends; default: never.
    pub until: Option<DateTime<Utc>>,
}

impl Silence {
    /// Whether it matches a condition at this time.
    #[must_use]
    pub fn matches(&self, detector: &str, entity: &FindingEntity, now: DateTime<Utc>) -> bool {
        let fits = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| fits(wanted, found));
        let model = self.model.as_ref().is_none_or(|wanted| fits_model(wanted, &entity.model));
        self.until.is_none_or(|until| now < until)
            && fits(&self.detector, detector)
            && fits(&self.controller, &entity.controller)
            && model
            && fits(&self.entity, &entity.name)
    }
}

impl ObserverSettings {
    /// Whether a model is observed.
    #[must_use]
    pub fn observes(&self, controller: &str, model: &str) -> bool {
        let named =
            |names: &[String], fits: &dyn Fn(&str) -> bool| names.is_empty() || names.iter().any(|name| fits(name));
        named(&self.controllers, &|name| name == controller) && named(&self.models, &|name| fits_model(name, model))
    }
}

/// Whether a model, `admin/shop`, has this name, `admin/shop`, `shop` or `*-prod`; a name without an owner is of any owner.
#[must_use]
pub fn fits_model(wanted: &str, model: &str) -> bool {
    let short = model.rsplit('/').next().unwrap_or(model);
    fits(wanted, model) || (!wanted.contains('/') && fits(wanted, short))
}

/// Whether a name fits a pattern with at most one `*`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_matches_by_all_its_fields_until_its_end() {
        let entity = FindingEntity {
            controller: "eu".into(),
            model: "admin/shop".into(),
            kind: "unit".into(),
            name: "web/0".into(),
        };
        let silence = Silence {
            model: Some("shop".to_owned()),
            entity: Some("web/*".to_owned()),
            until: Some(DateTime::UNIX_EPOCH + TimeDelta::hours(1)),
            ..Silence::default()
        };
        assert!(silence.matches("drift", &entity, DateTime::UNIX_EPOCH));
        assert!(!silence.matches("drift", &entity, DateTime::UNIX_EPOCH + TimeDelta::hours(2)));
        let other = Silence { detector: Some("expiry".to_owned()), ..silence };
        assert!(!other.matches("drift", &entity, DateTime::UNIX_EPOCH));
    }

    #[test]
    fn settings_name_models_with_and_without_owner() {
        let settings = ObserverSettings { models: vec!["shop".to_owned(), "*-prod".to_owned()], ..Default::default() };
        assert!(settings.observes("eu", "admin/shop") && settings.observes("eu", "bob/web-prod"));
        assert!(!settings.observes("eu", "admin/shop2"));
    }
}
