//! The product's MCP server in this process, on loopback, with a token for each role.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use audit::{Ledger, Record};
use catalogue::Catalogue;
use dispatch::{ApprovalTerms, Approvals, Clock, Door, SecurityEvents};
use http_server::{RouterDeps, SecurityLog, Settings, metrics::Metrics};
use identity::{Authenticator, Token, oauth::Provider};
use juju_client::{ClientFiles, Controllers, Endpoint};
use juju_sim::Simulator;
use policy::{InForce, Policy};
use tokio_util::sync::CancellationToken;

use crate::{callers::People, long_timeouts};

/// File of the key for what clients carry between the halves of a question; without it there is a key of the journeys.
pub const SEAL_FILE: &str = "seal.key";
const SEAL: [u8; 32] = [5; 32];

/// A running server; it stops when this is dropped.
pub struct TestServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What counts its requests and calls.
    pub metrics: Arc<Metrics>,
    /// Answers MCP, for journeys that bring their own transport.
    pub server: mcp::Server,
    /// What stands behind it.
    pub dispatcher: Arc<Door>,
    tokens: BTreeMap<&'static str, Token>,
    authenticator: Arc<Authenticator>,
    /// Counts and records authentication failures.
    pub security_log: Arc<SecurityLog>,
    ledger: Ledger,
    stop: CancellationToken,
}

/// What a server is started with.
pub struct ServerSetup {
    /// Controllers behind it.
    pub controllers: Controllers,
    /// About HTTP.
    pub settings: Settings,
    /// What is allowed.
    pub policy: Policy,
    /// About questions to humans.
    pub approvals: ApprovalTerms,
    /// An identity provider whose access tokens are taken too.
    pub provider: Option<Provider>,
    /// Adjusts what answers MCP.
    pub adjust: Box<dyn FnOnce(mcp::Server) -> mcp::Server + Send>,
}

impl ServerSetup {
    /// These controllers, the shipped roles without rules, and no provider.
    ///
    /// # Panics
    /// Never: the policy is part of the program.
    #[must_use]
    pub fn with_controllers(controllers: Controllers) -> Self {
        Self {
            controllers,
            settings: Settings::default(),
            policy: Policy::without_rules().expect("the policy"),
            approvals: ApprovalTerms::default(),
            provider: None,
            adjust: Box::new(|server| server),
        }
    }

    /// The same for a simulated controller, which is reached by client files in `folder`.
    ///
    /// # Panics
    /// Where they cannot be written.
    #[must_use]
    pub fn with_simulator(simulator: &Simulator, folder: &Path) -> Self {
        let data = folder.join("juju-data");
        simulator.write_client_files(&data, "admin").expect("client files");
        Self::with_controllers(ClientFiles::new(&data, folder).controllers(long_timeouts()).expect("controllers"))
    }
}

impl TestServer {
    /// Starts a server for these controllers, with its state in `folder`.
    pub async fn start(folder: &Path, controllers: Vec<Endpoint>, settings: Settings) -> Self {
        Self::with(
            folder,
            ServerSetup {
                settings,
                ..ServerSetup::with_controllers(Controllers::new(controllers, None, long_timeouts()))
            },
        )
        .await
    }

    /// Starts a server. Tokens and keys are kept in the folder, so that the same server can be started there again.
    pub async fn with(folder: &Path, setup: ServerSetup) -> Self {
        let ServerSetup { controllers, settings, policy, approvals, provider, adjust } = setup;
        let ledger = crate::ledger::ledger(folder).await;
        let (people, tokens) = People::known(folder, provider);
        let authenticator = people.authenticator();
        let kept = std::fs::read(folder.join(SEAL_FILE)).ok().and_then(|key| key.try_into().ok());
        let catalogue = Catalogue::shipped();
        let toolsets = catalogue.toolsets().into_iter().map(str::to_owned).collect();
        let door = Arc::new(Door {
            catalogue,
            policy: InForce::new(policy, dispatch::recall(ledger.store()).await.expect("a store")),
            ledger: ledger.clone(),
            controllers,
            approvals,
            clock: Clock::default(),
        });
        let metrics = Arc::new(Metrics::default());
        let stop = CancellationToken::new();
        let server = mcp::Server::new(Arc::clone(&door), metrics.clone()).sealing_with(&kept.unwrap_or(SEAL));
        let server = adjust(server);
        let security_log = SecurityLog::new(Arc::clone(&metrics), Arc::clone(&door), settings.auth_failure_window);
        let security_log = Arc::new(security_log);
        let events: Arc<dyn SecurityEvents> = security_log.clone();
        let deps = RouterDeps {
            mcp: server.clone().http(settings.max_body_bytes, stop.child_token()),
            toolsets,
            authenticate: Arc::new(people),
            health: Arc::new(()),
            metrics: metrics.clone(),
            approvals: Some(Approvals::new(Arc::clone(&door))),
            console: Some(pages(page_settings(), &door, &authenticator, &events)),
            events,
        };
        let address = listening(settings, deps, stop.clone()).await;
        Self { address, metrics, server, dispatcher: door, tokens, authenticator, security_log, ledger, stop }
    }

    /// Another server for the same door and tokens, with only the approval page; gives where it listens.
    pub async fn console(&self, settings: console::Settings) -> SocketAddr {
        let events: Arc<dyn SecurityEvents> = self.security_log.clone();
        let deps = RouterDeps {
            mcp: self.server.clone().http(0, self.stop.child_token()),
            toolsets: Vec::new(),
            authenticate: self.authenticator.clone(),
            health: Arc::new(()),
            metrics: self.metrics.clone(),
            approvals: None,
            console: Some(pages(settings, &self.dispatcher, &self.authenticator, &events)),
            events,
        };
        listening(Settings::default(), deps, self.stop.clone()).await
    }

    /// The bearer token of a name, which is the role's for the first of each.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        self.tokens[role].reveal()
    }

    /// All that stands in the ledger.
    pub async fn ledger_records(&self) -> Vec<Record> {
        self.ledger.settle().await.expect("a ledger");
        Ledger::records(self.ledger.store(), 1, 10_000).await.expect("records")
    }

    /// Ends the server, as a signal would.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// The approval page's settings for people with static tokens.
#[must_use]
pub fn page_settings() -> console::Settings {
    let session = Duration::from_hours(1);
    console::Settings { public_url: "http://localhost".to_owned(), provider: None, tokens: true, session }
}

fn pages(
    settings: console::Settings,
    door: &Arc<Door>,
    authenticator: &Arc<Authenticator>,
    events: &Arc<dyn SecurityEvents>,
) -> axum::Router {
    let approvals = Approvals::new(Arc::clone(door));
    console::routes(settings, approvals, Arc::clone(authenticator), Arc::clone(events)).expect("randomness")
}

async fn listening(settings: Settings, deps: RouterDeps, stop: CancellationToken) -> SocketAddr {
    let router = http_server::router(&settings, deps).expect("a router");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { http_server::serve(listener, router, &settings, stop).await });
    address
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
