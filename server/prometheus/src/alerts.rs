//! Alerts joined with their rules, and the unit that a set of labels belongs to.

use serde::Serialize;

use crate::{Alert, Labels, ManagedAlert, RuleGroup};

/// The entity of Juju that labels name, by Juju's topology.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// Name of the model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The application.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application: String,
    /// The unit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

impl Topology {
    /// The entity that these labels name.
    #[must_use]
    pub fn of_labels(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        Self { model: label("juju_model"), application: label("juju_application"), unit: label("juju_unit") }
    }

    /// The most exact name: the unit, else the application, else nothing.
    #[must_use]
    pub fn entity(&self) -> &str {
        if self.unit.is_empty() { &self.application } else { &self.unit }
    }
}

/// An active alert with its rule, and with what Alertmanager does with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JoinedAlert {
    /// Its name.
    pub name: String,
    /// `firing` or `pending`.
    pub state: String,
    /// The label `severity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// Since when its condition holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The value of its expression.
    pub value: String,
    /// Where it belongs in Juju.
    #[serde(flatten)]
    pub topology: Topology,
    /// The annotation `summary`, else `description`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// All its labels.
    pub labels: Labels,
    /// The rule that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<AlertRule>,
    /// Ids of the silences that apply to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silenced_by: Vec<String>,
}

/// The rule of an alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertRule {
    /// Its group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Its expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Seconds for which it has to hold.
    pub duration: f64,
}

/// The alerts with their rules; firing ones first, then by severity and age.
#[must_use]
pub fn join_alerts(alerts: Vec<Alert>, groups: &[RuleGroup], managed: &[ManagedAlert]) -> Vec<JoinedAlert> {
    let mut joined: Vec<JoinedAlert> = alerts.into_iter().map(|alert| join(alert, groups, managed)).collect();
    let rank = |alert: &JoinedAlert| {
        let severity = ["critical", "page", "error", "warning"].iter().position(|word| *word == alert.severity);
        (alert.state != "firing", severity.unwrap_or(4), alert.since.clone())
    };
    joined.sort_by_cached_key(rank);
    joined
}

fn join(alert: Alert, groups: &[RuleGroup], managed: &[ManagedAlert]) -> JoinedAlert {
    let label = |name: &str| alert.labels.get(name).cloned().unwrap_or_default();
    let name = label("alertname");
    let rules = groups.iter().flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let of_name = || rules.clone().filter(|(_, rule)| rule.kind == "alerting" && rule.name == name);
    let owner = of_name()
        .find(|(_, rule)| rule.alerts.iter().any(|one| one.labels == alert.labels))
        .or_else(|| of_name().next().filter(|_| of_name().count() == 1));
    let rule = owner.map(|(group, rule)| AlertRule {
        group: group.name.clone(),
        query: rule.query.clone(),
        duration: rule.duration,
    });
    let text = |name: &str| alert.annotations.get(name).cloned();
    // Prometheus adds labels of its own to what it sends
    let is_same = |one: &ManagedAlert| alert.labels.iter().all(|(name, value)| one.labels.get(name) == Some(value));
    let silenced_by = managed.iter().find(|one| is_same(one)).map(|one| one.status.silenced_by.clone());
    let silenced_by = silenced_by.unwrap_or_default();
    JoinedAlert {
        severity: label("severity"),
        topology: Topology::of_labels(&alert.labels),
        summary: text("summary").or_else(|| text("description")).unwrap_or_default(),
        silenced_by,
        name,
        state: alert.state,
        since: alert.active_at,
        value: alert.value,
        labels: alert.labels,
        rule,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alert_has_its_rule_its_unit_and_its_silence() {
        let labels = json!({"alertname": "Down", "severity": "critical", "juju_model": "shop", "juju_application": "web", "juju_unit": "web/0"});
        let down = json!({"labels": labels, "annotations": {"summary": "web/0 is down"}, "state": "firing",
            "activeAt": "2026-11-28T07:00:00Z", "value": "0e+00"});
        let slow = json!({"labels": {"alertname": "Slow", "severity": "warning"}, "annotations": {}, "state": "pending", "value": "3"});
        let groups: Vec<RuleGroup> = serde_json::from_value(json!([
            {"name": "a", "rules": [{"type": "alerting", "name": "Down", "query": "up == 1", "alerts": []}]},
            {"name": "b", "rules": [{"type": "alerting", "name": "Down", "query": "up == 0", "duration": 60, "alerts": [down]},
                {"type": "recording", "name": "Slow", "query": "x"}, {"type": "alerting", "name": "Slow", "query": "y > 2"}]},
        ]))
        .expect("groups");
        let mut sent = labels.clone();
        sent["cluster"] = json!("eu");
        let managed: Vec<ManagedAlert> = serde_json::from_value(json!([
            {"labels": sent, "startsAt": "2026-11-28T07:00:00Z", "status": {"state": "suppressed", "silencedBy": ["s-1"]}}]))
        .expect("managed alerts");
        let alerts = serde_json::from_value(json!([slow, down])).expect("alerts");
        let joined = join_alerts(alerts, &groups, &managed);
        let first = &joined[0];
        assert_eq!(
            (first.name.as_str(), first.topology.entity(), first.summary.as_str()),
            ("Down", "web/0", "web/0 is down")
        );
        assert_eq!(first.rule.as_ref().map(|rule| (rule.group.as_str(), rule.query.as_str())), Some(("b", "up == 0")));
        assert_eq!(joined[1].rule.as_ref().map(|rule| rule.query.as_str()), Some("y > 2"));
        assert_eq!((first.silenced_by.as_slice(), joined[1].silenced_by.len()), (["s-1".to_owned()].as_slice(), 0));
    }
}
