//! `juju-mcp sim`: a simulated Juju controller alone.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::PathBuf, process::ExitCode, sync::Arc};

use identity::Token;
use juju_sim::{AgentTiming, Settings, Simulator};
use private_file::PRIVATE_DIRECTORY_MODE;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Scenario, Sim},
    failure::Failure,
    ready_file::ReadyFile,
    wiring,
};

/// The user in the written client files.
const USER: &str = "admin";
/// The estate of `sim`.
const DEFAULT_SCENARIO: &str = "shop";

pub(super) async fn run(arguments: Sim) -> Result<ExitCode, Failure> {
    let stop = wiring::stop_signal();
    let directory = Scratch::make()?;
    let simulated =
        Simulated::start(&arguments.scenario, DEFAULT_SCENARIO, arguments.listen, &directory, &stop).await?;
    let ready = simulated.ready();
    if let Some(file) = &arguments.ready_file {
        ready.write(file)?;
    }
    let _published = ready.publish();
    let juju_data = directory.juju_data();
    println!("A simulated Juju controller listens on {}", simulated.simulator.address());
    println!("  JUJU_DATA={} juju status", juju_data.display());
    stop.cancelled().await;
    Ok(ExitCode::SUCCESS)
}

/// A directory that the process removes at its end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn make() -> Result<Self, Failure> {
        let name = Token::generate().map_err(Failure::failed)?.hash().fingerprint();
        let directory = std::env::temp_dir().join(format!("juju-mcp-{}-{name}", std::process::id()));
        let private = DirBuilder::new().mode(PRIVATE_DIRECTORY_MODE).create(&directory);
        private.map_err(|cause| Failure::file("make", &directory, &cause))?;
        Ok(Self(directory))
    }

    pub(super) fn juju_data(&self) -> PathBuf {
        self.0.join("juju-data")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.0.join("state")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, directory = %self.0.display(), "a temporary directory is left behind");
        }
    }
}

/// A simulated controller with its client files and the address that takes faults.
pub(super) struct Simulated {
    pub(super) simulator: Arc<Simulator>,
    pub(super) juju_data: PathBuf,
    control_url: String,
    control_token: Token,
}

impl Simulated {
    pub(super) async fn start(
        scenario: &Scenario,
        default_scenario: &str,
        listen: std::net::SocketAddr,
        scratch: &Scratch,
        stop: &CancellationToken,
    ) -> Result<Self, Failure> {
        let settings = Settings {
            scenario: scenario.scenario.clone().unwrap_or_else(|| default_scenario.to_owned()),
            units: scenario.units,
            listen,
            timing: AgentTiming::default(),
        };
        let simulator = Simulator::start(settings).await;
        let simulator = Arc::new(
            simulator.map_err(|error| Failure::usage(error, "`juju-mcp sim --help` names scenarios and flags"))?,
        );
        let juju_data = scratch.juju_data();
        simulator.write_client_files(&juju_data, USER).map_err(Failure::failed)?;
        let control_token = Token::generate().map_err(Failure::failed)?;
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.map_err(Failure::failed)?;
        let control_url = format!("http://{}/fault", listener.local_addr().map_err(Failure::failed)?);
        let (controlled, token, stop) = (Arc::clone(&simulator), control_token.clone(), stop.clone());
        tokio::spawn(async move {
            if let Err(error) = juju_sim::control(controlled, listener, token.reveal(), stop).await {
                tracing::error!(%error, "faults can no longer be injected");
            }
        });
        Ok(Self { simulator, juju_data, control_url, control_token })
    }

    /// The part of the ready file that is about the controller.
    pub(super) fn ready(&self) -> ReadyFile {
        ReadyFile {
            juju_data: Some(self.juju_data.clone()),
            control_url: Some(self.control_url.clone()),
            control_token: Some(self.control_token.reveal().to_owned()),
            pid: std::process::id(),
            ..ReadyFile::default()
        }
    }
}
