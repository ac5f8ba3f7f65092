//! Builds the services from the configuration: dispatcher, ledger, controllers.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use audit::{LatestCheckpoint, Ledger, LedgerConfig, Signer};
use catalogue::{Catalogue, Externals, JujuProgram};
use dispatch::{ApprovalSettings, Clock, Dispatcher};
use futures::FutureExt;
use juju_client::{ClientFiles, ControllerEndpoint, Controllers, ControllersReader, KnownControllers, LoginTokens};
use maintenance::Planner;
use observer::Observer;
use policy::{ActivePolicy, OptionMask, Policy};
use store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, LedgerSection, ObserverSection},
    failure::Failure,
    secret_key::{existing_key, secret_key},
    state_dir::{CHECKPOINT_FILE, LEDGER_KEY, SEAL, STORE, StateDir},
};

/// Opens the ledger in `state` and builds the dispatcher of all tools and these controllers.
pub(crate) async fn build_dispatcher(
    state: &StateDir,
    controllers: Controllers,
    policy: Policy,
    approvals: ApprovalSettings,
    ledger: &LedgerSection,
    externals: Externals,
    observer: &ObserverSection,
) -> Result<Arc<Dispatcher>, Failure> {
    let store = Store::open(&state.directory.join(STORE)).await.map_err(|error| {
        let remedy = error.remedy();
        Failure::usage(error, remedy)
    })?;
    store.remove_expired_keys(chrono::Utc::now().timestamp_micros()).await?;
    let budget = dispatch::restore_budget(&store).await?;
    let estates = dispatch::estates_of(&controllers);
    // it observes with the common credential
    let (observer, planner) = if observer.enabled {
        let (estate, now) = (estates.for_role(None), chrono::Utc::now());
        let opened = Observer::open(estate, Some(store.clone()), observer.settings(), now).await?;
        opened.report_other_writes();
        let planner = Planner::open(Some(store.clone()), observer.maintenance()).await?;
        (Some(Arc::new(opened)), Some(Arc::new(planner)))
    } else {
        (None, None)
    };
    let logs = dispatch::logs_of(&controllers);
    let ledger = open_ledger(state, store, ledger).await?;
    dispatch::complete_keys(&ledger).await?;
    let policy = ActivePolicy::new(policy, budget);
    Ok(Arc::new(Dispatcher {
        catalogue: Catalogue::builtin().with_externals(externals),
        policy,
        ledger,
        estates,
        logs,
        observer,
        planner,
        controllers,
        approvals,
        option_mask: OptionMask::new(&secret_key(&state.directory, SEAL)?),
        clock: Clock::default(),
        writes: dispatch::WritesInProgress::default(),
    }))
}

async fn open_ledger(state: &StateDir, store: Store, section: &LedgerSection) -> Result<Ledger, Failure> {
    let signer = Signer::new(&ledger_key(&state.directory, &store).await?);
    check_sink_files(&store, section).await?;
    let known_outcomes = dispatch::outcomes_of_open_entries(&store).await?;
    let config = LedgerConfig {
        signer,
        checkpoint_file: state.directory.join(CHECKPOINT_FILE),
        retention: section.retention(),
        sinks: section.sinks()?,
        known_outcomes,
    };
    Ok(Ledger::open(store, config).await?)
}

/// The key of the ledger; generated for an empty ledger only, because another key beside an existing one would hide a change.
pub(crate) async fn ledger_key(directory: &Path, store: &Store) -> Result<[u8; 32], Failure> {
    match existing_key(directory, LEDGER_KEY)? {
        Some(key) => Ok(key),
        None if store.last_ledger_row().await?.is_none() => secret_key(directory, LEDGER_KEY),
        None => Err(Failure::usage(
            format!(
                "the key `{}` is missing, and the ledger beside it is signed with it",
                directory.join(LEDGER_KEY).display()
            ),
            "restore the key from a backup; without it, keep a copy of the state directory and start with an empty one",
        )),
    }
}

/// Checks that the ledger contains the last checkpoint of each sink that is a file: it reveals that the ledger was cut together with
/// its state directory. A file that cannot be read is no reason not to start.
async fn check_sink_files(store: &Store, section: &LedgerSection) -> Result<(), Failure> {
    for file in section.sink_files() {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                tracing::error!(%error, file = %file.display(), "cannot read the checkpoints in a sink");
                continue;
            }
        };
        let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let Some(last) = complete.lines().last().and_then(|line| LatestCheckpoint::parse(line, None)) else { continue };
        audit::verify_checkpoints(store, std::slice::from_ref(&last)).await.map_err(|error| {
            Failure::usage(
                format!("the ledger lacks a checkpoint that the sink `{}` has: {error}", file.display()),
                "if the ledger was cut or replaced, keep a copy of the state directory; if you have started with an empty state directory, move the file of the sink away",
            )
        })?;
    }
    Ok(())
}

/// Controllers from the client files if given, else from the configuration, else from the environment. Those from files are read again
/// where trust or log-in fails. `login_tokens` sign for callers that log in as themselves.
pub(crate) async fn controllers(
    config: &Config,
    juju_data: Option<&Path>,
    login_tokens: Option<LoginTokens>,
) -> Result<Controllers, Failure> {
    let settings = juju_client::Settings { login_tokens, ..juju_client::Settings::default() };
    if let Some(directory) = juju_data {
        let files = client_files(directory);
        return files.controllers(settings).await.map_err(|error| {
            let remedy = format!("{}, or give another directory with `--juju-data-dir DIR`", error.remedy());
            Failure::usage(error, remedy)
        });
    }
    let mut endpoints = config.endpoints()?;
    if endpoints.is_empty() {
        endpoints.extend(ControllerEndpoint::from_environment(environment));
        if endpoints.is_empty() {
            return Err(Failure::usage(
                "no controller is configured",
                "give `--juju-data-dir DIR`, `controllers` in the configuration, or JUJU_CONTROLLER_ADDRESSES with JUJU_USERNAME, JUJU_PASSWORD and JUJU_CA_CERT",
            ));
        }
        return Ok(Controllers::new(endpoints, config.default_controller.clone(), settings));
    }
    let build = |endpoints, read: fn(&Config, &str) -> Result<Vec<ControllerEndpoint>, Failure>, role: &str| {
        let (config, role) = (config.clone(), role.to_owned());
        let default = config.default_controller.clone();
        let reader = ControllersReader::new(move || {
            let known =
                read(&config, &role).map_err(|failure| unreadable(&failure)).map(|endpoints| KnownControllers {
                    endpoints,
                    default: config.default_controller.clone(),
                    ..KnownControllers::default()
                });
            std::future::ready(known).boxed()
        });
        Controllers::new(endpoints, default, settings.clone()).with_reader(reader)
    };
    let own = build(endpoints, |config, _| config.endpoints(), "");
    let of_role = |config: &Config, role: &str| Ok(config.endpoints_by_role()?.remove(role).unwrap_or_default());
    let by_role = config.endpoints_by_role()?.into_iter().map(|(role, endpoints)| {
        let controllers = build(endpoints, of_role, &role);
        (role, controllers)
    });
    Ok(own.with_role_credentials(by_role.collect()))
}

fn unreadable(failure: &Failure) -> juju_client::Error {
    let remedy = failure.remedy().unwrap_or_default().to_owned();
    juju_client::Error::NoControllers { problem: failure.to_string(), remedy }
}

/// The files of the Juju client in a directory, with the client's lock.
pub(crate) fn client_files(directory: &Path) -> ClientFiles {
    ClientFiles::new(directory, std::env::temp_dir())
}

/// The directory of the user's own Juju client.
pub(crate) fn own_juju_data_dir() -> Result<PathBuf, Failure> {
    let find = |name| environment(name).map(PathBuf::from);
    ClientFiles::default_directory(find("JUJU_DATA"), find("XDG_DATA_HOME"), find("HOME")).ok_or_else(|| {
        Failure::usage("the directory of the Juju client is unknown", "give the directory with `--juju-data-dir DIR`")
    })
}

/// Name of the local user, for the ledger.
pub(crate) fn user() -> String {
    environment("USER").or_else(|| environment("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}

/// Variables that the program of the Juju client gets.
const PROGRAM_VARIABLES: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "KUBECONFIG",
    "CHARMHUB_URL",
];

/// The same with the program `juju` of the search path, if there is one.
pub(crate) fn with_juju_program(externals: Externals) -> Externals {
    let search = environment("PATH").unwrap_or_default();
    let found = std::env::split_paths(&search).map(|folder| folder.join("juju")).find(|file| file.is_file());
    let Some(path) = found else { return externals };
    let variables = PROGRAM_VARIABLES.into_iter().filter_map(|name| Some((name.to_owned(), environment(name)?)));
    externals.with_program(JujuProgram::new(path, variables.collect()))
}

/// A variable of the environment; `None` if it is empty.
#[expect(clippy::disallowed_methods, reason = "only this crate reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A token that is cancelled when the process receives SIGINT or SIGTERM.
pub(crate) fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => terminate.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate => {}
        }
        signalled.cancel();
    });
    stop
}

/// Waits for writes in progress until `deadline`, then until the ledger is stored and signed, and closes the store.
pub(crate) async fn close(dispatcher: &Dispatcher, deadline: Instant) {
    let cut_off = dispatcher.writes.finish(deadline.saturating_duration_since(Instant::now())).await;
    if cut_off > 0 {
        tracing::warn!(cut_off, "writes had not ended when the server stopped; the ledger has them as unknown");
    }
    if let Err(error) = dispatcher.ledger.shutdown().await {
        tracing::error!(%error, "the last records of the ledger may be lost");
    }
    dispatcher.ledger.store().close().await;
}

/// The program as a user of a shell can call it: its name if the shell found it, else its path.
pub(crate) fn program() -> String {
    let found_by_name = std::env::args_os().next().is_some_and(|name| !name.to_string_lossy().contains('/'));
    let path = std::env::current_exe().ok().filter(|_| !found_by_name);
    path.map_or_else(|| "juju-mcp".to_owned(), |path| path.display().to_string())
}
