//! The list of pending requests and recent decisions.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use policy::{Approval, Status};

use crate::{
    app_state::AppState,
    approval_parts::{badges, no_permission_notice, relevant_time, target},
    error_page::decision_error,
    page::Page,
    text::{command, text},
    user::SignedIn,
};

/// Closed requests on the page.
const MAX_RECENT: usize = 20;

/// Serves the list.
pub(crate) async fn page(State(app): State<Arc<AppState>>, user: SignedIn) -> Response {
    let (pending, all) = match pending_and_all(&app, &user).await {
        Ok(lists) => lists,
        Err(error) => return decision_error(&app, &user, &error),
    };
    let now = Utc::now();
    let pending: Vec<_> = pending.iter().collect();
    let recent: Vec<_> = all.iter().filter(|approval| approval.status != Status::Pending).take(MAX_RECENT).collect();
    let content = html! {
        h1 tabindex="-1" autofocus { "Pending requests" }
        p.update {
            span.muted { "As of " (clock(now)) ". The list does not change by itself." }
            a.button.quiet href=(app.path(None)) { "Update" }
        }
        @if !app.approvals.may_approve(&user.caller) { (no_permission_notice()) }
        (cards(&app, &pending, now, "There are no pending requests."))
        h2 { "Recent decisions" }
        (cards(&app, &recent, now, "There are no decisions yet."))
    };
    let title = match pending.len() {
        0 => "No pending requests".to_owned(),
        1 => "1 pending request".to_owned(),
        number => format!("{number} pending requests"),
    };
    Page::new(&app, title).with_user(&user).render(StatusCode::OK, &content)
}

fn clock(now: DateTime<Utc>) -> Markup {
    html! { time datetime=(now.format("%Y-%m-%dT%H:%M:%SZ").to_string()) { (now.format("%H:%M:%S UTC").to_string()) } }
}

async fn pending_and_all(
    app: &AppState,
    user: &SignedIn,
) -> Result<(Vec<Approval>, Vec<Approval>), dispatch::DecisionError> {
    let pending = app.approvals.list(&user.caller, Some(Status::Pending)).await?;
    Ok((pending, app.approvals.list(&user.caller, None).await?))
}

fn cards(app: &AppState, approvals: &[&Approval], now: DateTime<Utc>, empty: &'static str) -> Markup {
    html! {
        @if approvals.is_empty() {
            p.muted { (empty) }
        } @else {
            ul.cards { @for approval in approvals { (card(app, approval, now)) } }
        }
    }
}

fn card(app: &AppState, approval: &Approval, now: DateTime<Utc>) -> Markup {
    let request = &approval.request;
    html! {
        li.card {
            a.command href={ (app.base) "/approvals/" (approval.id) } { code { (command(&request.command)) } }
            p.badges { (badges(approval, now)) }
            p.muted {
                (target(&request.act)) " · requested by " (text(request.requester.name())) " · " (relevant_time(approval, now))
            }
        }
    }
}
