//! What an operator sets about approvals.

use std::time::Duration;

/// What an operator sets about approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSettings {
    /// How long a question waits and an approval may be used, from the moment of asking.
    pub lifetime: Duration,
    /// Whether the human before the asking client may confirm there what needs no second person.
    pub confirm_in_client: bool,
    /// Address of this server as those who approve reach it, without a path; absent where nobody can, as over stdio.
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
    /// What somebody with the right to approve does about a question: one sentence without its end.
    #[must_use]
    pub fn approver_instructions(&self, id: &str) -> String {
        match &self.address {
            Some(address) => {
                let page =
                    if self.page { format!(" or opens {address}/console/approvals/{id}") } else { String::new() };
                format!(
                    "somebody with the right to approve runs `juju-mcp approvals approve {id} --url {address} --token-file \
                     FILE`{page}"
                )
            }
            None => "nobody else can approve here, because this server has no address; run `juju-mcp serve` for that"
                .to_owned(),
        }
    }
}
