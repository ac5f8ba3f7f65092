//! `juju-mcp demo`: a simulated controller and an MCP server for it, with nothing else installed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use http_server::Settings;
use identity::{Authenticator, Token};
use juju_sim::{Change, Simulator};
use policy::BuiltinRules;
use tokio_util::sync::CancellationToken;

use super::{
    demo_text,
    serve::{Serving, Traces, address, listen},
    sim::{Scratch, Simulated},
};
use crate::{
    cli::Demo,
    config::{
        ApprovalsSection, CharmhubSection, Config, ConsoleSection, LedgerSection, LimitsSection, ObserverSection,
    },
    failure::Failure,
    policy_watcher::PolicyWatcher,
    ready_file::ReadyFile,
    secret_key::secret_key,
    state_dir::{SEAL, StateDir},
    wiring,
};

/// The estate of a demo: it starts with something to discover.
const DEFAULT_SCENARIO: &str = "outage";
/// What happens to `orders/0` in a demo, and what ends it.
const HOOK_FAILS: &str = r#"
- unit: {name: orders/0, workload: error, hook: database-relation-changed, message: 'hook failed: "database-relation-changed"'}
- log: {entity: orders/0, message: "database: connection to postgresql-0 timed out after 5 s"}
- log:
    entity: orders/0
    module: juju.worker.uniter.operation
    message: 'hook "database-relation-changed" (via hook dispatching script: dispatch) failed: exit status 1'
"#;
const HOOK_SUCCEEDS: &str = "[{unit: {name: orders/0, workload: active}}]";
/// How long the hook fails the first time; longer each time.
const FIRST_FAILURE_TIME: Duration = Duration::from_secs(1);
/// Time between two failures.
const FAILURE_INTERVAL: Duration = Duration::from_secs(20);
/// Address of the simulated controller.
const CONTROLLER_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(super) async fn run(arguments: Demo) -> Result<ExitCode, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!("a demo listens on loopback only, not on: {}", arguments.listen),
            "for access from other machines, use `juju-mcp serve` with your own tokens",
        ));
    }
    let stop = wiring::stop_signal();
    let stopping = stop.clone();
    let listener = listen(arguments.listen).await?;
    let scratch = Scratch::make()?;
    let simulated =
        Simulated::start(&arguments.scenario, DEFAULT_SCENARIO, CONTROLLER_ADDRESS, &scratch, &stop).await?;
    let controllers = wiring::controllers(&Config::default(), Some(&simulated.juju_data), None).await?;
    let state = StateDir::lock(&arguments.state_dir.clone().unwrap_or_else(|| scratch.state()))?;
    let mut ready = simulated.ready();
    let mut authenticator = Authenticator::default();
    let policy_watcher = PolicyWatcher::new(None, &arguments.policy, BuiltinRules::All);
    let policy = policy_watcher.read()?;
    for (role, _) in policy.roles().described() {
        let token = Token::generate().map_err(Failure::failed)?;
        // one owner per role, so that the demo also shows rules that require a second approver
        authenticator.add_owned_static_token(token.hash(), role, Some(&format!("{role} of the demo")));
        ready.tokens.insert(role.to_owned(), token.reveal().to_owned());
    }
    let own = address(&listener, false)?;
    let terms = ApprovalsSection::default().terms(&own, true);
    let console = ConsoleSection::default().settings(None, true, &own)?;
    let dispatcher = wiring::build_dispatcher(
        &state,
        controllers,
        policy,
        terms,
        &LedgerSection::default(),
        CharmhubSection::default().externals(),
        &ObserverSection { enabled: true, interval_seconds: Some(5), ..ObserverSection::default() },
    )
    .await?;
    let seal = secret_key(&state.directory, SEAL)?;
    let serving = Serving {
        dispatcher,
        receivers: Vec::new(),
        seal,
        authenticator,
        settings: Settings { local_pages: true, ..Settings::default() },
        limits: LimitsSection::none(),
        prompts: mcp::Prompts::default(),
        console: Some(console),
        listener,
        metrics_listener: None,
        policy_watcher,
        traces: Traces::default(),
        reload: None,
        stop,
    };
    let approver = approver_file(&state.directory, &ready)?;
    let scenario = arguments.scenario.scenario.as_deref().unwrap_or(DEFAULT_SCENARIO);
    if demo_text::is_of_shop(scenario) {
        tokio::spawn(degrade(Arc::clone(&simulated.simulator), stopping));
    }
    let mut published = None;
    let served = serving.serve(ready, arguments.ready_file.as_deref(), |ready| {
        published = ready.publish();
        print!("{}", demo_text::instructions(ready, &approver, scenario));
    });
    let ended = served.await;
    drop(published);
    ended
}

/// Makes the estate worse slowly: a hook of `orders/0` fails again and again, and each retry succeeds a little later than the one
/// before. No unit stays in error; only the observer notices.
async fn degrade(simulator: Arc<Simulator>, stop: CancellationToken) {
    let changes = |text: &str| serde_yaml::from_str::<Vec<Change>>(text).unwrap_or_default();
    let (fails, succeeds) = (changes(HOOK_FAILS), changes(HOOK_SUCCEEDS));
    let mut pause = FIRST_FAILURE_TIME;
    loop {
        for (step, time) in [(&fails, pause), (&succeeds, FAILURE_INTERVAL)] {
            // a change that has lost its target changes nothing
            if let Err(error) = simulator.change(step, chrono::Utc::now()) {
                tracing::debug!(%error, "the demo cannot make its estate worse");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(time) => {}
            }
        }
        pause += FIRST_FAILURE_TIME;
    }
}

/// Writes the approver's token to a file for `juju-mcp approvals` that only its owner can read. The program prints the path on
/// the terminal and never to an assistant, which could otherwise approve its own requests.
fn approver_file(state: &Path, ready: &ReadyFile) -> Result<PathBuf, Failure> {
    let file = state.join("approver.token");
    let token = ready.tokens.get("approver").map(String::as_str).unwrap_or_default();
    private_file::replace(&file, token.as_bytes()).map_err(|cause| Failure::file("write", &file, &cause))?;
    Ok(file)
}
