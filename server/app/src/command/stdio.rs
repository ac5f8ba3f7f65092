//! `juju-mcp stdio`: serves MCP over standard input and output, with the user's own client files.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use dispatch::ApprovalSettings;
use http_server::metrics::Metrics;
use identity::Caller;
use mcp::Endpoint;
use policy::BuiltinRules;

use crate::{
    cli::Stdio,
    config::{CharmhubSection, Config, LedgerSection, ObserverSection},
    failure::Failure,
    policy_watcher::PolicyWatcher,
    secret_key::secret_key,
    state_dir::{SEAL, StateDir},
    wiring,
};

/// How long calls in progress may take after the client has gone or a signal has arrived.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long writes without a client may take after that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn run(arguments: Stdio) -> Result<ExitCode, Failure> {
    let juju_data = arguments.juju_data_dir.clone().map_or_else(wiring::own_juju_data_dir, Ok)?;
    // without usable files the session starts too: a client shows the error of a call, but none of a program that ends
    let files = wiring::client_files(&juju_data).with_file_roots(arguments.file_root.clone());
    let controllers = files.controllers_when_readable(juju_client::Settings::default()).await.with_own_files(files);
    // several assistants of one user may each start one
    let state = match &arguments.state_dir {
        Some(state) => StateDir::lock(state)?,
        None => StateDir::lock_first_free(&juju_data.join("juju-mcp"))?,
    };
    // the variable is that of the client
    let charmhub = CharmhubSection { url: wiring::environment("CHARMHUB_URL"), ..CharmhubSection::default() };
    let config = Config { charmhub, ..Config::default() };
    let policy_watcher = PolicyWatcher::new(None, &arguments.policy, BuiltinRules::Relaxed);
    let dispatcher = wiring::build_dispatcher(
        &state,
        controllers,
        policy_watcher.read()?,
        ApprovalSettings::with_client_confirmation(),
        &LedgerSection::default(),
        wiring::with_juju_program(config.externals(wiring::environment)?),
        &ObserverSection::default(),
    )
    .await?;
    let seal = secret_key(&state.directory, SEAL)?;
    let endpoint = endpoint_of(&arguments);
    let known = dispatcher.catalogue.toolsets();
    if let Some(unknown) = arguments.toolsets.iter().find(|name| *name != "all" && !known.contains(&name.as_str())) {
        return Err(Failure::usage(
            format!("there is no toolset `{unknown}`"),
            format!("toolsets are: all, {}", known.join(", ")),
        ));
    }
    let caller = Caller::local(&wiring::user(), "admin");
    let (metrics, stop) = (Arc::new(Metrics::default()), wiring::stop_signal());
    tokio::spawn(policy_watcher.watch(Arc::clone(&dispatcher), Arc::clone(&metrics), None, stop.clone()));
    let server = mcp::Server::new(Arc::clone(&dispatcher), metrics);
    let server = server.with_state_key(&seal).local(caller, endpoint);
    let ended = mcp::serve_stdio(server, stop, DRAIN_TIMEOUT).await;
    wiring::close(&dispatcher, Instant::now() + CLOSE_TIMEOUT).await;
    ended.map_err(Failure::failed)?;
    Ok(ExitCode::SUCCESS)
}

fn endpoint_of(arguments: &Stdio) -> Endpoint {
    let endpoint = match arguments.toolsets.as_slice() {
        [] => Endpoint::curated(),
        names if names.iter().any(|name| name == "all") => Endpoint::full(),
        names => Endpoint::toolsets(names),
    };
    if arguments.read_only { endpoint.read_only() } else { endpoint }
}
