//! The answer: approve or reject, through the same function as the management API.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use dispatch::{Decision, NotDecided};
use policy::Undecidable;
use serde::Deserialize;

use crate::{
    form::{Fields, forged, same},
    page::{Page, sentence, to},
    question::show,
    signed_in::SignedIn,
    site::Site,
};

/// What the form carries.
#[derive(Deserialize)]
pub(crate) struct Answer {
    csrf: String,
    digest: String,
    decision: Choice,
    #[serde(default)]
    reason: String,
    /// The name that is typed to confirm what cannot be undone.
    #[serde(default)]
    word: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Approve,
    Reject,
}

/// Takes an answer.
pub(crate) async fn answer(
    State(site): State<Arc<Site>>,
    who: SignedIn,
    Path(id): Path<String>,
    Fields(answer): Fields<Answer>,
) -> Response {
    if !same(&answer.csrf, &who.csrf) {
        return forged(&site);
    }
    let approve = answer.decision == Choice::Approve;
    let known = site.approvals.get(&who.caller, &id).await.ok();
    let may = site.approvals.may_approve(&who.caller);
    if let Some(approval) = known.as_ref().filter(|_| approve && may)
        && approval.word_to_type().is_some_and(|word| word != answer.word.trim())
    {
        let wrong = "Nothing was decided: to approve what cannot be undone, type the name that is asked for.";
        return show(&site, &who, approval, StatusCode::BAD_REQUEST, Some(wrong));
    }
    let reason = answer.reason.trim().replace("\r\n", "\n");
    let decision = Decision { approve, digest: answer.digest, reason, channel: "console" };
    match (site.approvals.decide(&who.caller, &id, decision).await, known) {
        // seen again by GET, so that loading the page once more decides nothing
        (Ok(approval), _) => to(&format!("{}/approvals/{}", site.base, approval.id)),
        (Err(error), Some(_)) => match site.approvals.get(&who.caller, &id).await {
            Ok(approval) => show(&site, &who, &approval, status(&error), Some(&sentence(&error))),
            Err(error) => not_decided(&site, &who, &error),
        },
        (Err(error), None) => not_decided(&site, &who, &error),
    }
}

/// The page for what could not be read or decided.
pub(crate) fn not_decided(site: &Site, who: &SignedIn, error: &NotDecided) -> Response {
    let title =
        if matches!(error, NotDecided::Undecidable(Undecidable::Unknown(_))) { "Not found" } else { "Not done" };
    Page::new(site, title).of(who).say(status(error), &sentence(error))
}

fn status(error: &NotDecided) -> StatusCode {
    match error {
        NotDecided::Undecidable(Undecidable::NoRight | Undecidable::OwnQuestion | Undecidable::OwnClient) => {
            StatusCode::FORBIDDEN
        }
        NotDecided::Undecidable(Undecidable::Unknown(_)) => StatusCode::NOT_FOUND,
        NotDecided::Undecidable(Undecidable::OtherDigest | Undecidable::Over(_)) => StatusCode::CONFLICT,
        NotDecided::LongReason => StatusCode::BAD_REQUEST,
        NotDecided::LedgerClosed(_) | NotDecided::Lost(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
