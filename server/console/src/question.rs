//! One approval: all that is known of the act, and the two buttons.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use policy::{Approval, Demand, Status, Undecidable, lookalikes};
use serde_json::Value;

use crate::{
    decide::not_decided,
    html::Html,
    list::{badges, moment, place, right},
    page::{Page, sentence},
    signed_in::SignedIn,
    site::Site,
    value,
};

/// The page about one approval.
pub(crate) async fn page(State(site): State<Arc<Site>>, who: SignedIn, Path(id): Path<String>) -> Response {
    match site.approvals.get(&who.caller, &id).await {
        Ok(approval) => show(&site, &who, &approval, StatusCode::OK, None),
        Err(error) => not_decided(&site, &who, &error),
    }
}

/// The same with what was wrong with an answer that was just given.
pub(crate) fn show(
    site: &Site,
    who: &SignedIn,
    approval: &Approval,
    status: StatusCode,
    wrong: Option<&str>,
) -> Response {
    let now = Utc::now();
    let question = &approval.question;
    let body = Html::default()
        .mark("<p class=\"back\"><a href=\"")
        .value(&site.base)
        .mark("\">All questions</a></p><p class=\"marks\">")
        .add(&badges(approval, now))
        .mark("</p><h1 class=\"command\"><code>")
        .command(&question.command)
        .mark("</code></h1>")
        .maybe(wrong, |page, wrong| page.mark("<p class=\"wrong\" role=\"alert\">").prose(wrong).mark("</p>"))
        .maybe(beware(approval), |page, warning| {
            page.mark("<p class=\"wrong\">Beware: this ").prose(&warning).mark("</p>")
        })
        .add(&outcome(approval, now))
        .add(&facts(approval, now))
        .add(&rules(&question.demands))
        .add(&part("Arguments", &question.act.arguments))
        .add(&part("What it would do", &question.expected))
        .add(&folded("How its targets stand", &question.standing))
        .add(&answers(site, who, approval, now))
        .add(&marks_of(approval));
    Page::new(site, "Approval").of(who).show(status, &body)
}

/// A warning of letters that may pass for others, wherever they stand in what a person decides by.
fn beware(approval: &Approval) -> Option<String> {
    let act = &approval.question.act;
    let targets: Vec<_> = act.target.entities.iter().map(ToString::to_string).collect();
    lookalikes(&format!("{} {} {}", approval.question.command, act.target.location, targets.join(" ")))
}

/// How it ended, once it has.
fn outcome(approval: &Approval, now: DateTime<Utc>) -> Html {
    let status = approval.status_at(now);
    if status == Status::Pending {
        return Html::default();
    }
    let meaning = match status {
        Status::Approved => "Approved. The assistant may now do it, once, as long as nothing about it changes.",
        Status::Rejected => "Rejected. It will not be done.",
        Status::Used => "Approved, and done since.",
        Status::Expired | Status::Pending => "Over. It was not decided or used in time, or its target has changed.",
    };
    Html::default()
        .mark("<p class=\"note status-")
        .value(status.as_str())
        .mark("\" role=\"status\">")
        .text(meaning)
        .maybe(approval.decided_by.as_deref(), |page, by| page.mark(" Decided by ").text(by).mark("."))
        .maybe(Some(approval.reason.as_str()).filter(|reason| !reason.is_empty()), |page, reason| {
            page.mark(" Reason: ").text(reason)
        })
        .mark("</p>")
}

fn facts(approval: &Approval, now: DateTime<Utc>) -> Html {
    let (act, asker) = (&approval.question.act, &approval.question.asker);
    let row = |page: Html, name: &'static str| page.mark("<div><dt>").mark(name).mark("</dt><dd>");
    let end = "</dd></div>";
    let client = asker.client.as_deref();
    let page = Html::default().mark("<section class=\"card\"><dl class=\"facts\">");
    let page = row(page, "Asked by")
        .text(asker.name())
        .maybe((asker.name() != asker.subject).then_some(()), |page, ()| {
            page.mark(" <span class=\"faint\">").text(&asker.subject).mark("</span>")
        })
        .mark(end);
    let page = page
        .maybe(asker.client_id.as_deref(), |page, id| {
            row(page, "Through").mark("<code>").text(id).mark("</code>").mark(end)
        })
        .maybe(client, |page, client| row(page, "Calls itself").text(client).mark(end));
    let page = row(page, "Tool").mark("<code>").text(&act.tool).mark("</code>").mark(end);
    let page = row(page, "Where").add(&place(act)).mark(end);
    let page = row(page, "Targets")
        .maybe(act.target.entities.is_empty().then_some(()), |page, ()| page.mark("<span class=\"faint\">none</span>"))
        .each(&act.target.entities, |page, target| page.mark("<code>").text(&target.to_string()).mark("</code> "))
        .mark(end);
    let page = row(page, "Asked").add(&moment(approval.made, now)).mark(end);
    row(page, "Ends").add(&moment(approval.expires, now)).mark(end).mark("</dl></section>")
}

fn rules(demands: &[Demand]) -> Html {
    let page = Html::default().mark("<section class=\"card\"><h2>Why a human is asked</h2><ul class=\"rules\">");
    page.each(demands, |page, demand| {
        page.mark("<li><code>")
            .text(&demand.rule)
            .mark("</code> ")
            .prose(&demand.message)
            .maybe(demand.second_person.then_some(()), |page, ()| {
                page.mark(" <span class=\"mark\">by somebody other than whoever asked</span>")
            })
            .mark("</li>")
    })
    .mark("</ul></section>")
}

/// A part that is long and seldom needed, opened by a click.
fn folded(title: &'static str, value: &Value) -> Html {
    if is_empty(value) {
        return Html::default();
    }
    let page = Html::default().mark("<details class=\"card\"><summary>").mark(title).mark("</summary>");
    value::shown(page, value).mark("</details>")
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn part(title: &'static str, value: &Value) -> Html {
    if is_empty(value) {
        return Html::default();
    }
    let page = Html::default().mark("<section class=\"card\"><h2>").mark(title).mark("</h2>");
    value::shown(page, value).mark("</section>")
}

/// The form, for whoever may decide while it can be decided. What is checked is checked when it comes back.
fn answers(site: &Site, who: &SignedIn, approval: &Approval, now: DateTime<Utc>) -> Html {
    if approval.status_at(now) != Status::Pending {
        return Html::default();
    }
    match site.approvals.undecidable(&who.caller, approval) {
        None => {}
        Some(Undecidable::NoRight) => return right(false),
        Some(why) => return Html::default().mark("<p class=\"note\">").prose(&sentence(&why)).mark("</p>"),
    }
    Html::default()
        .mark("<form class=\"card answer\" method=\"post\" action=\"")
        .value(&site.base)
        .mark("/approvals/")
        .value(&approval.id)
        .mark("\"><h2>Your answer</h2>")
        .add(&who.csrf_field())
        .mark("<input type=\"hidden\" name=\"digest\" value=\"")
        .value(&approval.digest)
        .mark("\">")
        .maybe(approval.word_to_type(), |page, word| {
            page.mark("<label for=\"word\">This cannot be undone. To approve, type <code>")
                .text(word)
                .mark("</code></label><input id=\"word\" name=\"word\" autocomplete=\"off\" autocapitalize=\"off\" ")
                .mark("spellcheck=\"false\" required>")
        })
        .mark("<label for=\"reason\">Reason <span class=\"faint\">(kept in the ledger, shown to the assistant)</span></label>")
        .mark("<textarea id=\"reason\" name=\"reason\" rows=\"2\" maxlength=\"500\"></textarea><p class=\"buttons\">")
        .mark("<button name=\"decision\" value=\"approve\" class=\"yes\">Approve</button>")
        .mark("<button name=\"decision\" value=\"reject\" class=\"no\" formnovalidate>Reject</button></p></form>")
}

/// What tells this act from every other.
fn marks_of(approval: &Approval) -> Html {
    Html::default()
        .mark("<dl class=\"facts small\"><div><dt>Approval</dt><dd><code>")
        .text(&approval.id)
        .mark("</code></dd></div><div><dt>Digest of the act</dt><dd><code>")
        .text(&approval.digest)
        .mark("</code></dd></div></dl>")
}
