//! Times as Go writes them into JSON.

/// Go's zero time: the API has it where an event has not happened yet.
pub(crate) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// A time as the API writes it: fractions of a second without zeros at their end, as Go has them.
pub(crate) fn format_time(time: chrono::DateTime<chrono::Utc>) -> String {
    let text = time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
    format!("{}Z", text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_time_drops_trailing_zeros() {
        for text in ["2026-11-21T08:26:08.96827364Z", "2026-11-21T08:26:00Z", "2026-11-21T08:26:10.5Z"] {
            assert_eq!(format_time(text.parse().expect("a time")), text);
        }
    }
}
