//! The frame around every page, and the pages that say one thing.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{html::Html, signed_in::SignedIn, site::Site};

/// A page to be.
pub(crate) struct Page<'site> {
    site: &'site Site,
    title: &'static str,
    who: Option<&'site SignedIn>,
    /// Where the browser goes by itself, and after how many seconds.
    onward: Option<(u16, String)>,
}

impl<'site> Page<'site> {
    pub(crate) fn new(site: &'site Site, title: &'static str) -> Self {
        Self { site, title, who: None, onward: None }
    }

    /// Shows who is signed in, with a way out.
    pub(crate) fn of(mut self, who: &'site SignedIn) -> Self {
        self.who = Some(who);
        self
    }

    /// Sends the browser on by itself after so many seconds. Unlike a redirect, this is a navigation that our own page starts, so
    /// the session's cookie comes along whichever site led here.
    pub(crate) fn onward(mut self, seconds: u16, path: String) -> Self {
        self.onward = Some((seconds, path));
        self
    }

    /// The page with this body.
    pub(crate) fn show(self, status: StatusCode, body: &Html) -> Response {
        let base = &self.site.base;
        let page = Html::default()
            .mark("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .mark("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .mark("<meta name=\"color-scheme\" content=\"light dark\">")
            .maybe(self.onward, |page, (seconds, path)| {
                let page = page.mark("<meta http-equiv=\"refresh\" content=\"").value(&seconds.to_string());
                page.mark("; url=").value(&path).mark("\">")
            })
            .mark("<title>")
            .text(self.title)
            .mark(" · juju-mcp</title><link rel=\"icon\" type=\"image/svg+xml\" href=\"")
            .value(base)
            .mark("/icon.svg\"><link rel=\"stylesheet\" href=\"")
            .value(base)
            .mark("/style.css\"></head><body><header><a class=\"name\" href=\"")
            .value(base)
            .mark("\">juju-mcp <span>approvals</span></a>")
            .maybe(self.who, |page, who| way_out(page, base, who))
            .mark("</header><main>")
            .add(body)
            .mark("</main></body></html>\n");
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        (status, [(header::CONTENT_TYPE, html)], page.into_text()).into_response()
    }

    /// A page that says one thing.
    pub(crate) fn say(self, status: StatusCode, sentence: &str) -> Response {
        let body = Html::default().mark("<h1>").text(self.title).mark("</h1><p>").text(sentence).mark("</p>");
        let body = body.mark("<p><a href=\"").value(&self.site.base).mark("\">To what waits for a human</a></p>");
        self.show(status, &body)
    }
}

fn way_out(page: Html, base: &str, who: &SignedIn) -> Html {
    page.mark("<form class=\"who\" method=\"post\" action=\"")
        .value(base)
        .mark("/sign-out\"><span>")
        .text(who.name())
        .mark("</span>")
        .add(&who.csrf_field())
        .mark("<button class=\"quiet\">Sign out</button></form>")
}

/// What a person reads as a sentence: the first letter large, a full stop at the end.
pub(crate) fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// To another page of ours, by GET.
pub(crate) fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
