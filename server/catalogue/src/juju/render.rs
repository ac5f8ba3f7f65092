//! Formats times, ages and bases as the Juju client does, and unpacks bulk results.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use juju_wire::{RemoteError, tag::Tag};
use serde::Serialize;

use crate::Failure;

/// A time of the API as `juju status` prints it, in UTC: `21 Nov 2026 03:22:59Z`; empty for none.
pub(crate) fn timestamp(time: Option<&str>) -> String {
    let text = |time: DateTime<Utc>| {
        let month = MONTHS.get(time.month0() as usize).copied().unwrap_or_default();
        format!("{:02} {month} {:04} {}", time.day(), time.year(), clock(time))
    };
    parsed(time).map(text).unwrap_or_default()
}

/// A status has a time for each unit, and parsing a format string for each is slow.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn clock(time: DateTime<Utc>) -> String {
    format!("{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
}

/// The time of day alone: `03:22:59Z`.
pub(crate) fn time_of_day(time: Option<&str>) -> String {
    parsed(time).map(clock).unwrap_or_default()
}

/// A time as the client prints it for actions: `2026-11-21 03:23:37 +0000 UTC`; empty for none and for Go's zero time.
pub(crate) fn go_timestamp(time: &str) -> String {
    match parsed(Some(time)) {
        Some(time) if time.timestamp() > -62_135_596_800 => {
            let text = time.format("%Y-%m-%d %H:%M:%S%.9f").to_string();
            format!("{} +0000 UTC", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => String::new(),
    }
}

/// The age of a time as the client prints it: `just now`, `32 seconds ago`, and after a day the date.
pub(crate) fn age(time: Option<&str>, now: DateTime<Utc>) -> String {
    let Some(then) = parsed(time) else { return String::new() };
    let seconds = (now - then).num_seconds();
    let counted = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match seconds {
        ..2 => "just now".to_owned(),
        2..60 => counted(seconds, "second"),
        60..3_600 => counted(seconds / 60, "minute"),
        3_600..86_400 => counted(seconds / 3_600, "hour"),
        _ => then.format("%Y-%m-%d").to_string(),
    }
}

/// The age of a user's last connection.
pub(crate) fn last_connection(time: Option<&str>, now: DateTime<Utc>) -> String {
    if time.is_none() { "never connected".to_owned() } else { age(time, now) }
}

/// Channel of a base without the default risk: `22.04/stable` is `22.04`.
pub(crate) fn base_channel(channel: &str) -> String {
    channel.strip_suffix("/stable").unwrap_or(channel).to_owned()
}

/// The id in a tag. Text that is not a tag is returned unchanged.
pub(crate) fn id(tag: &str) -> String {
    Tag::parse(tag).map_or_else(|_| tag.to_owned(), |tag| tag.id().to_owned())
}

/// One result of a bulk call.
///
/// # Errors
/// The error of the controller, or a refusal if it returned neither a result nor an error.
pub(crate) fn bulk_result<T>(result: Option<T>, error: Option<RemoteError>, what: &str) -> Result<T, Failure> {
    match (error, result) {
        (Some(error), _) => Err(error.into()),
        (None, Some(result)) => Ok(result),
        (None, None) => Err(Failure::refused(
            format!("the controller returned nothing for {what}"),
            "check the name with `juju_status`, then try again",
        )),
    }
}

/// The single result of a bulk call with one item. A missing result is the default, as in the Juju client.
///
/// # Errors
/// The error of the controller.
pub(crate) fn bulk_single<T: Default>(
    results: Vec<T>,
    error: impl FnOnce(&mut T) -> Option<RemoteError>,
) -> Result<T, Failure> {
    let mut result = results.into_iter().next().unwrap_or_default();
    match error(&mut result) {
        Some(error) => Err(error.into()),
        None => Ok(result),
    }
}

/// One item of a bulk read: what the controller returned for it, or why there is nothing.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Item<T> {
    /// What the controller returned.
    Found(T),
    /// Why there is nothing.
    Failed {
        /// The error of the controller.
        error: String,
    },
}

/// The items of a bulk read. The error of one item does not hide the others.
///
/// # Errors
/// The first error, if there is no item without one.
pub(crate) fn bulk_items<K, T, C: FromIterator<(K, Item<T>)>>(
    items: impl Iterator<Item = (K, Result<T, Failure>)>,
) -> Result<C, Failure> {
    let (mut found, mut first) = (false, None);
    let item = |(key, result)| match result {
        Ok(value) => {
            found = true;
            (key, Item::Found(value))
        }
        Err(error) => {
            let error: Failure = error;
            let item = Item::Failed { error: error.to_string() };
            first.get_or_insert(error);
            (key, item)
        }
    };
    let items = items.map(item).collect();
    match first {
        Some(error) if !found => Err(error),
        _ => Ok(items),
    }
}

/// Whether a value is the default of its type, which the client omits.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn parsed(time: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(time?).ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_items_name_what_failed_beside_what_was_found() {
        let missing = || Err(Failure::refused("gone", "look"));
        let items: Vec<_> = bulk_items([("web", Ok(1)), ("db", missing())].into_iter()).expect("one is found");
        assert_eq!(
            serde_json::to_value(items).expect("plain"),
            serde_json::json!([["web", 1], ["db", {"error": "gone"}]])
        );
        let none = bulk_items::<_, u8, Vec<_>>([("web", missing()), ("db", missing())].into_iter());
        assert_eq!(none.expect_err("none is found").to_string(), "gone");
        assert!(bulk_items::<&str, u8, Vec<_>>(std::iter::empty()).is_ok());
    }

    #[test]
    fn times_and_ages_are_formatted_as_in_the_client() {
        let time = "2026-11-21T03:22:59.5Z";
        assert_eq!(timestamp(Some(time)), "21 Nov 2026 03:22:59Z");
        assert_eq!(go_timestamp(time), "2026-11-21 03:22:59.5 +0000 UTC");
        assert_eq!(go_timestamp("2026-11-21T03:20:00Z"), "2026-11-21 03:20:00 +0000 UTC");
        assert_eq!(go_timestamp("0001-01-01T00:00:00Z"), "");
        let now = parsed(Some("2026-11-21T05:23:31Z")).expect("a time");
        for (then, expected) in [
            ("2026-11-21T05:23:30Z", "just now"),
            ("2026-11-21T05:22:59Z", "32 seconds ago"),
            ("2026-11-21T05:22:00Z", "1 minute ago"),
            ("2026-11-21T03:22:00Z", "2 hours ago"),
            ("2026-11-01T03:22:00Z", "2026-11-01"),
        ] {
            assert_eq!(age(Some(then), now), expected);
        }
    }
}
