//! The MCP server of the product and an identity provider that it trusts.

use std::sync::Arc;

use audit::{AuditEvent, Outcome, Phase};
use http_server::{ResourceMetadata, Settings};
use identity::oauth::{self, Provider};
use juju_client::Controllers;
use policy::{Policy, RoleBinding};
use serde_json::{Value, json};

use crate::{
    TestServer, long_timeouts,
    provider::{SigningKey, TestProvider, good_claims},
    test_server::ServerSetup,
};

/// The public URL of the server.
pub const PUBLIC: &str = "https://mcp.example/prod-juju-mcp";
/// The audience of valid tokens.
pub const AUDIENCE: &str = "https://mcp.example/prod-juju-mcp/mcp";

/// A server and its provider; dropping it stops both.
pub struct ServerWithProvider {
    /// The provider.
    pub provider: TestProvider,
    /// The published key.
    pub key: SigningKey,
    /// The server.
    pub served: TestServer,
    _folder: tempfile::TempDir,
}

/// A closed entry of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedAct {
    /// The subject of the caller.
    pub caller: String,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// Its outcome.
    pub outcome: Outcome,
    /// The reason of the outcome.
    pub reason: String,
}

impl ServerWithProvider {
    /// Starts both; `ops` has the roles admin and approver, `staff` has viewer.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts both with changed OAuth settings.
    pub async fn with(change: impl FnOnce(&mut oauth::Settings)) -> Self {
        Self::serving(Settings::default(), change).await
    }

    /// Starts both with HTTP settings and changed OAuth settings.
    ///
    /// # Panics
    /// If one of them cannot be started.
    pub async fn serving(settings: Settings, change: impl FnOnce(&mut oauth::Settings)) -> Self {
        let http = settings;
        let key = SigningKey::rsa("k1");
        let provider = TestProvider::start(&[&key]).await;
        let mut settings = oauth::Settings::new(provider.issuer.clone(), vec![AUDIENCE.to_owned()]);
        change(&mut settings);
        let trusted = Provider::new(settings, crate::provider::web_client());
        let folder = tempfile::tempdir().expect("a folder");
        let metadata = ResourceMetadata {
            public_url: PUBLIC.to_owned(),
            authorization_servers: vec![provider.issuer.clone()],
            scopes: ["openid", "juju:read", "juju:write"].map(str::to_owned).to_vec(),
            login: None,
        };
        let binding = |role: &str, group: &str| -> RoleBinding {
            serde_json::from_value(json!({"role": role, "subjects": [format!("group:{group}")]})).expect("a binding")
        };
        let bindings = vec![binding("admin", "ops"), binding("approver", "ops"), binding("viewer", "staff")];
        let policy =
            Policy::without_rules().expect("the policy").with_role_bindings(bindings).expect("roles that exist");
        let setup = ServerSetup {
            settings: Settings { metadata: Some(Arc::new(metadata)), ..http },
            policy,
            provider: Some(trusted),
            ..ServerSetup::with_controllers(Controllers::new(Vec::new(), None, long_timeouts()))
        };
        let served = TestServer::with(folder.path(), setup).await;
        Self { provider, key, served, _folder: folder }
    }

    /// Claims of a valid token.
    #[must_use]
    pub fn claims(&self) -> Value {
        good_claims(&self.provider.issuer, AUDIENCE)
    }

    /// A valid token with changed claims.
    #[must_use]
    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.key.sign(&claims)
    }

    /// All closed entries of the ledger, in the order of their close records.
    pub async fn closed_acts(&self) -> Vec<ClosedAct> {
        let records = self.served.ledger_records().await;
        let opened = |act: &str| {
            records.iter().find_map(|record| match &record.phase {
                Phase::Open(beginning) if record.entry == act => Some(beginning),
                _ => None,
            })
        };
        let closed = records.iter().filter_map(|record| {
            let Phase::Close(ending) = &record.phase else { return None };
            let beginning = opened(&record.entry)?;
            Some(ClosedAct {
                caller: beginning.caller.clone(),
                tool: beginning.event.name().to_owned(),
                arguments: event_arguments(&beginning.event),
                outcome: ending.outcome,
                reason: ending.reason.clone(),
            })
        });
        closed.collect()
    }
}

/// The arguments of a tool call; for other events their fields.
fn event_arguments(event: &AuditEvent) -> Value {
    if let Some(act) = event.operation() {
        return act.arguments.clone();
    }
    let mut fields = serde_json::to_value(event).expect("an event");
    fields.as_object_mut().expect("an object").shift_remove("event");
    fields
}
