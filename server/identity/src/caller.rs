//! The authenticated subject of a request.

use std::{net::IpAddr, sync::Arc};

use serde::Serialize;

use crate::network;

/// The authenticated subject of a request, with the roles that bindings or a token give it. Only this room makes one:
///
/// ```compile_fail
/// identity::Caller { subject: "ana".into(), roles: vec!["admin".into()], claims: None, client: None };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    subject: String,
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Arc<Claims>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
}

/// What an identity provider says of a caller, taken from a token that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Claims {
    /// The provider, `iss`.
    pub issuer: String,
    /// The user or service at the provider, `sub`.
    pub subject: String,
    /// The user's address, where the provider has verified it.
    pub email: Option<String>,
    /// Groups of the user.
    pub groups: Vec<String>,
    /// The OAuth client that got the token, `client_id` or `azp`.
    pub client_id: Option<String>,
    /// Which of this server's addresses the token is for; none where its client may do without.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// Scopes of the token.
    pub scopes: Vec<String>,
}

impl Caller {
    pub(crate) fn of_token(role: &str, fingerprint: &str, holder: Option<&str>) -> Self {
        Self {
            subject: format!("token:{role}:{fingerprint}"),
            roles: vec![role.to_owned()],
            claims: None,
            client: None,
            holder: holder.map(ToOwned::to_owned),
        }
    }

    /// Whoever a checked token of an identity provider stands for. Roles come from bindings, never from the token.
    #[must_use]
    pub fn of_claims(claims: Claims) -> Self {
        let subject = format!("oauth:{}", claims.subject);
        Self { subject, roles: Vec::new(), claims: Some(Arc::new(claims)), client: None, holder: None }
    }

    /// The person at this machine, over stdio, where the operating system has already checked who they are.
    #[must_use]
    pub fn local(user: &str, role: &str) -> Self {
        let subject = format!("local:{user}");
        Self { subject, roles: vec![role.to_owned()], claims: None, client: None, holder: Some(user.to_owned()) }
    }

    /// Whoever sent what was turned away, for the ledger: the address, and no role.
    #[must_use]
    pub fn nobody(peer: Option<IpAddr>) -> Self {
        let peer = peer.map_or("unknown".to_owned(), |peer| network(peer).to_string());
        Self { subject: format!("nobody:{peer}"), roles: Vec::new(), claims: None, client: None, holder: None }
    }

    /// This server itself, for what it writes down of its own accord. It holds no role and asks for nothing.
    #[must_use]
    pub fn server() -> Self {
        Self { subject: "server".to_owned(), roles: Vec::new(), claims: None, client: None, holder: None }
    }

    /// The same caller with the name and version that its MCP client gave for itself. Never a ground for a decision.
    #[must_use]
    pub fn with_client(mut self, client: impl Into<String>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// `token:operator:1a2b3c4d`, `local:ana`: the subject, unique within its source.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Roles that the caller holds.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// What the identity provider says; `None` for static tokens and over stdio.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_deref()
    }

    /// The person who holds the static token, where the configuration says so, or sits at this machine.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// What the MCP client calls itself, `claude-code/2.1`.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }
}
