//! The simulated controller as a whole: starts, takes faults, and stops.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{
    agents::{self, AgentTiming},
    client_files,
    context::{ConnectionFaults, Context, WatcherCount},
    facade,
    fault::Fault,
    login_tokens::TrustedKeys,
    scenario,
    script::Change,
    server::{self, Served},
    state::{Estate, State},
    tls,
};

/// How long the simulated controller is away when it restarts.
const RESTART: Duration = Duration::from_secs(2);

/// What to simulate, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of a shipped scenario, or a YAML file.
    pub scenario: String,
    /// Units in the scenario `large`.
    pub units: Option<u32>,
    /// Where the API listens; loopback only.
    pub listen: SocketAddr,
    /// How quickly the agents work.
    pub timing: AgentTiming,
}

/// A user with the password, for client files.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// A running simulated controller. It ends when it is dropped.
pub struct Simulator {
    served: Served,
    tls: TlsAcceptor,
    serving: Mutex<(CancellationToken, JoinHandle<()>)>,
    agents: CancellationToken,
}

impl Simulator {
    /// Starts a simulated controller, and returns when it listens.
    ///
    /// # Errors
    /// [`Error`] where the scenario cannot be read or the address not be had.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        if !settings.listen.ip().is_loopback() {
            return Err(Error::NotLoopback(settings.listen));
        }
        let state = scenario::load(&settings.scenario, settings.units)?;
        let listener = listen(settings.listen).await?;
        let address = listener.local_addr().map_err(|cause| Error::Listen { address: settings.listen, cause })?;
        let identity = tls::identity().map_err(Error::Certificate)?;
        let estate = Arc::new(Estate::new(state));
        let agents = CancellationToken::new();
        tokio::spawn(agents::run(Arc::clone(&estate), settings.timing, agents.clone()));
        let context = Context {
            estate,
            address,
            ca_certificate: identity.ca_certificate,
            faults: ConnectionFaults::default(),
            watchers: WatcherCount::default(),
            login_token_keys: TrustedKeys::default(),
        };
        let served = Served { context: Arc::new(context), methods: Arc::new(facade::methods()) };
        let tls = TlsAcceptor::from(identity.server);
        let serving = Mutex::new(spawn(listener, &tls, &served));
        Ok(Self { served, tls, serving, agents })
    }

    /// Where the API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.served.context.address
    }

    /// Certificate of the controller's authority, PEM.
    #[must_use]
    pub fn ca_certificate(&self) -> &str {
        &self.served.context.ca_certificate
    }

    /// Name of the controller.
    #[must_use]
    pub fn name(&self) -> String {
        self.read(|state| state.controller.name.clone())
    }

    /// UUID of the controller.
    #[must_use]
    pub fn uuid(&self) -> String {
        self.read(|state| state.controller.uuid.clone())
    }

    /// Its users.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let account = |(name, user): (&String, &crate::state::User)| Account {
            user: name.clone(),
            password: user.password.clone(),
        };
        self.read(|state| state.users.iter().map(account).collect())
    }

    /// Makes `directory` a `JUJU_DATA` with which the real client reaches this controller as `user`.
    ///
    /// # Errors
    /// [`Error::ClientFiles`].
    pub fn write_client_files(&self, directory: &Path, user: &str) -> Result<(), Error> {
        let written =
            self.read(|state| client_files::write(directory, state, user, self.address(), self.ca_certificate()));
        written.map_err(|cause| Error::ClientFiles { directory: directory.display().to_string(), cause })
    }

    /// How often each method that may change something was called, as `Application.AddUnits`. What only reads is not in it.
    #[must_use]
    pub fn writes(&self) -> BTreeMap<String, u64> {
        self.served.methods.writes()
    }

    /// Takes the last requests of methods that may change something, oldest first, at most 256: facade, version, method and
    /// parameters.
    #[must_use]
    pub fn take_recorded_writes(&self) -> Vec<Value> {
        self.served.methods.take_recorded()
    }

    /// How many watchers the connections hold now, and how many were ever started.
    #[must_use]
    pub fn watchers(&self) -> (u64, u64) {
        let count = &self.served.context.watchers;
        (count.open.load(Ordering::Relaxed), count.started.load(Ordering::Relaxed))
    }

    /// Trusts these keys, a JSON Web Key Set, to sign login tokens.
    ///
    /// # Errors
    /// [`Error::LoginTokenKeys`] where it is none.
    pub fn trust_login_tokens(&self, keys: &serde_json::Value) -> Result<(), Error> {
        self.served.context.login_token_keys.set(keys).map_err(|cause| Error::LoginTokenKeys(cause.to_string()))
    }

    /// How often each method was called, as `Client.FullStatus`, reads included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.served.methods.calls()
    }

    /// Makes changes of a script at once, as if they had happened at `time`.
    ///
    /// # Errors
    /// [`Error::Fault`] where one has no target.
    pub fn change(&self, changes: &[Change], time: DateTime<Utc>) -> Result<(), Error> {
        let made =
            self.served.context.estate.write(|state| changes.iter().try_for_each(|change| change.make(state, time)));
        made.map_err(Error::Fault)
    }

    /// Injects a fault.
    ///
    /// # Errors
    /// [`Error::Fault`] where it has no target.
    pub async fn inject(&self, fault: Fault) -> Result<(), Error> {
        match fault {
            Fault::DropConnections => self.served.context.faults.drop_connections(),
            Fault::Delay(delay) => self.served.context.faults.set_delay(delay),
            Fault::RestartController => self.restart().await?,
            Fault::Clear => {
                self.served.context.faults.set_delay(Duration::ZERO);
                self.apply(&Fault::Clear)?;
            }
            other => self.apply(&other)?,
        }
        Ok(())
    }

    fn apply(&self, fault: &Fault) -> Result<(), Error> {
        self.served.context.estate.write(|state| fault.inject(state)).map_err(Error::Fault)
    }

    /// Ends all connections, is away for a while, and listens at the same address again.
    async fn restart(&self) -> Result<(), Error> {
        let (stop, old) = {
            let mut serving = self.serving.lock();
            std::mem::replace(&mut *serving, (CancellationToken::new(), tokio::spawn(async {})))
        };
        stop.cancel();
        self.served.context.faults.drop_connections();
        // a cancelled task has no result
        let _ = old.await;
        tokio::time::sleep(RESTART).await;
        let listener = listen(self.address()).await?;
        *self.serving.lock() = spawn(listener, &self.tls, &self.served);
        Ok(())
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.served.context.estate.read(read)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.agents.cancel();
        self.served.context.faults.drop_connections();
        self.serving.lock().0.cancel();
    }
}

fn spawn(listener: TcpListener, tls: &TlsAcceptor, served: &Served) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server::serve(listener, tls.clone(), served.clone(), stop.clone()));
    (stop, serving)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|cause| Error::Listen { address, cause })
}

/// Why the simulated controller does not run, or why a request to it failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others could reach it, and its passwords are no secret.
    #[error("a simulated controller listens on loopback only, not on: {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] scenario::ScenarioError),
    /// No certificate can be made.
    #[error("no certificate can be made: {0}")]
    Certificate(String),
    /// The client files cannot be written.
    #[error("cannot write client files into `{directory}`: {cause}")]
    ClientFiles {
        /// Where.
        directory: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The keys of login tokens are no key set.
    #[error("the keys of login tokens are no JSON Web Key Set: {0}")]
    LoginTokenKeys(String),
    /// The fault has no target.
    #[error("the fault cannot be injected: {0}")]
    Fault(String),
}
