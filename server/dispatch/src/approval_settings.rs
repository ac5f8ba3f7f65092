//! The operator's settings for approvals.

use std::time::Duration;

/// The operator's settings for approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSettings {
    /// How long a request can be decided and its approval used, from its creation.
    pub lifetime: Duration,
    /// Whether the user can confirm in the MCP client (elicitation) when no second approver is required.
    pub confirm_in_client: bool,
    /// URL of this server for approvers, without a path; absent where no approver can reach it, as over stdio.
    pub address: Option<String>,
    /// Whether the approval page is served there.
    pub page: bool,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self { lifetime: Duration::from_mins(15), confirm_in_client: true, address: None, page: false }
    }
}

impl ApprovalSettings {
    /// What an approver does about a request: one sentence without its end.
    #[must_use]
    pub fn approver_instructions(&self, id: &str) -> String {
        match &self.address {
            Some(address) => {
                let page =
                    if self.page { format!(" or opens {address}/console/approvals/{id}") } else { String::new() };
                format!(
                    "an approver runs `juju-mcp approvals approve {id} --url {address} --token-file \
                     FILE`{page}"
                )
            }
            None => "no one else can approve here, because this server has no address; run `juju-mcp serve` for that"
                .to_owned(),
        }
    }
}
