//! The section `approvals`: approval requests and the URL of the approval page.

use std::time::Duration;

use dispatch::{ApprovalSettings, ClientConfirmation};
use schemars::JsonSchema;
use serde::Deserialize;

/// `true`, `false`, or the ids of OAuth clients.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected true, false, or a list of OAuth client ids for `allow_client_elicitation`")]
pub(crate) enum AllowClientElicitation {
    /// For every caller, or for none.
    Everywhere(bool),
    /// For tokens that the identity provider issued to these clients.
    Clients(Vec<String>),
}

impl Default for AllowClientElicitation {
    fn default() -> Self {
        Self::Everywhere(false)
    }
}

impl AllowClientElicitation {
    fn to_setting(&self) -> ClientConfirmation {
        match self {
            Self::Everywhere(false) => ClientConfirmation::Never,
            Self::Everywhere(true) => ClientConfirmation::Always,
            Self::Clients(clients) => ClientConfirmation::OfClients(clients.clone()),
        }
    }
}

/// Approval requests for operations under a rule that requires an approval.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApprovalsSection {
    /// Minutes until an approval request, and the approval given to it, expires; counted from the request. Default: 15.
    #[schemars(range(min = 1, max = 1440))]
    pub(crate) ttl_minutes: Option<u32>,
    /// Callers that may confirm in their own MCP client (elicitation) when no second approver is required: `true`, `false`, or a
    /// list of OAuth client ids. A confirmation is worth as much as the client: a program that holds the token can send it. Default:
    /// false.
    pub(crate) allow_client_elicitation: AllowClientElicitation,
    /// URL of this server for approvers, `https://juju-mcp.example`. Default: `oauth.public_url`, else the listen address.
    pub(crate) public_url: Option<String>,
}

impl ApprovalsSection {
    /// The terms for a server at `default_url`, with the approval page or without.
    pub(crate) fn terms(&self, default_url: &str, page: bool) -> ApprovalSettings {
        let terms = ApprovalSettings::default();
        let ttl = self.ttl_minutes.map(|minutes| Duration::from_mins(minutes.into()));
        ApprovalSettings {
            lifetime: ttl.unwrap_or(terms.lifetime),
            client_confirmation: self.allow_client_elicitation.to_setting(),
            address: Some(self.url_or(default_url).to_owned()),
            page,
        }
    }

    /// The URL of this server for approvers, without a final slash.
    pub(crate) fn url_or<'own>(&'own self, default_url: &'own str) -> &'own str {
        self.public_url.as_deref().unwrap_or(default_url).trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_elicitation_is_off_unless_it_is_configured() {
        let read =
            |text: &str| serde_yaml::from_str::<ApprovalsSection>(text).map(|section| section.terms("http://x", false));
        let setting = |text: &str| read(text).expect("valid").client_confirmation;
        assert_eq!(setting("ttl_minutes: 5"), ClientConfirmation::Never);
        assert_eq!(setting("allow_client_elicitation: false"), ClientConfirmation::Never);
        assert_eq!(setting("allow_client_elicitation: true"), ClientConfirmation::Always);
        let clients = ClientConfirmation::OfClients(vec!["desktop".to_owned()]);
        assert_eq!(setting("allow_client_elicitation: [desktop]"), clients);
        let invalid = read("allow_client_elicitation: maybe").expect_err("neither").to_string();
        assert!(invalid.contains("list of OAuth client ids"), "{invalid}");
    }
}
