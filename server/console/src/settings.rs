//! Settings of the approval page.

use std::time::Duration;

use identity::oauth::Registration;

/// Settings of the approval page.
#[derive(Clone)]
pub struct Settings {
    /// Base URL of this server for browsers: `https://mcp.example` or, behind an ingress that strips a path prefix,
    /// `https://example/prod-juju-mcp`.
    pub public_url: String,
    /// This server as a client of the identity provider; without it, sign-in at the provider is disabled.
    pub provider: Option<Registration>,
    /// Whether people may sign in with a static token.
    pub tokens: bool,
    /// Longest lifetime of a session. It ends earlier if its token expires or is revoked.
    pub session: Duration,
}

impl Settings {
    /// The path prefix that an ingress strips; empty without one.
    pub(crate) fn prefix(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
    }

    /// Whether browsers connect over TLS, so that cookies can be restricted to it.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_is_the_path_of_the_public_url() {
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
