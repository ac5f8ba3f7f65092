//! The page's two cookies: who is signed in, and what a sign-in that was begun left in the browser (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::site::Site;

/// One of the cookies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cookie {
    /// The session. Never sent with what another site started.
    Session,
    /// A sign-in that was begun. It has to come along when the provider, which is another site, sends the browser back.
    SignIn,
    /// What the form for a token was given out with.
    Form,
}

impl Cookie {
    /// Only servers that came over TLS may set a cookie whose name begins with `__Secure-`.
    fn name(self, site: &Site) -> &'static str {
        match (self, site.https) {
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

    /// The value that came with a request. Two of one name are none: another page of the host may have set the second.
    pub(crate) fn of<'request>(self, site: &Site, headers: &'request HeaderMap) -> Option<&'request str> {
        let name = self.name(site);
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut found = sent
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The header that sets it for so many seconds.
    pub(crate) fn set(self, site: &Site, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if site.https { "; Secure" } else { "" };
        let (name, base, same_site) = (self.name(site), &site.base, self.same_site());
        let text = format!("{name}={value}; Path={base}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        HeaderValue::try_from(text).ok()
    }

    /// The header that takes it away.
    pub(crate) fn unset(self, site: &Site) -> Option<HeaderValue> {
        self.set(site, "", 0)
    }
}
