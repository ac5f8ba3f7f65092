//! The layout of every page, and pages with a single message.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{DOCTYPE, Markup, html};

use crate::{app_state::AppState, text::text, user::SignedIn};

/// Builds a page.
pub(crate) struct Page<'app> {
    app: &'app AppState,
    title: String,
    user: Option<&'app SignedIn>,
    /// Target of an automatic navigation.
    onward: Option<String>,
}

impl<'app> Page<'app> {
    pub(crate) fn new(app: &'app AppState, title: impl Into<String>) -> Self {
        Self { app, title: title.into(), user: None, onward: None }
    }

    /// Shows the name of the signed-in person and the button to sign out.
    pub(crate) fn with_user(mut self, user: &'app SignedIn) -> Self {
        self.user = Some(user);
        self
    }

    /// Navigates to a path of this page at once. A delay would violate WCAG 2.2.1: readers could not stop it. Unlike a redirect, this is a navigation that starts at our own site,
    /// so the browser sends the `SameSite=Strict` session cookie even if another site linked here.
    pub(crate) fn navigate_to(mut self, path: String) -> Self {
        self.onward = Some(path);
        self
    }

    /// The response with this content.
    pub(crate) fn render(self, status: StatusCode, content: &Markup) -> Response {
        let base = &self.app.base;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(path) = &self.onward {
                        meta http-equiv="refresh" content={ "0; url=" (path) };
                    }
                    title { (text(&self.title)) " · juju-mcp" }
                    link rel="icon" type="image/svg+xml" href={ (base) "/icon.svg" };
                    link rel="stylesheet" href={ (base) "/style.css" };
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        a.name href=(base) { "juju-mcp " span { "approvals" } }
                        @if let Some(user) = self.user { (sign_out_form(base, user)) }
                    }
                    main #content tabindex="-1" { (content) }
                }
            }
        };
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        (status, [(header::CONTENT_TYPE, html)], page.into_string()).into_response()
    }

    /// A page with one sentence.
    pub(crate) fn message(self, status: StatusCode, sentence: &str) -> Response {
        let content = html! {
            h1 tabindex="-1" autofocus { (self.title) }
            p { (text(sentence)) }
            p { a href=(self.app.base) { "Pending requests" } }
        };
        self.render(status, &content)
    }
}

fn sign_out_form(base: &str, user: &SignedIn) -> Markup {
    html! {
        form.user method="post" action={ (base) "/sign-out" } {
            span { (text(user.name())) }
            (user.csrf_field())
            button.quiet { "Sign out" }
        }
    }
}

/// Redirects to another page of ours, by `GET`.
pub(crate) fn redirect(path: &str) -> Response {
    Redirect::to(path).into_response()
}
