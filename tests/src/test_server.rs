//! The MCP server of the product in this process, on loopback, with a token for each role.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use audit::{Ledger, Record};
use catalogue::Catalogue;
use dispatch::{ApprovalSettings, Approvals, Clock, Dispatcher, SecurityEvents};
use http_server::{LiveEvents, RouterDeps, SecurityLog, Settings, metrics::Metrics};
use identity::{Authenticator, Token, oauth::Provider};
use juju_client::{ClientFiles, ControllerEndpoint, Controllers};
use juju_sim::Simulator;
use observer::{Observer, ObserverSettings};
use policy::{ActivePolicy, Policy};
use tokio_util::sync::CancellationToken;

use crate::{callers::TestCallers, long_timeouts};

/// File of the key for request states; default: a fixed key.
pub const STATE_KEY_FILE: &str = "request-state.key";
const STATE_KEY: [u8; 32] = [5; 32];

/// A running server; dropping it stops the server.
pub struct TestServer {
    /// Its address.
    pub address: SocketAddr,
    /// The paths of its routes.
    pub routes: BTreeSet<String>,
    /// Its metrics.
    pub metrics: Arc<Metrics>,
    /// The MCP server, for tests with a transport of their own.
    pub server: mcp::Server,
    /// Its dispatcher.
    pub dispatcher: Arc<Dispatcher>,
    tokens: BTreeMap<&'static str, Token>,
    authenticator: Arc<Authenticator>,
    /// Counts and records authentication failures.
    pub security_log: Arc<SecurityLog>,
    ledger: Ledger,
    stop: CancellationToken,
}

/// The parts and settings of a server.
pub struct ServerSetup {
    /// Its controllers.
    pub controllers: Controllers,
    /// HTTP settings.
    pub settings: Settings,
    /// Its tools.
    pub catalogue: Catalogue,
    /// Its policy.
    pub policy: Policy,
    /// Approval settings.
    pub approvals: ApprovalSettings,
    /// An identity provider; its access tokens are accepted too.
    pub provider: Option<Provider>,
    /// Settings of the observer; it looks when the test lets it. Default: no observer.
    pub observer: Option<ObserverSettings>,
    /// A change of the MCP server.
    pub adjust: Box<dyn FnOnce(mcp::Server) -> mcp::Server + Send>,
}

impl ServerSetup {
    /// A server for these controllers with the built-in roles, no rules and no provider.
    ///
    /// # Panics
    /// Never: the policy is constant.
    #[must_use]
    pub fn with_controllers(controllers: Controllers) -> Self {
        Self {
            controllers,
            settings: Settings::default(),
            catalogue: Catalogue::builtin(),
            policy: Policy::without_rules().expect("the policy"),
            approvals: ApprovalSettings::default(),
            provider: None,
            observer: None,
            adjust: Box::new(|server| server),
        }
    }

    /// A server for a simulated controller, with client files in `folder`.
    ///
    /// # Panics
    /// If the files cannot be written.
    pub async fn with_simulator(simulator: &Simulator, folder: &Path) -> Self {
        let data = folder.join("juju-data");
        simulator.write_client_files(&data, "admin").expect("client files");
        let controllers = ClientFiles::new(&data, folder).controllers(long_timeouts()).await.expect("controllers");
        Self::with_controllers(controllers)
    }
}

impl TestServer {
    /// Starts a server for these controllers, with its state in `folder`.
    pub async fn start(folder: &Path, controllers: Vec<ControllerEndpoint>, settings: Settings) -> Self {
        Self::with(
            folder,
            ServerSetup {
                settings,
                ..ServerSetup::with_controllers(Controllers::new(controllers, None, long_timeouts()))
            },
        )
        .await
    }

    /// Starts a server. Tokens and keys are stored in the folder, so that a server can be restarted there.
    pub async fn with(folder: &Path, setup: ServerSetup) -> Self {
        let ServerSetup { controllers, settings, catalogue, policy, approvals, provider, observer, adjust } = setup;
        let ledger = crate::ledger::ledger(folder).await;
        let (people, tokens) = TestCallers::new(folder, provider);
        let authenticator = people.authenticator();
        let stored_key = std::fs::read(folder.join(STATE_KEY_FILE)).ok().and_then(|key| key.try_into().ok());
        let toolsets = catalogue.toolsets().into_iter().map(str::to_owned).collect();
        let estates = dispatch::estates_of(&controllers);
        let (mut opened_observer, mut planner) = (None, None);
        if let Some(settings) = observer {
            let store = Some(ledger.store().clone());
            let opened = Observer::open(estates.for_role(None), store.clone(), settings, chrono::Utc::now()).await;
            let plans = maintenance::Planner::open(store, maintenance::MaintenanceSettings::default()).await;
            planner = Some(Arc::new(plans.expect("a planner")));
            opened_observer = Some(Arc::new(opened.expect("an observer")));
        }
        let dispatcher = Arc::new(Dispatcher {
            catalogue,
            policy: ActivePolicy::new(policy, dispatch::restore_budget(ledger.store()).await.expect("a store")),
            ledger: ledger.clone(),
            logs: dispatch::logs_of(&controllers),
            observer: opened_observer,
            planner,
            estates,
            controllers,
            approvals,
            option_mask: policy::OptionMask::new(&[9; 32]),
            clock: Clock::default(),
            writes: dispatch::WritesInProgress::default(),
        });
        let metrics = Arc::new(Metrics::default());
        let stop = CancellationToken::new();
        let server =
            mcp::Server::new(Arc::clone(&dispatcher), metrics.clone()).with_state_key(&stored_key.unwrap_or(STATE_KEY));
        let server = adjust(server);
        let security_log =
            SecurityLog::new(Arc::clone(&metrics), Arc::clone(&dispatcher), settings.auth_failure_window);
        let security_log = Arc::new(security_log);
        let events: Arc<dyn SecurityEvents> = security_log.clone();
        let deps = RouterDeps {
            mcp: server.clone().http(settings.max_body_bytes, stop.child_token(), settings.drain_timeout),
            toolsets,
            authenticate: Arc::new(people),
            health: Arc::new(()),
            metrics: metrics.clone(),
            approvals: Some(Approvals::new(Arc::clone(&dispatcher))),
            live: Some(LiveEvents { dispatcher: Arc::clone(&dispatcher), stop: stop.child_token() }),
            console: Some(console_routes(page_settings(), &dispatcher, &authenticator, &events)),
            events,
        };
        let (address, routes) = listen(settings, deps, stop.clone()).await;
        Self { address, routes, metrics, server, dispatcher, tokens, authenticator, security_log, ledger, stop }
    }

    /// Starts a second server for the same dispatcher and tokens, with only the approval page; returns its address.
    pub async fn console(&self, settings: console::Settings) -> SocketAddr {
        let events: Arc<dyn SecurityEvents> = self.security_log.clone();
        let deps = RouterDeps {
            mcp: self.server.clone().http(0, self.stop.child_token(), Duration::ZERO),
            toolsets: Vec::new(),
            authenticate: self.authenticator.clone(),
            health: Arc::new(()),
            metrics: self.metrics.clone(),
            approvals: None,
            live: None,
            console: Some(console_routes(settings, &self.dispatcher, &self.authenticator, &events)),
            events,
        };
        listen(Settings::default(), deps, self.stop.clone()).await.0
    }

    /// The bearer token of a caller; for the first caller of a role, the name is the role.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        self.tokens[role].reveal()
    }

    /// All records of the ledger.
    pub async fn ledger_records(&self) -> Vec<Record> {
        self.ledger.flush().await.expect("a ledger");
        Ledger::records(self.ledger.store(), 1, 10_000).await.expect("records")
    }

    /// Stops the server, as a signal does.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// Settings of the approval page for callers with static tokens.
#[must_use]
pub fn page_settings() -> console::Settings {
    let session = Duration::from_hours(1);
    console::Settings { public_url: "http://localhost".to_owned(), provider: None, tokens: true, session }
}

fn console_routes(
    settings: console::Settings,
    dispatcher: &Arc<Dispatcher>,
    authenticator: &Arc<Authenticator>,
    events: &Arc<dyn SecurityEvents>,
) -> axum::Router {
    let approvals = Approvals::new(Arc::clone(dispatcher));
    console::routes(settings, approvals, Arc::clone(authenticator), Arc::clone(events)).expect("randomness")
}

/// Serves on a free port; returns its address and the paths of all routes.
async fn listen(settings: Settings, deps: RouterDeps, stop: CancellationToken) -> (SocketAddr, BTreeSet<String>) {
    let router = http_server::router(&settings, deps);
    let paths = route_paths(&format!("{router:?}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { http_server::serve(listener, router, &settings, stop).await });
    (address, paths)
}

/// The paths in the debug output of a router, which has them as `RouteId(3): "/mcp"`; axum has no other list.
fn route_paths(router: &str) -> BTreeSet<String> {
    let ids = router.split("RouteId(").skip(1);
    let paths =
        ids.filter_map(|rest| rest.split_once("): \"").filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_digit())));
    let paths = paths.filter_map(|(_, rest)| rest.split_once('"')).map(|(path, _)| path);
    // axum implements the fallback as routes of its own
    paths.filter(|path| *path != "/" && !path.contains("__private__")).map(str::to_owned).collect()
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
