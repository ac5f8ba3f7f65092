//! A server that requires approvals for a simulated shop, with the requests of callers, approvers and clients.

use std::{collections::BTreeMap, path::Path};

use audit::{CloseRecord, Outcome, Phase};
use dispatch::ApprovalSettings;
use identity::Caller;
use juju_sim::Simulator;
use mcp::Endpoint;
use policy::{BuiltinRules, Effect, Policy};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    StdioClient, TestServer,
    callers::BINDINGS,
    ledger::STORE_FILE,
    raw_http::Request,
    side_by_side::simulator,
    test_server::{STATE_KEY_FILE, ServerSetup},
};

/// A simulated shop behind a server that requires an approval for every change.
pub struct ApprovalFixture {
    /// The controller.
    pub simulator: Simulator,
    /// The server.
    pub served: TestServer,
    folder: tempfile::TempDir,
    requires_second_approver: bool,
}

/// The tool of these tests. The simulator counts how often it is executed.
pub const TOOL: &str = "juju_add_unit";

/// The arguments of [`TOOL`].
#[must_use]
pub fn arguments() -> Value {
    json!({"model": "shop", "application": "web", "num_units": 1})
}

/// The answer of a user to an elicitation, in the parameters of a repeated call.
#[must_use]
pub fn elicitation_answer(content: &Value) -> Value {
    json!({"approval": {"action": "accept", "content": content}})
}

/// A policy that requires approvals for acts of this effect and of worse ones.
///
/// # Panics
/// Never: the policy is constant.
#[must_use]
pub fn policy_requiring_approval(least: Effect, requires_second_approver: bool) -> Policy {
    let all = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
    let effects: Vec<_> = all.into_iter().filter(|effect| *effect >= least).map(Effect::as_str).collect();
    let rule = json!({"name": "changes", "severity": "high", "check": "false", "enforcement": "require_approval",
        "message": "Changes require an approval", "applies_to": {"effects": effects}, "require_second_approver": requires_second_approver});
    let bindings: Value = serde_json::from_str(BINDINGS).expect("bindings");
    // JSON is YAML
    let written = json!({"role_bindings": bindings, "rules": [rule]}).to_string();
    Policy::read(&[("changes.yaml", &written)], BuiltinRules::None).expect("a policy")
}

impl ApprovalFixture {
    /// Starts the simulator and the server.
    pub async fn start(requires_second_approver: bool, terms: ApprovalSettings) -> Self {
        let simulator = simulator("shop").await;
        let folder = tempfile::tempdir().expect("a folder");
        let served = serve(&simulator, folder.path(), requires_second_approver, terms).await;
        Self { simulator, served, folder, requires_second_approver }
    }

    /// Stops the server and starts it again with the same state.
    pub async fn restart(self) -> Self {
        let (requires_second_approver, terms) =
            (self.requires_second_approver, self.served.dispatcher.approvals.clone());
        self.restart_with(requires_second_approver, terms).await
    }

    /// Restarts with other settings.
    pub async fn restart_with(self, requires_second_approver: bool, terms: ApprovalSettings) -> Self {
        let Self { simulator, served, folder, .. } = self;
        served.stop();
        served.dispatcher.ledger.flush().await.expect("a ledger");
        served.dispatcher.ledger.store().close().await;
        drop(served);
        let served = serve(&simulator, folder.path(), requires_second_approver, terms).await;
        Self { simulator, served, folder, requires_second_approver }
    }

    /// Restarts with another key for the request state of clients.
    pub async fn restart_with_another_key(self) -> Self {
        std::fs::write(self.folder.path().join(STATE_KEY_FILE), [6; 32]).expect("a key");
        self.restart().await
    }

    /// A stdio client of the local user, with the tools of `/mcp`.
    #[must_use]
    pub fn stdio_client(&self) -> StdioClient {
        let server = self.served.server.clone();
        StdioClient::with(server.local(Caller::local("ana", "admin"), Endpoint::curated()))
    }

    /// Calls a tool with a token and returns the result. `more` has further members of the parameters, for example the
    /// capabilities of the client in `_meta`.
    pub async fn call(&self, token: &str, tool: &str, arguments: &Value, more: &Value) -> Value {
        let catalogue = &self.served.dispatcher.catalogue;
        let found = catalogue.get(tool).filter(|tool| !tool.is_client_command());
        let path = found.map_or_else(|| "/mcp/full".to_owned(), |tool| format!("/mcp/x/{}", tool.toolset()));
        self.call_at(&path, token, tool, arguments, more).await
    }

    /// Calls a tool at an endpoint.
    pub async fn call_at(&self, path: &str, token: &str, tool: &str, arguments: &Value, more: &Value) -> Value {
        let mut params = json!({"name": tool, "arguments": arguments});
        for (name, value) in more.as_object().into_iter().flatten() {
            params[name] = value.clone();
        }
        let request = Request::modern(path, "tools/call", params).token(self.served.token(token));
        let answer = request.send(self.served.address).await.expect("an answer").json();
        assert!(answer["result"].is_object(), "{answer}");
        answer["result"].clone()
    }

    /// Calls [`TOOL`] as a client without elicitation.
    pub async fn request(&self, token: &str) -> Value {
        self.call(token, TOOL, &arguments(), &json!({})).await
    }

    /// Calls [`TOOL`] as a client with elicitation.
    pub async fn request_with_elicitation(&self, token: &str, more: Value) -> Value {
        self.call(token, TOOL, &arguments(), &with_elicitation(more)).await
    }

    /// Calls [`TOOL`] and returns the id and the digest of the approval request.
    pub async fn request_approval(&self, token: &str) -> (String, String) {
        let asked = self.request(token).await;
        assert_eq!(asked["_meta"]["juju-mcp/code"], "approval_required", "{asked}");
        let approval = &asked["_meta"]["juju-mcp/approval"];
        let text = |name: &str| approval[name].as_str().expect(name).to_owned();
        (text("id"), text("digest"))
    }

    /// Sends a request to the management API and returns status and body.
    pub async fn api(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::new(method, &format!("/api/v1/approvals{path}")).token(self.served.token(token));
        let request = match body {
            Value::Null => request,
            body => request.header("content-type", "application/json").body(body.to_string()),
        };
        let answer = request.send(self.served.address).await.expect("an answer");
        (answer.status, answer.json())
    }

    /// Decides over the management API and returns the status.
    pub async fn decide(&self, token: &str, verb: &str, id: &str, digest: &str) -> u16 {
        let body = json!({"digest": digest, "reason": "checked"});
        self.api(token, "POST", &format!("/{id}/{verb}"), &body).await.0
    }

    /// How often [`TOOL`] was executed.
    #[must_use]
    pub fn units_added(&self) -> u64 {
        self.simulator.writes().get("Application.AddUnits").copied().unwrap_or_default()
    }

    /// Adds a unit under a policy without approvals, which changes the target.
    pub async fn change_target(&self) {
        let permissive = Policy::without_rules().expect("the policy");
        self.served.dispatcher.policy.replace(permissive);
        let done = self.call("other admin", TOOL, &arguments(), &json!({})).await;
        assert_ne!(done["isError"], true, "{done}");
        self.served.dispatcher.policy.replace(policy_requiring_approval(Effect::Write, self.requires_second_approver));
    }

    /// Changes the store, bypassing the server.
    pub async fn execute_sql(&self, statement: &'static str) {
        let url = format!("sqlite://{}", self.folder.path().join(STORE_FILE).display());
        let mut connection = SqliteConnection::connect(&url).await.expect("the store");
        sqlx::raw_sql(statement).execute(&mut connection).await.expect(statement);
    }

    /// All closed entries of the ledger: the tool and the close record.
    pub async fn close_records(&self) -> Vec<(String, CloseRecord)> {
        let records = self.served.ledger_records().await;
        let mut tools = BTreeMap::new();
        let mut ended = Vec::new();
        for record in records {
            match record.phase {
                Phase::Open(opened) => drop(tools.insert(record.entry, opened.event.name().to_owned())),
                Phase::Close(ending) => ended.push((tools[&record.entry].clone(), ending)),
            }
        }
        ended
    }

    /// The outcome and the approval of the last closed entry.
    pub async fn last_close(&self) -> (Outcome, Option<String>) {
        let (_, ending) = self.close_records().await.pop().expect("an ending");
        (ending.outcome, ending.approval)
    }
}

/// Adds the elicitation capability of a client to the parameters.
#[must_use]
pub fn with_elicitation(mut params: Value) -> Value {
    params["_meta"] = json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}});
    params
}

async fn serve(
    simulator: &Simulator,
    folder: &Path,
    requires_second_approver: bool,
    terms: ApprovalSettings,
) -> TestServer {
    let policy = policy_requiring_approval(Effect::Write, requires_second_approver);
    TestServer::with(
        folder,
        ServerSetup { policy, approvals: terms, ..ServerSetup::with_simulator(simulator, folder).await },
    )
    .await
}
