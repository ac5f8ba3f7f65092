//! Which controllers callers log in to as themselves, and the domain of the users that they are there.

use std::collections::BTreeMap;

use identity::is_user_domain;
use juju_client::IfTokenRefused;

use super::Config;
use crate::failure::Failure;

impl Config {
    /// The controllers that callers log in to as themselves.
    pub(crate) fn controllers_as_caller(&self) -> BTreeMap<String, IfTokenRefused> {
        let section = |controller: &super::ControllerSection| {
            let section = controller.act_as_caller.as_ref()?;
            Some((controller.name.clone(), section.if_refused.into()))
        };
        self.controllers.iter().filter_map(section).collect()
    }

    /// Domain of the users that login tokens name.
    pub(crate) fn user_domain(&self) -> Result<String, Failure> {
        let remedy = "give a domain with lower-case letters, digits, `.` and `-`, such as `iam.example`; `local` and `external` are Juju's own";
        if let Some(domain) = &self.login_tokens.user_domain {
            return if is_user_domain(domain) {
                Ok(domain.clone())
            } else {
                let problem = format!("is not a domain of users: `{domain}`");
                Err(self.invalid("login_tokens.user_domain", &problem, remedy))
            };
        }
        let issuer = self.oauth.as_ref().and_then(|oauth| oauth.issuer.parse::<http::Uri>().ok());
        let host = issuer.as_ref().and_then(|issuer| issuer.host()).map(str::to_ascii_lowercase);
        host.filter(|host| is_user_domain(host)).ok_or_else(|| {
            let problem = "is missing, and `oauth.issuer` has no host that can take its place";
            self.invalid("login_tokens.user_domain", problem, remedy)
        })
    }

    pub(super) fn validate_login_tokens(&self) -> Result<(), Failure> {
        if self.login_tokens.user_domain.is_some() || !self.controllers_as_caller().is_empty() {
            self.user_domain()?;
        }
        Ok(())
    }
}
