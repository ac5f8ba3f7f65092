//! The list: what waits for a human, and what was decided last.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use policy::{Approval, Status};

use crate::{decide::not_decided, html::Html, page::Page, signed_in::SignedIn, site::Site};

/// How many that are over are shown.
const LATEST: usize = 20;
/// Seconds after which the page looks again by itself.
const AGAIN: u16 = 20;

/// The list of approvals.
pub(crate) async fn page(State(site): State<Arc<Site>>, who: SignedIn) -> Response {
    let (waiting, all) = match both(&site, &who).await {
        Ok(lists) => lists,
        Err(error) => return not_decided(&site, &who, &error),
    };
    let now = Utc::now();
    let over: Vec<_> = all.iter().filter(|one| one.status != Status::Pending).take(LATEST).collect();
    let may = site.approvals.may_approve(&who.caller);
    let body = Html::default()
        .mark("<h1>Waiting for a human</h1>")
        .add(&right(may))
        .add(&cards(&site, &waiting.iter().collect::<Vec<_>>(), now, "Nothing waits for a human now."))
        .mark("<h2>Decided or over</h2>")
        .add(&cards(&site, &over, now, "Nothing yet."));
    Page::new(&site, "Waiting for a human").of(&who).onward(AGAIN, site.path(None)).show(StatusCode::OK, &body)
}

async fn both(site: &Site, who: &SignedIn) -> Result<(Vec<Approval>, Vec<Approval>), dispatch::NotDecided> {
    let waiting = site.approvals.list(&who.caller, Some(Status::Pending)).await?;
    Ok((waiting, site.approvals.list(&who.caller, None).await?))
}

/// What somebody without the right to approve reads first.
pub(crate) fn right(may: bool) -> Html {
    let note = "<p class=\"note\">You may not approve: that needs the role <code>approver</code>, and with an identity \
                provider also the scope <code>juju:approve</code>. Here you see only what you asked for yourself.</p>";
    if may { Html::default() } else { Html::default().mark(note) }
}

fn cards(site: &Site, approvals: &[&Approval], now: DateTime<Utc>, none: &'static str) -> Html {
    if approvals.is_empty() {
        return Html::default().mark("<p class=\"faint\">").mark(none).mark("</p>");
    }
    let list = Html::default().mark("<ul class=\"cards\">");
    list.each(approvals, |page, approval| card(page, site, approval, now)).mark("</ul>")
}

fn card(page: Html, site: &Site, approval: &Approval, now: DateTime<Utc>) -> Html {
    let question = &approval.question;
    let act = &question.act;
    let path = format!("{}/approvals/{}", site.base, approval.id);
    page.mark("<li class=\"card\"><a class=\"command\" href=\"")
        .value(&path)
        .mark("\"><code>")
        .command(&question.command)
        .mark("</code></a><p class=\"marks\">")
        .add(&badges(approval, now))
        .mark("</p><p class=\"faint\">")
        .add(&place(act))
        .mark(" · asked by ")
        .text(question.asker.name())
        .mark(" · ")
        .add(&when(approval, now))
        .mark("</p></li>")
}

/// Effect, status and whether a second person is wanted, as small marks.
pub(crate) fn badges(approval: &Approval, now: DateTime<Utc>) -> Html {
    let status = approval.status_at(now);
    let effect = approval.question.act.effect.as_str();
    Html::default()
        .mark("<span class=\"mark effect-")
        .value(effect)
        .mark("\">")
        .text(effect)
        .mark("</span> <span class=\"mark status-")
        .value(status.as_str())
        .mark("\">")
        .text(status.as_str())
        .mark("</span>")
        .maybe(approval.question.second_person().then_some(()), |page, ()| {
            page.mark(" <span class=\"mark\">second person</span>")
        })
}

/// Controller and model of an act.
pub(crate) fn place(act: &policy::Act) -> Html {
    match (act.controller(), act.model()) {
        (None, None) => Html::default().mark("no controller"),
        (Some(controller), None) => Html::default().text(controller),
        (None, Some(model)) => Html::default().text(model),
        (Some(controller), Some(model)) => Html::default().text(controller).mark(" / ").text(model),
    }
}

/// How long it still waits, or when it was decided or ended.
pub(crate) fn when(approval: &Approval, now: DateTime<Utc>) -> Html {
    match (approval.status_at(now), approval.decided_at) {
        (Status::Pending, _) => Html::default().mark("ends ").add(&moment(approval.expires, now)),
        (_, Some(at)) => Html::default().mark("decided ").add(&moment(at, now)),
        (_, None) => Html::default().mark("ended ").add(&moment(approval.expires, now)),
    }
}

/// A moment, and how far away it is.
pub(crate) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> Html {
    let away = (at - now).num_seconds();
    let far = match away.abs() {
        seconds @ 0..=89 => format!("{seconds} s"),
        seconds @ 90..=5399 => format!("{} min", (seconds + 30) / 60),
        seconds @ 5400..=129_599 => format!("{} h", (seconds + 1800) / 3600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400),
    };
    let far = if away >= 0 { format!("in {far}") } else { format!("{far} ago") };
    Html::default()
        .mark("<time datetime=\"")
        .value(&at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .mark("\" title=\"")
        .value(&at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
        .mark("\">")
        .text(&far)
        .mark("</time>")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_moment_says_how_far_away_it_is() {
        let now = DateTime::UNIX_EPOCH;
        for (seconds, far) in
            [(0, "in 0 s"), (-30, "30 s ago"), (900, "in 15 min"), (-7200, "2 h ago"), (259_200, "in 3 days")]
        {
            let shown = moment(now + TimeDelta::seconds(seconds), now).into_text();
            assert!(shown.contains(&format!(">{far}</time>")), "{shown}");
        }
    }
}
