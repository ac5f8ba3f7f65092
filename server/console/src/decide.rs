//! Approves or rejects a request, through the same function as the management API.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use dispatch::Decision;
use serde::Deserialize;

use crate::{
    app_state::AppState,
    approval_page::{self, Attempt},
    csrf_form::{CsrfForm, constant_time_eq, csrf_rejected},
    error_page::{decision_error, status},
    page::redirect,
    text::sentence,
    user::SignedIn,
};

/// Fields of the decision form.
#[derive(Deserialize)]
pub(crate) struct DecisionForm {
    csrf: String,
    digest: String,
    decision: Choice,
    #[serde(default)]
    reason: String,
    /// The name that confirms an act that cannot be undone.
    #[serde(default)]
    confirmation: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Approve,
    Reject,
}

/// Handles the decision form.
pub(crate) async fn decide(
    State(app): State<Arc<AppState>>,
    user: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<DecisionForm>,
) -> Response {
    if !constant_time_eq(&form.csrf, &user.csrf) {
        return csrf_rejected(&app);
    }
    let approve = form.decision == Choice::Approve;
    let known = app.approvals.get(&user.caller, &id).await.ok();
    let may_approve = app.approvals.may_approve(&user.caller);
    if let Some(approval) = known.as_ref().filter(|_| approve && may_approve)
        && approval.confirmation_text().is_some_and(|name| name != form.confirmation.trim())
    {
        let error = "Nothing was decided: the act cannot be undone, so type the requested name to approve it.";
        let attempt = Attempt { error: Some(error), is_confirmation_wrong: true, reason: &form.reason };
        return approval_page::render(&app, &user, approval, StatusCode::BAD_REQUEST, &attempt);
    }
    let reason = form.reason.trim().replace("\r\n", "\n");
    let typed = reason.clone();
    let decision = Decision { approve, digest: form.digest, reason, channel: "console" };
    match (app.approvals.decide(&user.caller, &id, decision).await, known) {
        // the browser loads the page by GET, so that a reload does not send the form again
        (Ok(approval), _) => redirect(&format!("{}/approvals/{}", app.base, approval.id)),
        (Err(error), Some(_)) => match app.approvals.get(&user.caller, &id).await {
            Ok(approval) => {
                let sentence = sentence(&error);
                let attempt = Attempt { error: Some(&sentence), is_confirmation_wrong: false, reason: &typed };
                approval_page::render(&app, &user, &approval, status(&error), &attempt)
            }
            Err(error) => decision_error(&app, &user, &error),
        },
        (Err(error), None) => decision_error(&app, &user, &error),
    }
}
