//! The cookies of the page (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::app_state::AppState;

/// One of the cookies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cookie {
    /// The session. Browsers never send it with a request that another site started.
    Session,
    /// A sign-in in progress. The browser must send it when the provider, which is another site, redirects back.
    SignIn,
    /// Binds the token form to the browser that loaded it.
    Form,
}

impl Cookie {
    /// Browsers accept a name that begins with `__Secure-` over TLS only.
    fn name(self, app: &AppState) -> &'static str {
        match (self, app.https) {
            (Self::Session, true) => "__Secure-juju-mcp-session",
            (Self::Session, false) => "juju-mcp-session",
            (Self::SignIn, true) => "__Secure-juju-mcp-sign-in",
            (Self::SignIn, false) => "juju-mcp-sign-in",
            (Self::Form, true) => "__Secure-juju-mcp-form",
            (Self::Form, false) => "juju-mcp-form",
        }
    }

    fn same_site(self) -> &'static str {
        match self {
            Self::Session | Self::Form => "Strict",
            Self::SignIn => "Lax",
        }
    }

    /// The value in a request. Two cookies of one name count as none, because another page of the host may have set the
    /// second.
    pub(crate) fn read<'request>(self, app: &AppState, headers: &'request HeaderMap) -> Option<&'request str> {
        let name = self.name(app);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = cookies
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The header that sets it, with its lifetime in seconds.
    pub(crate) fn set(self, app: &AppState, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if app.https { "; Secure" } else { "" };
        let (name, base, same_site) = (self.name(app), &app.base, self.same_site());
        let text = format!("{name}={value}; Path={base}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        HeaderValue::try_from(text).ok()
    }

    /// The header that removes it.
    pub(crate) fn unset(self, app: &AppState) -> Option<HeaderValue> {
        self.set(app, "", 0)
    }
}
