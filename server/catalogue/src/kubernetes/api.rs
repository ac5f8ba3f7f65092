//! Arguments that several tools have.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kubernetes::{object, time_of_event};
use serde_json::{Value, json};

use super::shown::{Shown, or_dash};

/// Longest time that new lines or events are reported.
const MAX_FOLLOW: Duration = Duration::from_hours(1);

/// How long new lines or events are reported; `None` for an empty text.
pub(super) fn follow(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let fits = crate::juju::model::wait::duration(text).filter(|limit| *limit <= MAX_FOLLOW);
    fits.map(Some).ok_or_else(|| format!("`follow` has to be like 90s or 5m, 1h at most, not: {text}"))
}

/// Events in their order, as rows.
pub(super) fn add_events(shown: &mut Shown, mut events: Vec<Value>, now: DateTime<Utc>) {
    events.sort_by_key(time_of_event);
    for event in events {
        let at = time_of_event(&event);
        let object = format!(
            "{}/{}",
            object::text(&event, "/involvedObject/kind"),
            object::text(&event, "/involvedObject/name")
        );
        let count = object::number(&event, "/count").max(object::number(&event, "/series/count")).max(1);
        let text = |pointer: &str| object::text(&event, pointer).to_owned();
        let (kind, reason, message) = (text("/type"), text("/reason"), text("/message"));
        let data = json!({"last_seen": at, "first_seen": object::time(&event, "/firstTimestamp"), "type": kind, "reason": reason,
            "namespace": text("/involvedObject/namespace"), "object": object, "count": count, "message": message});
        let cells = vec![
            kubernetes::age::since(at, now),
            kind,
            reason,
            object,
            or_dash(&text("/involvedObject/namespace")),
            count.to_string(),
            message,
        ];
        shown.row(cells, data);
    }
}

/// The columns of [`add_events`].
pub(super) const EVENT_COLUMNS: [&str; 7] = ["AGE", "TYPE", "REASON", "OBJECT", "NAMESPACE", "COUNT", "MESSAGE"];

/// An event in one line, for a progress notification.
pub(super) fn line_of_event(event: &Value) -> String {
    let text = |pointer: &str| object::text(event, pointer);
    format!(
        "{} {} {}/{} in {}: {}",
        text("/type"),
        text("/reason"),
        text("/involvedObject/kind"),
        text("/involvedObject/name"),
        text("/involvedObject/namespace"),
        text("/message")
    )
}
