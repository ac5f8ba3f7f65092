//! What a caller who is limited to a model sees of lists that Prometheus cannot limit itself.

use crate::{Alert, Labels, Limit, MODEL_UUID, ModelMatcher, RuleGroup, Target};

fn is_of(labels: &Labels, matcher: &ModelMatcher) -> bool {
    labels.get(MODEL_UUID).is_some_and(|uuid| uuid == matcher.uuid())
}

/// Keeps the alerts of the model.
pub(crate) fn keep_alerts(alerts: &mut Vec<Alert>, limit: Limit<'_>) {
    if let Some(matcher) = limit {
        alerts.retain(|alert| is_of(&alert.labels, matcher));
    }
}

/// Keeps the targets of the model.
pub(crate) fn keep_targets(targets: &mut Vec<Target>, limit: Limit<'_>) {
    if let Some(matcher) = limit {
        targets.retain(|target| is_of(&target.labels, matcher));
    }
}

/// Keeps the rules of the model, and those of no model that have an alert of the model. The latter keep only what the alert
/// shows: their query, texts and errors may name other models.
pub(crate) fn keep_rules(groups: &mut Vec<RuleGroup>, limit: Limit<'_>) {
    let Some(matcher) = limit else { return };
    for group in &mut *groups {
        let mut own = false;
        group.rules.retain_mut(|rule| {
            keep_alerts(&mut rule.alerts, limit);
            if is_of(&rule.labels, matcher) {
                own = true;
                return true;
            }
            rule.query.clear();
            rule.labels.clear();
            rule.annotations.clear();
            rule.last_error.clear();
            rule.state = state_of(&rule.alerts);
            !rule.alerts.is_empty()
        });
        if !own {
            group.name.clear();
        }
    }
    groups.retain(|group| !group.rules.is_empty());
}

fn state_of(alerts: &[Alert]) -> String {
    if alerts.iter().any(|alert| alert.state == "firing") { "firing" } else { "pending" }.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn caller_of_one_model_sees_no_rule_alert_or_target_of_another() {
        let labels = |uuid: &str| json!({"juju_model_uuid": uuid, "alertname": "Down"});
        let alert = |uuid: &str| json!({"labels": labels(uuid), "state": "firing", "value": "1"});
        let rule = |name: &str, labels: serde_json::Value, alerts: Vec<serde_json::Value>| {
            json!({"type": "alerting", "name": name, "query": "up{canary=\"u-2\"}", "labels": labels, "alerts": alerts,
                "annotations": {"canary": "u-2"}, "lastError": "canary u-2", "state": "firing"})
        };
        let mut groups: Vec<RuleGroup> = serde_json::from_value(json!([
            {"name": "canary", "rules": [rule("general", json!({}), vec![alert("u-1"), alert("u-2")]), rule("quiet", json!({}), vec![])]},
            {"name": "canary", "rules": [rule("canary", labels("u-2"), vec![alert("u-2")])]},
            {"name": "own", "rules": [rule("own", labels("u-1"), vec![])]},
        ]))
        .expect("groups");
        let matcher = ModelMatcher::new("u-1").expect("a UUID");
        keep_rules(&mut groups, Some(&matcher));
        let names: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.rules.len())).collect();
        assert_eq!(names, [("", 1), ("own", 1)]);
        let general = serde_json::to_string(&groups[0]).expect("JSON");
        assert!(
            !general.contains("canary") && !general.contains("u-2") && general.contains("\"general\""),
            "{general}"
        );
        let mut targets: Vec<Target> = serde_json::from_value(json!([
            {"labels": labels("u-1"), "health": "up"}, {"labels": labels("u-2"), "health": "up"}, {"labels": {}, "health": "up"}]))
        .expect("targets");
        keep_targets(&mut targets, Some(&matcher));
        assert_eq!(targets.len(), 1);
        keep_targets(&mut targets, None);
        assert_eq!(targets.len(), 1);
    }
}
