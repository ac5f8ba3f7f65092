//! The operator's settings for approvals.

use std::time::Duration;

use identity::Caller;

/// Which callers may confirm their own acts by an answer of their MCP client, if no second approver is required. Such an answer
/// proves only that the holder of the requesting token sent it: a program that holds the token can send it without a human.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientConfirmation {
    /// No caller.
    #[default]
    Never,
    /// Every caller.
    Always,
    /// Callers with a token that the identity provider issued to one of these OAuth clients.
    OfClients(Vec<String>),
}

impl ClientConfirmation {
    /// Whether this caller may confirm in its client.
    #[must_use]
    pub fn allows(&self, caller: &Caller) -> bool {
        let client = caller.claims().and_then(|claims| claims.client_id.as_ref());
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::OfClients(clients) => client.is_some_and(|client| clients.contains(client)),
        }
    }
}

/// The operator's settings for approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSettings {
    /// How long a request can be decided and its approval used, from its creation.
    pub lifetime: Duration,
    /// Which callers may confirm in their own client; default: none.
    pub client_confirmation: ClientConfirmation,
    /// URL of this server for approvers, without a path; absent where no approver can reach it, as over stdio.
    pub address: Option<String>,
    /// Whether the approval page is served there.
    pub page: bool,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_mins(15),
            client_confirmation: ClientConfirmation::Never,
            address: None,
            page: false,
        }
    }
}

impl ApprovalSettings {
    /// The default with confirmations in the client for every caller, as over stdio, where the local user is the only caller.
    #[must_use]
    pub fn with_client_confirmation() -> Self {
        Self { client_confirmation: ClientConfirmation::Always, ..Self::default() }
    }

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

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;

    #[test]
    fn client_confirmation_of_clients_allows_their_tokens_only() {
        let by = |client: Option<&str>| {
            let client_id = client.map(ToOwned::to_owned);
            Caller::from_claims(Claims { subject: "ana".into(), client_id, ..Claims::default() })
        };
        let some = ClientConfirmation::OfClients(vec!["desktop".to_owned()]);
        assert!(some.allows(&by(Some("desktop"))));
        assert!(!some.allows(&by(Some("robot"))) && !some.allows(&by(None)));
        // the name that a client reports about itself is no proof
        assert!(!some.allows(&Caller::local("ana", "admin").with_client("desktop")));
        assert!(!ApprovalSettings::default().client_confirmation.allows(&by(Some("desktop"))));
        assert!(
            ApprovalSettings::with_client_confirmation().client_confirmation.allows(&Caller::local("ana", "admin"))
        );
    }
}
