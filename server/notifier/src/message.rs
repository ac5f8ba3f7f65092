//! The messages: alerts for Alertmanager, texts for chat programs. All names and texts are cleaned, redacted and bounded.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use observer::{Finding, FindingEntity};
use policy::{redact, redact_text};
use serde_json::{Map, Value, json};

use crate::{Delivery, DeliveryStep};

/// Bytes of one text of a message.
const MAX_TEXT_BYTES: usize = 2_000;
/// Pieces of evidence and affected entities that a message names.
const MAX_LISTED: usize = 10;

/// The body for Alertmanager, `POST /api/v2/alerts`.
pub(crate) fn alerts(deliveries: &[(DeliveryStep, &Delivery)], refresh: Duration, now: DateTime<Utc>) -> Value {
    let alerts = deliveries.iter().map(|(step, delivery)| alert(*step, delivery, refresh, now));
    Value::Array(alerts.collect())
}

fn alert(step: DeliveryStep, delivery: &Delivery, refresh: Duration, now: DateTime<Utc>) -> Value {
    let finding = &delivery.finding;
    let lifetime = TimeDelta::from_std(refresh.saturating_mul(3)).unwrap_or(TimeDelta::MAX);
    let end = match step {
        DeliveryStep::Announce => now.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC),
        // Alertmanager refuses an alert that ends before it begins
        DeliveryStep::Resolve => finding.last_seen.clamp(finding.first_seen, now.max(finding.first_seen)),
    };
    let mut labels = labels_of(&finding.entity);
    labels.insert("alertname".to_owned(), json!(format!("juju_{}", finding.detector)));
    labels.insert("severity".to_owned(), json!(delivery.severity().word()));
    labels.insert("finding".to_owned(), json!(finding.id));
    labels.insert("source".to_owned(), json!("juju-mcp"));
    let mut notes = Map::new();
    let mut note = |name: &str, text: String| {
        if !text.is_empty() {
            notes.insert(name.to_owned(), json!(text));
        }
    };
    note("summary", safe(&finding.title));
    note("description", evidence(finding));
    note("proposed_call", proposed_call(finding));
    note("proposed_because", finding.recommended.as_ref().map(|call| safe(&call.why)).unwrap_or_default());
    note("probable_cause", cause(finding));
    note("trend", safe(&finding.trend.detail));
    note("affected", affected(finding));
    note("consequence_of", finding.consequence_of.as_deref().map(safe).unwrap_or_default());
    json!({"labels": labels, "annotations": notes, "startsAt": time(finding.first_seen), "endsAt": time(end)})
}

/// The labels of an entity: the names of Juju's topology, as charms give them to metrics and logs.
fn labels_of(entity: &FindingEntity) -> Map<String, Value> {
    let short = entity.model.rsplit('/').next().unwrap_or(&entity.model);
    let mut labels = Map::new();
    let mut label = |name: &str, value: &str| {
        if !value.is_empty() {
            labels.insert(name.to_owned(), json!(safe(value)));
        }
    };
    label("juju_controller", &entity.controller);
    label("juju_model", short);
    label("juju_model_full_name", &entity.model);
    match &*entity.kind {
        "unit" => {
            label("juju_application", entity.name.split('/').next().unwrap_or_default());
            label("juju_unit", &entity.name);
        }
        "application" => label("juju_application", &entity.name),
        "machine" => label("juju_machine", &entity.name),
        kind => label(&format!("juju_{kind}"), &entity.name),
    }
    labels
}

/// The body for a chat program.
pub(crate) fn chat(step: DeliveryStep, delivery: &Delivery) -> Value {
    let finding = &delivery.finding;
    let place = format!("{}:{}", finding.entity.controller, finding.entity.model);
    let entity = if finding.entity.name.is_empty() {
        String::new()
    } else {
        format!(", {} {}", finding.entity.kind, finding.entity.name)
    };
    let mut lines = match step {
        DeliveryStep::Announce => {
            vec![format!("*{}* {}", delivery.severity().word().to_uppercase(), safe(&finding.title))]
        }
        DeliveryStep::Resolve => {
            let minutes = finding.last_seen.signed_duration_since(finding.first_seen).num_minutes();
            vec![format!("*RESOLVED* after {minutes} min: {}", safe(&finding.title))]
        }
    };
    lines.push(format!("model {}{}, since {}", safe(&place), safe(&entity), time(finding.first_seen)));
    if step == DeliveryStep::Announce {
        let parts = [
            ("evidence", evidence(finding)),
            ("probable cause", cause(finding)),
            ("trend", safe(&finding.trend.detail)),
            ("affects", affected(finding)),
            ("follows from finding", finding.consequence_of.as_deref().map(safe).unwrap_or_default()),
        ];
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        lines.extend(parts.map(|(name, text)| format!("{name}: {text}")));
        if finding.recommended.is_some() {
            lines.push(format!("proposed call: `{}`", proposed_call(finding).replace('`', "'")));
        }
    }
    lines.push(format!("finding {}", safe(&finding.id)));
    json!({"text": escape(&lines.join("\n"))})
}

/// The text without the characters by which chat programs begin mentions and links: the text of a charm must not call people.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{2060}")
}

fn evidence(finding: &Finding) -> String {
    let one = |evidence: &observer::Evidence| {
        let observer::Evidence { what, value, expected, .. } = evidence;
        format!("{what}: {value} (expected: {expected})")
    };
    let listed: Vec<_> = finding.evidence.iter().take(MAX_LISTED).map(one).collect();
    safe(&listed.join("; "))
}

fn cause(finding: &Finding) -> String {
    finding.cause.as_ref().map_or_else(String::new, |cause| {
        let reasons = cause.reasons.join(", ");
        safe(&format!("{} (confidence {:.2}): {reasons}", cause.class.word(), cause.confidence))
    })
}

fn affected(finding: &Finding) -> String {
    let mut names: Vec<_> = finding
        .affected
        .iter()
        .take(MAX_LISTED)
        .map(|entity| format!("{} {} of {}:{}", entity.kind, entity.name, entity.controller, entity.model))
        .collect();
    if finding.affected.len() > MAX_LISTED {
        names.push(format!("and {} more", finding.affected.len() - MAX_LISTED));
    }
    safe(&names.join(", "))
}

/// The exact call: the tool and its arguments as JSON; empty if there is none.
fn proposed_call(finding: &Finding) -> String {
    finding.recommended.as_ref().map_or_else(String::new, |call| {
        let mut arguments = redact(&Value::Object(call.arguments.clone()));
        content::clean_value(&mut arguments);
        bounded(format!("{} {arguments}", safe(&call.tool)))
    })
}

/// A text without invisible characters and secrets, and not longer than allowed.
fn safe(text: &str) -> String {
    bounded(redact_text(&content::clean(text).0))
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push_str(" ...");
    }
    text
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
