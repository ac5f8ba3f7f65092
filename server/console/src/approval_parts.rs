//! Parts that the list and the page of one approval share.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use policy::{Act, Approval, Status};

use crate::text::text;

/// Effect, status and the need for a second approver, as badges.
pub(crate) fn badges(approval: &Approval, now: DateTime<Utc>) -> Markup {
    let status = approval.status_at(now).as_str();
    let effect = approval.request.act.effect.as_str();
    html! {
        span class={ "badge effect-" (effect) } { (effect) }
        " " span class={ "badge status-" (status) } { (status) }
        @if approval.request.requires_second_approver() { " " span.badge { "second approver" } }
    }
}

/// Controller and model of an act.
pub(crate) fn target(act: &Act) -> Markup {
    match (act.controller(), act.model()) {
        (None, None) => html! { "no controller" },
        (Some(controller), None) => text(controller),
        (None, Some(model)) => text(model),
        (Some(controller), Some(model)) => html! { (text(controller)) " / " (text(model)) },
    }
}

/// The time of expiry of a pending approval, else of the decision or the expiry.
pub(crate) fn relevant_time(approval: &Approval, now: DateTime<Utc>) -> Markup {
    match (approval.status_at(now), approval.decided_at) {
        (Status::Pending, _) => html! { "expires " (timestamp(approval.expires_at, now)) },
        (_, Some(at)) => html! { "decided " (timestamp(at, now)) },
        (_, None) => html! { "expired " (timestamp(approval.expires_at, now)) },
    }
}

/// A time relative to now, with the absolute time as its title.
pub(crate) fn timestamp(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let difference = (at - now).num_seconds();
    let distance = match difference.abs() {
        seconds @ 0..=89 => format!("{seconds} s"),
        seconds @ 90..=5399 => format!("{} min", (seconds + 30) / 60),
        seconds @ 5400..=129_599 => format!("{} h", (seconds + 1800) / 3600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400), // two or more
    };
    let relative = if difference >= 0 { format!("in {distance}") } else { format!("{distance} ago") };
    let datetime = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let title = at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(datetime) title=(title) { (relative) } }
}

/// The notice for a person without permission to approve.
pub(crate) fn no_permission_notice() -> Markup {
    html! {
        p.note {
            "You may not approve: this needs the role " code { "approver" }
            ", and with an identity provider also the scope " code { "juju:approve" }
            ". This page shows only your own requests."
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn timestamp_is_relative_to_now() {
        let now = DateTime::UNIX_EPOCH;
        for (seconds, relative) in
            [(0, "in 0 s"), (-30, "30 s ago"), (900, "in 15 min"), (-7200, "2 h ago"), (259_200, "in 3 days")]
        {
            let rendered = timestamp(now + TimeDelta::seconds(seconds), now).into_string();
            assert!(rendered.contains(&format!(">{relative}</time>")), "{rendered}");
        }
    }
}
