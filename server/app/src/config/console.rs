//! The section `console`: the approval page.

use std::{path::PathBuf, time::Duration};

use console::Settings;
use identity::oauth::Registration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{files::read_secret, oauth::OauthSection};
use crate::failure::Failure;

/// The approval page at `/console`; without this section there is none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConsoleSection {
    /// Client at the identity provider for sign-in; its redirect URI is `/console/callback` below
    /// `oauth.public_url`. Without it, approvers sign in with a static token.
    pub(crate) client_id: Option<String>,
    /// File with the secret of the client; a public client has none.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Requested scopes. Default: `openid`, `profile`, `email`, `juju:read` and `juju:approve`.
    pub(crate) scopes: Option<Vec<String>>,
    /// Maximum duration of a session in minutes. Default: 60.
    #[schemars(range(min = 1, max = 720))]
    pub(crate) session_minutes: Option<u32>,
}

const SCOPES: [&str; 5] = ["openid", "profile", "email", "juju:read", "juju:approve"];
const SESSION_MINUTES: u32 = 60;

impl ConsoleSection {
    /// The settings of the page. `address` is the URL of this server for browsers.
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
                    "configure the provider under `oauth`, or remove `client_id` to sign in with a static token",
                ));
            }
            (None, _) if tokens => None,
            (None, _) => {
                return Err(Failure::usage(
                    "no approver could sign in to the approval page",
                    "give `client_id` under `console`: a client of the provider with the redirect URI `/console/callback`",
                ));
            }
        };
        let minutes = self.session_minutes.unwrap_or(SESSION_MINUTES);
        let session = Duration::from_mins(minutes.into());
        Ok(Settings { public_url: address.trim_end_matches('/').to_owned(), provider, tokens, session })
    }

    fn registration(&self, id: &str, public_url: &str) -> Result<Registration, Failure> {
        let public_url = public_url.trim_end_matches('/');
        let scopes = self.scopes.clone().unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
        if !scopes.iter().any(|scope| scope == "openid") {
            let remedy = "add `openid`: without it the provider sends no identity";
            return Err(Failure::usage("`console.scopes` is without `openid`", remedy));
        }
        Ok(Registration {
            client_id: id.to_owned(),
            secret: self.client_secret_file.as_deref().map(read_secret).transpose()?,
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
    fn settings_without_a_way_to_sign_in_are_refused_with_a_remedy() {
        let page = settings("{client_id: c}", true, false).expect("good");
        let own = page.provider.expect("a registration");
        assert_eq!(own.redirect_uri, "https://mcp.example/a/console/callback");
        assert_eq!((own.resource.as_str(), own.secret), ("https://mcp.example/a/mcp", None));
        assert!(own.scopes.iter().any(|scope| scope == "juju:approve") && !page.tokens);
        assert_eq!(page.session, Duration::from_hours(1));
        assert!(settings("{}", false, true).expect("good").provider.is_none());
        for (console, oauth, tokens, problem) in [
            ("{client_id: c}", false, true, "no identity provider"),
            ("{}", true, false, "no approver could sign in"),
            ("{}", false, false, "no approver could sign in"),
            ("{client_id: c, scopes: [email]}", true, false, "without `openid`"),
            ("{client_id: c, client_secret_file: /missing/file}", true, false, "cannot read"),
        ] {
            let refused = settings(console, oauth, tokens).err().expect(problem);
            assert!(refused.to_string().contains(problem) && refused.remedy().is_some(), "{refused}");
        }
    }
}
