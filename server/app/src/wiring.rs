//! Builds the services from the configuration: dispatcher, ledger, controllers, health checks.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use audit::{Ledger, LedgerConfig, Retention, Signer};
use catalogue::Catalogue;
use dispatch::{ApprovalSettings, Clock, Dispatcher};
use futures::future::{BoxFuture, FutureExt, join_all};
use http_server::health::{Check, Health};
use juju_client::{ClientFiles, ControllerEndpoint, Controllers};
use policy::{ActivePolicy, Policy};
use store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    failure::Failure,
    secret_key::secret_key,
    state_dir::{CHECKPOINT_FILE, LEDGER_KEY, STORE, StateDir},
};

/// Opens the ledger in `state` and builds the dispatcher of all tools and these controllers.
pub(crate) async fn build_dispatcher(
    state: &StateDir,
    controllers: Controllers,
    policy: Policy,
    approvals: ApprovalSettings,
    keep: Retention,
) -> Result<Arc<Dispatcher>, Failure> {
    let store = Store::open(&state.directory.join(STORE)).await.map_err(|error| {
        let remedy = error.remedy();
        Failure::usage(error, remedy)
    })?;
    let budget = dispatch::restore_budget(&store).await?;
    let signer = Signer::new(&secret_key(&state.directory, LEDGER_KEY)?);
    let ledger = Ledger::open(
        store,
        LedgerConfig { signer, checkpoint_file: state.directory.join(CHECKPOINT_FILE), retention: keep },
    )
    .await?;
    let policy = ActivePolicy::new(policy, budget);
    Ok(Arc::new(Dispatcher {
        catalogue: Catalogue::builtin(),
        policy,
        ledger,
        controllers,
        approvals,
        clock: Clock::default(),
    }))
}

/// Health checks of the ledger, the policy and each controller.
pub(crate) struct HealthChecks(pub(crate) Arc<Dispatcher>);

impl Health for HealthChecks {
    fn checks(&self) -> BoxFuture<'_, Vec<Check>> {
        let controllers = self.0.controllers.names().into_iter().map(|name| self.controller(name));
        async move {
            let (ledger, controllers) = futures::join!(self.ledger(), join_all(controllers));
            [ledger, self.policy()].into_iter().chain(controllers).collect()
        }
        .boxed()
    }
}

impl HealthChecks {
    async fn ledger(&self) -> Check {
        let started = Instant::now();
        let problem = match self.0.ledger.last_error() {
            Some(error) => Some(error.to_string()),
            None => self.0.ledger.store().last_ledger_row().await.err().map(|error| error.to_string()),
        };
        check("ledger".to_owned(), started, problem)
    }

    /// An invalid policy file leaves the previous policy active: reported, but not unhealthy.
    fn policy(&self) -> Check {
        let detail = self.0.policy.stale().map(|why| format!("an older policy is active: {why}"));
        Check { name: "policy".to_owned(), healthy: true, detail, latency_ms: 0 }
    }

    async fn controller(&self, name: String) -> Check {
        let started = Instant::now();
        let answer = match self.0.controllers.controller(Some(&name)) {
            Ok(controller) => controller.connection().await.map(drop),
            Err(error) => Err(error),
        };
        let problem = answer.err().map(|error| match error.remedy() {
            Some(remedy) => format!("{error}; {remedy}"),
            None => error.to_string(),
        });
        check(format!("controller {name}"), started, problem)
    }
}

fn check(name: String, started: Instant, detail: Option<String>) -> Check {
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Check { name, healthy: detail.is_none(), detail, latency_ms }
}

/// Controllers from the client files if given, else from the configuration, else from the environment.
pub(crate) fn controllers(config: &Config, juju_data: Option<&Path>) -> Result<Controllers, Failure> {
    let settings = juju_client::Settings::default();
    if let Some(directory) = juju_data {
        let files = client_files(directory);
        let remedy = "give the directory of a Juju client that is logged in, with `--juju-data-dir DIR`";
        return files.controllers(settings).map_err(|error| Failure::usage(error, remedy));
    }
    let mut endpoints = config.endpoints()?;
    if endpoints.is_empty() {
        endpoints.extend(ControllerEndpoint::from_environment(environment));
    }
    if endpoints.is_empty() {
        return Err(Failure::usage(
            "no controller is configured",
            "give `--juju-data-dir DIR`, `controllers` in the configuration, or JUJU_CONTROLLER_ADDRESSES with JUJU_USERNAME, JUJU_PASSWORD and JUJU_CA_CERT",
        ));
    }
    let joined = |endpoints| Controllers::new(endpoints, config.default_controller.clone(), settings.clone());
    let by_role = config.endpoints_by_role()?.into_iter().map(|(role, endpoints)| (role, joined(endpoints)));
    Ok(joined(endpoints).with_role_credentials(by_role.collect()))
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

/// Waits until the ledger is stored and signed, and closes the store.
pub(crate) async fn close(dispatcher: &Dispatcher) {
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
