//! The page of one approval: everything about the act, and the form to decide.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use policy::{Approval, ApprovalRequirement, DecisionDenied, Status, confusable_warning};
use serde_json::Value;

use crate::{
    app_state::AppState,
    approval_parts::{badges, no_permission_notice, target, timestamp},
    error_page::decision_error,
    page::Page,
    text::{command, prose, sentence, text},
    user::SignedIn,
    value,
};

/// Serves the page.
pub(crate) async fn page(State(app): State<Arc<AppState>>, user: SignedIn, Path(id): Path<String>) -> Response {
    match app.approvals.get(&user.caller, &id).await {
        Ok(approval) => render(&app, &user, &approval, StatusCode::OK, &Attempt::default()),
        Err(error) => decision_error(&app, &user, &error),
    }
}

/// A decision that was just rejected: its error, and what the person typed.
#[derive(Default)]
pub(crate) struct Attempt<'form> {
    /// One sentence; `None` for a page without an attempt.
    pub(crate) error: Option<&'form str>,
    /// Whether the error is about the name that confirms the act.
    pub(crate) is_confirmation_wrong: bool,
    /// The typed reason.
    pub(crate) reason: &'form str,
}

/// Renders the page, with a decision that was just rejected.
pub(crate) fn render(
    app: &AppState,
    user: &SignedIn,
    approval: &Approval,
    status: StatusCode,
    attempt: &Attempt<'_>,
) -> Response {
    let now = Utc::now();
    let request = &approval.request;
    let content = html! {
        p.back { a href=(app.base) { "All requests" } }
        p.badges { (badges(approval, now)) }
        h1.command tabindex="-1" autofocus[attempt.error.is_none()] { code { (command(&request.command)) } }
        @if let Some(error) = attempt.error { p.error #error role="alert" tabindex="-1" autofocus[!attempt.is_confirmation_wrong] { (prose(error)) } }
        @if let Some(warning) = confusables_warning(approval) { p.error { "Warning: this " (prose(&warning)) } }
        (outcome(approval, now))
        (facts(approval, now))
        (rules(&request.requirements))
        (section("Arguments", &request.act.arguments))
        (section("Preview", &request.preview))
        (details_element("Current state of the targets", &request.target_state))
        (decision_form(app, user, approval, attempt, now))
        dl.facts.small {
            (fact("Approval", &html! { code { (approval.id) } }))
            (fact("Digest of the act", &html! { code { (approval.digest) } }))
        }
    };
    let prefix = if attempt.error.is_some() { "Error: " } else { "" };
    let title = format!("{prefix}{} ({})", request.command, approval.status_at(now).as_str());
    Page::new(app, title).with_user(user).render(status, &content)
}

/// Warns of characters that look like others, anywhere in the text by which a person decides.
fn confusables_warning(approval: &Approval) -> Option<String> {
    let act = &approval.request.act;
    let entities: Vec<_> = act.target.entities.iter().map(ToString::to_string).collect();
    confusable_warning(&format!("{} {} {}", approval.request.command, act.target.location, entities.join(" ")))
}

/// The decision or the expiry of a closed request.
fn outcome(approval: &Approval, now: DateTime<Utc>) -> Markup {
    let status = approval.status_at(now);
    let meaning = match status {
        Status::Pending => return Markup::default(),
        Status::Approved => "Approved. The assistant may now run it once, as long as nothing about it changes.",
        Status::Rejected => "Rejected. It will not run.",
        Status::Used => "Approved, and run since.",
        Status::Expired => "Expired. It was not decided or used in time, or its target has changed.",
    };
    html! {
        p class={ "note status-" (status.as_str()) } role="status" {
            (meaning)
            @if let Some(approver) = &approval.decided_by { " Decided by " (text(approver)) "." }
            @if !approval.reason.is_empty() { " Reason: " (text(&approval.reason)) }
        }
    }
}

fn facts(approval: &Approval, now: DateTime<Utc>) -> Markup {
    let act = &approval.request.act;
    let requester = &approval.request.requester;
    let requested_by = html! {
        (text(requester.name()))
        @if requester.name() != requester.subject { " " span.muted { (text(&requester.subject)) } }
    };
    let targets = html! {
        @if act.target.entities.is_empty() { span.muted { "none" } }
        @for (number, entity) in act.target.entities.iter().enumerate() {
            @if number > 0 { ", " }
            (text(&entity.to_words()))
        }
    };
    html! {
        section.card {
            dl.facts {
                (fact("Requested by", &requested_by))
                @if let Some(id) = &requester.client_id { (fact("OAuth client", &html! { code { (text(id)) } })) }
                @if let Some(client) = &requester.client { (fact("MCP client name", &text(client))) }
                (fact("Tool", &html! { code { (text(&act.tool)) } }))
                (fact("Model", &target(act)))
                (fact("Targets", &targets))
                (fact("Requested", &timestamp(approval.created_at, now)))
                (fact("Expires", &timestamp(approval.expires_at, now)))
            }
        }
    }
}

fn fact(name: &'static str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn rules(requirements: &[ApprovalRequirement]) -> Markup {
    html! {
        section.card {
            h2 { "Rules that require approval" }
            ul.rules {
                @for requirement in requirements {
                    li {
                        code { (text(&requirement.rule)) } " " (prose(&requirement.message))
                        @if requirement.requires_second_approver { " " span.badge { "by a second approver" } }
                    }
                }
            }
        }
    }
}

/// A long section that opens on a click.
fn details_element(title: &'static str, value: &Value) -> Markup {
    html! {
        @if !is_empty(value) { details.card { summary { (title) } (value::render(value)) } }
    }
}

fn section(title: &'static str, value: &Value) -> Markup {
    html! {
        @if !is_empty(value) { section.card { h2 { (title) } (value::render(value)) } }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The form for a person who may decide a pending request. [`crate::decide`] checks everything again.
fn decision_form(
    app: &AppState,
    user: &SignedIn,
    approval: &Approval,
    attempt: &Attempt<'_>,
    now: DateTime<Utc>,
) -> Markup {
    if approval.status_at(now) != Status::Pending {
        return Markup::default();
    }
    match app.approvals.undecidable(&user.caller, approval) {
        None => {}
        Some(DecisionDenied::NotApprover) => return no_permission_notice(),
        Some(reason) => return html! { p.note { (prose(&sentence(&reason))) } },
    }
    let is_wrong = attempt.is_confirmation_wrong;
    let (invalid, described) = (is_wrong.then_some("true"), is_wrong.then_some("error"));
    html! {
        form.card method="post" action={ (app.base) "/approvals/" (approval.id) } {
            h2 { "Decision" }
            (user.csrf_field())
            input type="hidden" name="digest" value=(approval.digest);
            @if let Some(name) = approval.confirmation_text() {
                label for="confirmation" { "This cannot be undone. To approve, type " code { (text(name)) } }
                input #confirmation name="confirmation" autocomplete="off" autocapitalize="off" spellcheck="false" required autofocus[is_wrong] aria-invalid=[invalid] aria-describedby=[described];
            }
            label for="reason" { "Reason " span.muted { "(recorded in the ledger, shown to the assistant)" } }
            textarea #reason name="reason" rows="2" maxlength="500" { (attempt.reason) }
            p.buttons {
                button.approve name="decision" value="approve" { "Approve" }
                button.reject name="decision" value="reject" formnovalidate { "Reject" }
            }
        }
    }
}
