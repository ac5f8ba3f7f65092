//! The section `console`: the approval page.

use std::{path::PathBuf, time::Duration};

use console::Settings;
use identity::oauth::Registration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{files::read_text, oauth::OauthSection};
use crate::failure::Failure;

/// The approval page at `/console`; without this section there is none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConsoleSection {
    /// Client of the identity provider by which people sign in; its redirect address is `/console/callback` below
    /// `oauth.public_url`. Without it, people sign in with a static token.
    pub(crate) client_id: Option<String>,
    /// File with the client's secret; a public client has none.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Scopes to ask for; `openid`, `profile`, `email`, `juju:read` and `juju:approve` unless given.
    pub(crate) scopes: Option<Vec<String>>,
    /// Minutes that somebody stays signed in at most; 60 unless given.
    #[schemars(range(min = 1, max = 720))]
    pub(crate) session_minutes: Option<u32>,
}

const SCOPES: [&str; 5] = ["openid", "profile", "email", "juju:read", "juju:approve"];
const SESSION_MINUTES: u32 = 60;

impl ConsoleSection {
    /// The page's settings, where browsers reach this server at `address`.
    pub(crate) fn settings(
        &self,
        oauth: Option<&OauthSection>,
        tokens: bool,
        address: &str,
    ) -> Result<Settings, Failure> {
        let provider = match (&self.client_id, oauth) {
            (Some(id), Some(oauth)) => Some(self.registration(id, &oauth.public_url)?),
            (Some(_), None) => {
                return Err(Failure::usage(
                    "`console.client_id` names a client, but there is no identity provider",
                    "give the provider under `oauth`, or take `client_id` away to sign in with a static token",
                ));
            }
            (None, _) if tokens => None,
            (None, _) => {
                return Err(Failure::usage(
                    "nobody could sign in to the approval page",
                    "give `client_id` under `console`: a client of the provider with the redirect address `/console/callback`",
                ));
            }
        };
        let minutes = self.session_minutes.unwrap_or(SESSION_MINUTES).clamp(1, 720);
        let session = Duration::from_mins(minutes.into());
        Ok(Settings { public_url: address.trim_end_matches('/').to_owned(), provider, tokens, session })
    }

    fn registration(&self, id: &str, public_url: &str) -> Result<Registration, Failure> {
        let public_url = public_url.trim_end_matches('/');
        let scopes = self.scopes.clone().unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
        if !scopes.iter().any(|scope| scope == "openid") {
            let remedy = "add `openid`, without which a provider does not say who signed in";
            return Err(Failure::usage("`console.scopes` is without `openid`", remedy));
        }
        Ok(Registration {
            client_id: id.to_owned(),
            secret: self.client_secret_file.as_deref().map(read_text).transpose()?,
            redirect_uri: format!("{public_url}/console/callback"),
            scopes,
            resource: format!("{public_url}/mcp"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(console: &str, oauth: bool, tokens: bool) -> Result<Settings, Failure> {
        let section: ConsoleSection = serde_yaml::from_str(console).expect("a section");
        let provider: OauthSection =
            serde_yaml::from_str("{issuer: 'https://id.example', public_url: 'https://mcp.example/a/'}")
                .expect("a provider");
        section.settings(oauth.then_some(&provider), tokens, "https://mcp.example/a/")
    }

    #[test]
    fn people_sign_in_at_the_provider_or_with_a_token_and_else_it_is_said_why_not() {
        let page = settings("{client_id: c}", true, false).expect("good");
        let own = page.provider.expect("a registration");
        assert_eq!(own.redirect_uri, "https://mcp.example/a/console/callback");
        assert_eq!((own.resource.as_str(), own.secret), ("https://mcp.example/a/mcp", None));
        assert!(own.scopes.iter().any(|scope| scope == "juju:approve") && !page.tokens);
        assert_eq!(page.session, Duration::from_hours(1));
        assert!(settings("{}", false, true).expect("good").provider.is_none());
        for (console, oauth, tokens, problem) in [
            ("{client_id: c}", false, true, "no identity provider"),
            ("{}", true, false, "nobody could sign in"),
            ("{}", false, false, "nobody could sign in"),
            ("{client_id: c, scopes: [email]}", true, false, "without `openid`"),
            ("{client_id: c, client_secret_file: /nowhere/at/all}", true, false, "cannot read"),
        ] {
            let refused = settings(console, oauth, tokens).err().expect(problem);
            assert!(refused.to_string().contains(problem) && refused.remedy().is_some(), "{refused}");
        }
    }
}
