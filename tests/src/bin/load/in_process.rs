//! The cost of identity, policy and ledger for one call: a cached token, and a tool that needs no controller.

use std::time::{Duration, Instant};

use catalogue::Catalogue;
use dispatch::{ApprovalSettings, Call, Clock, Dispatcher, execute};
use identity::{
    Authenticator, Presented,
    oauth::{Provider, Settings},
};
use juju_client::Controllers;
use policy::{ActivePolicy, Budget, Policy, RoleBinding, Subject};
use tests::provider::{SigningKey, TestProvider, good_claims, web_client};

use crate::figures::Figures;

const AUDIENCE: &str = "http://127.0.0.1:8080/mcp";
/// A tool that needs no controller.
const TOOL: &str = "juju_controllers";

/// Repeats a call in this process with the same token.
pub(crate) async fn run(length: Duration) -> Result<Figures, Box<dyn std::error::Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let key = SigningKey::rsa("k1");
    let provider = TestProvider::start(&[&key]).await;
    let settings = Settings::new(provider.issuer.clone(), vec![AUDIENCE.to_owned()]);
    let mut authenticator = Authenticator::default();
    authenticator.set_provider(Provider::new(settings, web_client()));
    let binding =
        RoleBinding { role: "viewer".to_owned(), subjects: vec![Subject::Group("ops".to_owned())], issuer: None };
    let dispatcher = Dispatcher {
        catalogue: Catalogue::builtin(),
        policy: ActivePolicy::new(Policy::builtin()?.with_role_bindings(vec![binding])?, Budget::default()),
        ledger: tests::ledger::ledger(folder.path()).await,
        estates: dispatch::estates_of(&Controllers::new(Vec::new(), None, juju_client::Settings::default())),
        logs: dispatch::logs_of(&Controllers::new(Vec::new(), None, juju_client::Settings::default())),
        observer: None,
        planner: None,
        controllers: Controllers::new(Vec::new(), None, juju_client::Settings::default()),
        approvals: ApprovalSettings::default(),
        option_mask: policy::OptionMask::new(&[9; 32]),
        clock: Clock::default(),
        writes: dispatch::WritesInProgress::default(),
    };
    let header = format!("Bearer {}", key.sign(&good_claims(&provider.issuer, AUDIENCE)));
    let mut figures = Figures::default();
    let start = Instant::now();
    while start.elapsed() < length {
        let sent = Instant::now();
        let caller = authenticator.authenticate(Presented::Header(&header), None).await?;
        let reply = execute(&dispatcher, &caller, Call::new(TOOL, serde_json::Map::new())).await?;
        figures.count(sent.elapsed(), &serde_json::json!({ "result": reply.text }).to_string());
    }
    dispatcher.ledger.flush().await?;
    Ok(figures.with_duration(start.elapsed()))
}
