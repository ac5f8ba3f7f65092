//! The authenticated subject of a request.

use std::{net::IpAddr, sync::Arc};

use serde::Serialize;

use crate::network;

/// The authenticated subject of a request. Only this crate can construct one:
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
    owner: Option<String>,
}

/// The claims of a validated access token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Claims {
    /// The provider, `iss`.
    pub issuer: String,
    /// The user or service at the provider, `sub`.
    pub subject: String,
    /// The user's e-mail address, if the provider has verified it.
    pub email: Option<String>,
    /// Groups of the user, from the configured claim.
    pub groups: Vec<String>,
    /// The OAuth client to which the provider issued the token, `client_id` or `azp`.
    pub client_id: Option<String>,
    /// Those audiences of the token that name this server; empty for a client that is allowed to have none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// Scopes of the token, `scope` and `scp`.
    pub scopes: Vec<String>,
    /// Whether the provider issued the token to a program for itself, not to a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_service_account: bool,
}

impl Caller {
    pub(crate) fn from_static_token(role: &str, fingerprint: &str, owner: Option<&str>) -> Self {
        Self {
            subject: format!("token:{role}:{fingerprint}"),
            roles: vec![role.to_owned()],
            claims: None,
            client: None,
            owner: owner.map(ToOwned::to_owned),
        }
    }

    /// The subject of a validated access token. It has no roles yet: they come from role bindings, never from the token.
    #[must_use]
    pub fn from_claims(claims: Claims) -> Self {
        let subject = format!("oauth:{}", claims.subject);
        Self { subject, roles: Vec::new(), claims: Some(Arc::new(claims)), client: None, owner: None }
    }

    /// The local user over stdio, authenticated by the operating system.
    #[must_use]
    pub fn local(user: &str, role: &str) -> Self {
        let subject = format!("local:{user}");
        Self { subject, roles: vec![role.to_owned()], claims: None, client: None, owner: Some(user.to_owned()) }
    }

    /// The sender of a rejected request, for the ledger: a peer address without roles.
    #[must_use]
    pub fn anonymous(peer: Option<IpAddr>) -> Self {
        let peer = peer.map_or("unknown".to_owned(), |peer| network(peer).to_string());
        Self { subject: format!("anonymous:{peer}"), roles: Vec::new(), claims: None, client: None, owner: None }
    }

    /// This server itself, for ledger entries about its own events, such as a policy reload. It has no roles.
    #[must_use]
    pub fn server() -> Self {
        Self { subject: "server".to_owned(), roles: Vec::new(), claims: None, client: None, owner: None }
    }

    /// Adds the name and version that the MCP client reports. The client chooses them, so no decision may depend on them.
    #[must_use]
    pub fn with_client(mut self, client: impl Into<String>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// The subject with its source: `token:operator:1a2b3c4d`, `oauth:ana`, `local:ana`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Roles that a static token or the command line grants. Role bindings grant more (crate `policy`).
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The claims of the access token; `None` for static tokens and over stdio.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_deref()
    }

    /// The owner of the static token, if configured, or the local user.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Name and version of the MCP client, `claude-code/2.1`.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }
}
