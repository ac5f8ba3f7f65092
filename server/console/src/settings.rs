//! What an operator sets about the page.

use std::time::Duration;

use identity::oauth::Registration;

/// What an operator sets about the page.
#[derive(Clone)]
pub struct Settings {
    /// The address under which browsers reach this server, without a path of ours: `https://mcp.example` or, below an ingress
    /// that takes a prefix away, `https://example/prod-juju-mcp`.
    pub public_url: String,
    /// This server as a client of the identity provider; without it, nobody signs in there.
    pub provider: Option<Registration>,
    /// Whether a person may paste a static token.
    pub tokens: bool,
    /// How long somebody stays signed in at most. A token of a provider may end sooner, and the session with it.
    pub session: Duration,
}

impl Settings {
    /// The path before the page's own, which an ingress takes away; empty without one.
    pub(crate) fn prefix(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
    }

    /// Whether browsers come over TLS, so that cookies can be kept to it.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_what_follows_the_host() {
        for (url, prefix, https) in [
            ("https://mcp.example", "", true),
            ("https://mcp.example/", "", true),
            ("http://127.0.0.1:8080", "", false),
            ("https://example/prod-juju-mcp/", "/prod-juju-mcp", true),
        ] {
            let settings =
                Settings { public_url: url.to_owned(), provider: None, tokens: true, session: Duration::ZERO };
            assert_eq!((settings.prefix(), settings.is_https()), (prefix, https), "{url}");
        }
    }
}
