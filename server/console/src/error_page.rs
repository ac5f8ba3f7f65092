//! The page for a request that cannot be read or decided.

use axum::{http::StatusCode, response::Response};
use dispatch::DecisionError;

use crate::{app_state::AppState, page::Page, text::sentence, user::SignedIn};

/// Renders an error of the approval service.
pub(crate) fn decision_error(app: &AppState, user: &SignedIn, error: &DecisionError) -> Response {
    let status = status(error);
    let title = if status == StatusCode::NOT_FOUND { "Not found" } else { "Not done" };
    Page::new(app, title).with_user(user).message(status, &sentence(error))
}

/// The HTTP status of an error.
pub(crate) fn status(error: &DecisionError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
