//! A real Juju 3.6 API server for one test, started within a second and stopped with the test (`tests/real/controller/README.md`).

use std::{path::PathBuf, process::Stdio};

use juju_client::{ControllerEndpoint, Controllers, Credential};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, Command},
};

use crate::eventually::{TEST_TIMEOUT, long_timeouts};

/// The variable with the folder of `realcontroller`, `mongod` and `juju`; `build.rs` reads it too.
const FOLDER: &str = "JUJU_MCP_TEST_CONTROLLER";

/// A running API server; dropping it stops the server.
#[derive(Debug)]
pub struct RealController {
    /// The line that it printed when it was ready.
    pub ready: Ready,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStderr>>,
    _process: Child,
}

/// The data that the server prints when it is ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    /// `host:port` of its API.
    pub addresses: Vec<String>,
    /// Its certificate authority, PEM.
    pub ca_cert: String,
    /// Its UUID.
    pub controller_uuid: String,
    /// UUID of the model `prod`.
    pub model_uuid: String,
    /// Its models.
    pub models: Vec<Model>,
    /// Its users, with their passwords.
    pub accounts: Vec<Account>,
    /// A folder of client files with which the real `juju` connects as admin.
    pub juju_data: PathBuf,
    /// Path of its audit log, which exists once the controller configuration enables it; empty if the server has none.
    #[serde(default)]
    pub audit_log: PathBuf,
    /// URL of its stand-in for Charmhub.
    #[serde(default)]
    pub charmhub_url: String,
}

/// One model of the server.
#[derive(Debug, Clone, Deserialize)]
pub struct Model {
    /// Its short name.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
}

/// One user of the server.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// `admin` or `reader`.
    pub user: String,
    /// Their password.
    pub password: String,
    /// A folder of client files with which the real `juju` connects as this user.
    pub juju_data: PathBuf,
}

/// The folder with `realcontroller`, `mongod` and `juju`, if `JUJU_MCP_TEST_CONTROLLER` names one.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

impl RealController {
    /// Starts a real controller.
    ///
    /// # Panics
    /// If `JUJU_MCP_TEST_CONTROLLER` is not set: a test that calls this carries
    /// `#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]`.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a real controller with variables set in its environment.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        let folder = programs().expect("`JUJU_MCP_TEST_CONTROLLER` is the folder of a real controller");
        let mut process = Command::new(folder.join("realcontroller"))
            .args(["-test.run", "Test", "-check.f", "TestServe", "-test.timeout", "0"])
            .env("JUJU_MONGOD", folder.join("mongod"))
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the real controller can be started");
        let commands = process.stdin.take().expect("standard input is piped");
        let answers = BufReader::new(process.stderr.take().expect("standard error is piped")).lines();
        let mut controller = Self { ready: Ready::empty(), commands, answers, _process: process };
        let ready = controller.answer("READY ").await;
        controller.ready = serde_json::from_str(&ready).expect("READY is JSON");
        controller
    }

    /// Sends a command (`tests/real/controller/README.md`) and waits until it is done.
    ///
    /// # Panics
    /// If the command fails.
    pub async fn command(&mut self, line: &str) -> String {
        self.commands.write_all(format!("{line}\n").as_bytes()).await.expect("it reads commands");
        self.answer("DONE").await
    }

    /// The address and credential to log in as `user`.
    ///
    /// # Panics
    /// If there is no such user.
    #[must_use]
    pub fn endpoint(&self, user: &str) -> ControllerEndpoint {
        let account = self.ready.accounts.iter().find(|account| account.user == user).expect("a user of the estate");
        ControllerEndpoint {
            name: "real".to_owned(),
            uuid: Some(self.ready.controller_uuid.clone()),
            addresses: self.ready.addresses.clone(),
            ca_certificate: Some(self.ready.ca_cert.clone()),
            public_hostname: None,
            credential: Credential::Password { user: account.user.clone(), password: account.password.as_str().into() },
        }
    }

    /// A client configuration with this server as the only controller.
    #[must_use]
    pub fn controllers(&self, user: &str) -> Controllers {
        Controllers::new(vec![self.endpoint(user)], None, long_timeouts())
    }

    /// The rest of the next line that begins with `word`.
    async fn answer(&mut self, word: &str) -> String {
        let search = async {
            let mut seen = Vec::new();
            while let Some(line) = self.answers.next_line().await.expect("its standard error is text") {
                assert!(!line.starts_with("FAILED"), "the real controller: {line}");
                if let Some(rest) = line.strip_prefix(word) {
                    return rest.trim().to_owned();
                }
                seen.push(line);
            }
            panic!("the real controller ended: {}", seen.join("\n"));
        };
        tokio::time::timeout(TEST_TIMEOUT, search).await.expect("the real controller answers in time")
    }
}

impl Ready {
    fn empty() -> Self {
        Self {
            addresses: Vec::new(),
            ca_cert: String::new(),
            controller_uuid: String::new(),
            model_uuid: String::new(),
            models: Vec::new(),
            accounts: Vec::new(),
            juju_data: PathBuf::new(),
            audit_log: PathBuf::new(),
            charmhub_url: String::new(),
        }
    }
}
