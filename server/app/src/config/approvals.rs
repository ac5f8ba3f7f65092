//! The section `approvals`: how humans are asked.

use std::time::Duration;

use dispatch::ApprovalTerms;
use schemars::JsonSchema;
use serde::Deserialize;

/// How humans are asked before an act that a rule wants approved.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApprovalsSection {
    /// Minutes that a question waits and an approval may be used, from the moment of asking; 15 unless given.
    #[schemars(range(min = 1, max = 1440))]
    pub(crate) minutes: Option<u32>,
    /// Whether the human before the asking client may confirm there what needs no second person; yes unless given.
    pub(crate) confirm_in_client: Option<bool>,
    /// Address of this server as those who approve reach it, `https://juju-mcp.example`; where it listens unless given.
    pub(crate) address: Option<String>,
}

impl ApprovalsSection {
    /// The terms for a server that is reached at `address` unless something else is set, with the approval page or without.
    pub(crate) fn terms(&self, address: &str, page: bool) -> ApprovalTerms {
        let terms = ApprovalTerms::default();
        let minutes = self.minutes.map(|minutes| Duration::from_mins(minutes.clamp(1, 1440).into()));
        let address = self.reached_at(address);
        ApprovalTerms {
            lifetime: minutes.unwrap_or(terms.lifetime),
            confirm_in_client: self.confirm_in_client.unwrap_or(terms.confirm_in_client),
            address: Some(address.to_owned()),
            page,
        }
    }

    /// Where those who approve reach this server.
    pub(crate) fn reached_at<'own>(&'own self, address: &'own str) -> &'own str {
        self.address.as_deref().unwrap_or(address).trim_end_matches('/')
    }
}
