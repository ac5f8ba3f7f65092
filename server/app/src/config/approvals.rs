//! The section `approvals`: approval requests and the URL of the approval page.

use std::time::Duration;

use dispatch::ApprovalSettings;
use schemars::JsonSchema;
use serde::Deserialize;

/// Approval requests for operations under a rule that requires an approval.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApprovalsSection {
    /// Minutes until an approval request, and the approval given to it, expires; counted from the request. Default: 15.
    #[schemars(range(min = 1, max = 1440))]
    pub(crate) ttl_minutes: Option<u32>,
    /// Allow the user to confirm in their own MCP client (elicitation) when no second approver is required. Default: true.
    pub(crate) allow_client_elicitation: Option<bool>,
    /// URL of this server for approvers, `https://juju-mcp.example`. Default: `oauth.public_url`, else the listen address.
    pub(crate) public_url: Option<String>,
}

impl ApprovalsSection {
    /// The terms for a server at `default_url`, with the approval page or without.
    pub(crate) fn terms(&self, default_url: &str, page: bool) -> ApprovalSettings {
        let terms = ApprovalSettings::default();
        let ttl = self.ttl_minutes.map(|minutes| Duration::from_mins(minutes.clamp(1, 1440).into()));
        ApprovalSettings {
            lifetime: ttl.unwrap_or(terms.lifetime),
            confirm_in_client: self.allow_client_elicitation.unwrap_or(terms.confirm_in_client),
            address: Some(self.url_or(default_url).to_owned()),
            page,
        }
    }

    /// The URL of this server for approvers, without a final slash.
    pub(crate) fn url_or<'own>(&'own self, default_url: &'own str) -> &'own str {
        self.public_url.as_deref().unwrap_or(default_url).trim_end_matches('/')
    }
}
