//! Alerts of other systems: the message that Alertmanager sends to a webhook, joined to the models that its labels name.

use std::{collections::BTreeMap, sync::Arc};

use audit::{NewEntry, Outcome, ToolCall};
use catalogue::Failure;
use chrono::{DateTime, Utc};
use estate::ModelIdentity;
use identity::Caller;
use observer::{AlertNews, ExternalAlert, FindingSeverity, Observer, fits_model};
use policy::{Act, Effect, Location, Target};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Dispatcher, OBSERVER_TOOLSET, Refusal,
    baselines::authorize,
    findings::{observer_off, refuse},
};

/// Name of the act in the ledger, and of the permission.
pub const ALERTS_TOOL: &str = "observer_receive_alerts";
/// Alerts of one message; further ones are left out.
const MAX_ALERTS: usize = 1_000;
/// Names of alerts in the ledger entry.
const MAX_RECORDED_NAMES: usize = 20;
const MAX_NAME_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 1_000;
/// The value of the label `source` of the alerts that this server itself sends.
const OWN_SOURCE: &str = "juju-mcp";

/// The body of a webhook of Alertmanager, version 4. Members that are not read are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct AlertMessage {
    /// Name of the receiver in Alertmanager.
    #[serde(default)]
    receiver: String,
    /// The alerts.
    alerts: Vec<ReceivedAlert>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedAlert {
    status: String,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: Option<DateTime<Utc>>,
    fingerprint: String,
}

/// What became of the alerts of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlertsReceived {
    /// Alerts of models that are observed.
    pub accepted: usize,
    /// Alerts with labels that name no observed model.
    pub unmatched: usize,
    /// Alerts of models in which the caller may not report any.
    pub denied: usize,
    /// Alerts of this server itself, which a route sends back.
    pub own: usize,
    /// Alerts beyond a limit.
    pub left_out: usize,
}

/// Takes the alerts of a message as one act. The findings that they become are of the detector `external_alert`.
///
/// # Errors
/// [`Refusal`]: a role that may not write, a caller who may report alerts in none of the models, no observer.
pub async fn receive_alerts(
    dispatcher: &Dispatcher,
    caller: &Caller,
    message: AlertMessage,
) -> Result<AlertsReceived, Refusal> {
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(caller);
    let names: Vec<String> = message.alerts.iter().take(MAX_RECORDED_NAMES).map(ReceivedAlert::name).collect();
    let name = bounded(&message.receiver, MAX_NAME_CHARS);
    let arguments = json!({"receiver": name, "alerts": names, "count": message.alerts.len()});
    let act = Act::new(ALERTS_TOOL, Effect::Write).with_arguments(arguments);
    let new = NewEntry::from_call(caller, ToolCall::new(&act)).with_roles(rights.roles().to_vec());
    let entry = dispatcher.ledger.open_entry(new).await?;
    if let Err(denial) = rights.check_visibility(ALERTS_TOOL, OBSERVER_TOOLSET, Effect::Write) {
        return Err(refuse(entry, Refusal::Denied(denial)));
    }
    let Some(observer) = &dispatcher.observer else { return Err(refuse(entry, observer_off())) };
    let now = dispatcher.clock.now();
    let joined = join(observer, message, caller, now).await;
    match take(dispatcher, observer, caller, &act, joined).await {
        Ok(received) => {
            entry.close(Outcome::Done, &json!(received).to_string());
            Ok(received)
        }
        Err(refusal) => Err(refuse(entry, refusal)),
    }
}

/// Hands the alerts of each model in which the caller may report them to the observer.
async fn take(
    dispatcher: &Dispatcher,
    observer: &Observer,
    caller: &Caller,
    act: &Act,
    (by_model, mut received): (NewsByModel, AlertsReceived),
) -> Result<AlertsReceived, Refusal> {
    let (policy, now) = (dispatcher.policy.current(), dispatcher.clock.now());
    let mut denial = None;
    for (model, news) in by_model.into_values() {
        let location = Location::from_names(Some(model.controller.to_string()), Some(model.model.to_string()));
        let act = act.clone().with_target(Target::from_location(location));
        let count = news.len();
        if let Err(refusal) = authorize(dispatcher, &policy, caller, &act).await {
            received.denied += count;
            denial = Some(refusal);
            continue;
        }
        let left_out = observer.receive_alerts(&model.uuid, news, now).await.map_err(|error| {
            let remedy = error.remedy();
            Failure::refused(format!("the alerts cannot be stored: {error}"), remedy)
        })?;
        received.accepted += count - left_out;
        received.left_out += left_out;
    }
    match denial {
        Some(refusal) if received.accepted == 0 => Err(refusal),
        _ => Ok(received),
    }
}

/// News by UUID of the model.
type NewsByModel = BTreeMap<Box<str>, (Arc<ModelIdentity>, Vec<AlertNews>)>;

/// Joins alerts to the observed models that their labels name.
async fn join(
    observer: &Observer,
    message: AlertMessage,
    caller: &Caller,
    now: DateTime<Utc>,
) -> (NewsByModel, AlertsReceived) {
    let models = observer.observed_models().await;
    let left_out = message.alerts.len().saturating_sub(MAX_ALERTS);
    let mut received = AlertsReceived { left_out, ..AlertsReceived::default() };
    let mut by_model = NewsByModel::new();
    for alert in message.alerts.into_iter().take(MAX_ALERTS) {
        if alert.label("source") == OWN_SOURCE {
            received.own += 1;
            continue;
        }
        let mut fitting = models.iter().filter(|model| alert.is_of(model));
        // a name that two models have is of neither
        let (Some(model), None) = (fitting.next(), fitting.next()) else {
            received.unmatched += 1;
            continue;
        };
        let entry = by_model.entry(model.uuid.clone()).or_insert_with(|| (Arc::clone(model), Vec::new()));
        entry.1.push(alert.news(caller.subject(), now));
    }
    (by_model, received)
}

impl ReceivedAlert {
    fn label(&self, name: &str) -> &str {
        self.labels.get(name).map(String::as_str).unwrap_or_default()
    }

    fn name(&self) -> String {
        let name = self.label("alertname");
        bounded(if name.is_empty() { "alert" } else { name }, MAX_NAME_CHARS)
    }

    /// Whether its labels, as charms give them to metrics and logs, name a model.
    fn is_of(&self, model: &ModelIdentity) -> bool {
        let (uuid, full) = (self.label("juju_model_uuid"), self.label("juju_model_full_name"));
        if !uuid.is_empty() {
            return *model.uuid == *uuid;
        }
        let wanted = if full.is_empty() { self.label("juju_model") } else { full };
        let controller = self.label("juju_controller");
        // a label is a name and no pattern
        !wanted.is_empty()
            && !wanted.contains('*')
            && fits_model(wanted, &model.model)
            && (controller.is_empty() || *model.controller == *controller)
    }

    fn news(&self, sent_by: &str, now: DateTime<Utc>) -> AlertNews {
        let text = |names: [&str; 2]| {
            let found = names.into_iter().find_map(|name| self.annotations.get(name).filter(|text| !text.is_empty()));
            found.map(|text| bounded(text, MAX_TEXT_CHARS))
        };
        let label = |name: &str| bounded(self.label(name), MAX_NAME_CHARS).into();
        let severity = match self.label("severity").to_lowercase().as_str() {
            "critical" | "page" | "error" | "emergency" | "fatal" => FindingSeverity::Critical,
            "info" | "none" | "notice" | "debug" => FindingSeverity::Info,
            _ => FindingSeverity::Warning,
        };
        let alert = ExternalAlert {
            fingerprint: bounded(&self.fingerprint, MAX_NAME_CHARS).into(),
            name: self.name().into(),
            severity,
            summary: text(["summary", "title"]).unwrap_or_else(|| self.name()).into(),
            description: text(["description", "message"]).unwrap_or_default().into(),
            application: label("juju_application"),
            unit: label("juju_unit"),
            machine: label("juju_machine"),
            sent_by: bounded(sent_by, MAX_NAME_CHARS).into(),
            started: self.starts_at.unwrap_or(now).min(now),
            received: now,
        };
        AlertNews { alert, is_resolved: self.status == "resolved" }
    }
}

/// A text without invisible characters, cut.
fn bounded(text: &str, limit: usize) -> String {
    content::clean(text).0.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(controller: &str, name: &str) -> ModelIdentity {
        ModelIdentity { controller: controller.into(), model: name.into(), uuid: format!("uuid-{controller}").into() }
    }

    fn alert(labels: &[(&str, &str)]) -> ReceivedAlert {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ReceivedAlert { labels, ..ReceivedAlert::default() }
    }

    #[test]
    fn alert_is_of_the_model_that_its_labels_name() {
        let shop = model("eu", "admin/shop");
        for (labels, expected) in [
            (vec![("juju_model", "shop")], true),
            (vec![("juju_model", "shop"), ("juju_controller", "us")], false),
            (vec![("juju_model_full_name", "admin/shop"), ("juju_model", "x")], true),
            (vec![("juju_model_uuid", "uuid-eu"), ("juju_model", "renamed")], true),
            (vec![("juju_model_uuid", "other"), ("juju_model", "shop")], false),
            (vec![("juju_model", "*")], false),
            (vec![], false),
        ] {
            assert_eq!(alert(&labels).is_of(&shop), expected, "{labels:?}");
        }
    }

    #[test]
    fn message_of_alertmanager_is_read() {
        let body = json!({"version": "4", "groupKey": "{}", "status": "firing", "receiver": "juju-mcp",
            "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull", "severity": "page", "juju_unit": "db/0"},
                "annotations": {"summary": "The disk is full."}, "startsAt": "2026-11-28T02:00:00.5Z",
                "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus", "fingerprint": "abc"}]});
        let message: AlertMessage = serde_json::from_value(body).expect("a message");
        let now = DateTime::UNIX_EPOCH;
        let AlertNews { alert, is_resolved } = message.alerts[0].news("am", now);
        let found = (&*alert.summary, alert.severity, is_resolved);
        assert_eq!(found, ("The disk is full.", FindingSeverity::Critical, false));
        assert_eq!((&*alert.unit, alert.started), ("db/0", now), "not after it was received");
    }
}
