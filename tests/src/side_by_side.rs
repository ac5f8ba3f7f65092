//! `juju-mcp` and the real `juju` client, connected to the same real or simulated controller.

use std::{path::PathBuf, time::Duration};

use audit::{Ledger, Record};
use catalogue::{Catalogue, Externals, JujuProgram};
use charmhub::Charmhub;
use dispatch::{ApprovalSettings, Call, Clock, Dispatcher, Refusal, Reply, execute};
use identity::Caller;
use juju_client::{ClientFiles, Controllers};
use juju_sim::{AgentTiming, Settings, Simulator};
use policy::{ActivePolicy, Budget, Policy};
use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::{
    eventually::{long_timeouts, wait_until},
    pages::JsonPage,
    real_controller::{RealController, programs},
};

/// Time that the real client may take; it waits without an end for some goals.
const CLIENT_TIMEOUT: Duration = Duration::from_mins(4);

/// A dispatcher and the real `juju` client for the same controller.
pub struct SideBySide {
    /// The dispatcher of `juju-mcp`.
    pub dispatcher: Dispatcher,
    /// The real client, if available.
    juju: Option<PathBuf>,
    data: PathBuf,
    folder: tempfile::TempDir,
}

impl SideBySide {
    /// Both connected to a real API server.
    pub async fn on_real_controller(controller: &RealController) -> Self {
        Self::new(controller.controllers("admin"), controller.ready.juju_data.clone(), folder()).await
    }

    /// The same with the account of another user for `juju-mcp`.
    pub async fn on_real_controller_as(controller: &RealController, user: &str) -> Self {
        Self::new(controller.controllers(user), controller.ready.juju_data.clone(), folder()).await
    }

    /// Both connected to a real API server; `juju-mcp` uses the client files of the user, as over stdio.
    ///
    /// # Panics
    /// If the client files cannot be read.
    pub async fn on_real_controller_with_client_files(controller: &RealController) -> Self {
        let (folder, data) = (folder(), controller.ready.juju_data.clone());
        let files = ClientFiles::new(&data, folder.path()).with_file_roots(vec![std::env::temp_dir()]);
        let controllers = files.controllers(long_timeouts()).await.expect("controllers");
        Self::new(controllers.with_own_files(files), data, folder).await
    }

    /// Both connected to a simulated controller.
    ///
    /// # Panics
    /// If client files for it cannot be written.
    pub async fn on_simulator(simulator: &Simulator) -> Self {
        let folder = folder();
        let data = folder.path().join("juju-data");
        simulator.write_client_files(&data, "admin").expect("client files");
        let files = ClientFiles::new(&data, folder.path());
        let controllers = files.controllers(long_timeouts()).await.expect("controllers");
        Self::new(controllers, data, folder).await
    }

    /// Both connected to a simulated controller; `juju-mcp` uses the client files of the user and the real client, as over stdio.
    ///
    /// # Panics
    /// If client files for it cannot be written.
    pub async fn on_simulator_with_client_files(simulator: &Simulator) -> Self {
        let pair = Self::on_simulator(simulator).await;
        let files = ClientFiles::new(&pair.data, pair.folder.path()).with_file_roots(vec![std::env::temp_dir()]);
        let controllers = files.controllers(long_timeouts()).await.expect("controllers").with_own_files(files);
        let environment =
            vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("HOME".to_owned(), "/nonexistent".to_owned())];
        let program = programs().map(|programs| JujuProgram::new(programs.join("juju"), environment));
        let externals = program.map_or_else(Externals::default, |program| Externals::default().with_program(program));
        let catalogue = Catalogue::builtin().with_externals(externals);
        Self { dispatcher: Dispatcher { controllers, catalogue, ..pair.dispatcher }, ..pair }
    }

    /// The same with a second simulated controller in the client files, under this name.
    ///
    /// # Panics
    /// If the client files cannot be read or written.
    #[must_use]
    pub async fn with_second_controller(mut self, name: &str, simulator: &Simulator) -> Self {
        let other = folder();
        simulator.write_client_files(other.path(), "admin").expect("client files");
        for file in ["controllers.yaml", "accounts.yaml", "models.yaml"] {
            let read = |folder: &std::path::Path| {
                let text = std::fs::read_to_string(folder.join(file)).expect("a file");
                serde_yaml::from_str::<Value>(&text).expect("YAML")
            };
            let (mut own, added) = (read(&self.data), read(other.path()));
            let entry = added["controllers"].as_object().and_then(|all| all.values().next()).expect("a controller");
            own["controllers"][name] = entry.clone();
            std::fs::write(self.data.join(file), own.to_string()).expect("written");
        }
        let files = ClientFiles::new(&self.data, self.folder.path());
        self.dispatcher.controllers = files.controllers(long_timeouts()).await.expect("controllers");
        self
    }

    /// The same with a store of charms for `juju-mcp`.
    ///
    /// # Panics
    /// If a client for it cannot be built.
    #[must_use]
    pub fn with_charmhub(mut self, url: &str) -> Self {
        // another test of the same process may have installed it
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let externals = Externals::default().with_charmhub(Charmhub::new(url, move || Ok(client.clone())));
        self.dispatcher.catalogue = Catalogue::builtin().with_externals(externals);
        self
    }

    async fn new(controllers: Controllers, data: PathBuf, folder: tempfile::TempDir) -> Self {
        let dispatcher = Dispatcher {
            catalogue: Catalogue::builtin(),
            policy: ActivePolicy::new(Policy::without_rules().expect("the policy"), Budget::default()),
            ledger: crate::ledger::ledger(folder.path()).await,
            estates: dispatch::estates_of(&controllers),
            logs: dispatch::logs_of(&controllers),
            observer: None,
            planner: None,
            controllers,
            approvals: ApprovalSettings::default(),
            option_mask: policy::OptionMask::new(&[9; 32]),
            clock: Clock::default(),
            writes: dispatch::WritesInProgress::default(),
        };
        let programs = programs();
        Self { dispatcher, juju: programs.map(|programs| programs.join("juju")), data, folder }
    }

    /// Calls a tool as the role `admin`.
    ///
    /// # Errors
    /// The refusal.
    pub async fn juju_mcp(&self, tool: &str, arguments: &Value) -> Result<Reply, Refusal> {
        self.juju_mcp_as("admin", tool, arguments).await
    }

    /// Calls a tool as a role.
    ///
    /// # Errors
    /// The refusal.
    pub async fn juju_mcp_as(&self, role: &str, tool: &str, arguments: &Value) -> Result<Reply, Refusal> {
        let arguments: Map<_, _> = arguments.as_object().cloned().expect("an object");
        Ok(execute(&self.dispatcher, &Caller::local("ana", role), Call::new(tool, arguments)).await?)
    }

    /// The complete JSON of a read for the role `admin`, joined from the texts of its pages; a list is the member `result`.
    ///
    /// # Errors
    /// The refusal.
    pub async fn json(&self, tool: &str, arguments: &Value) -> Result<Value, Refusal> {
        self.json_as("admin", tool, arguments).await
    }

    /// The same for a role.
    ///
    /// # Errors
    /// The refusal.
    pub async fn json_as(&self, role: &str, tool: &str, arguments: &Value) -> Result<Value, Refusal> {
        let (mut whole, mut arguments) = (json!({}), arguments.clone());
        arguments["format"] = json!("json");
        loop {
            let page = JsonPage::parse(&self.juju_mcp_as(role, tool, &arguments).await?.text);
            catalogue::join_page(&mut whole, page.value, &page.continues);
            let Some(next) = page.next else { return Ok(whole) };
            arguments["cursor"] = json!(next);
        }
    }

    /// The output of the real client in its default format.
    ///
    /// # Errors
    /// Its standard error, or that it does not end.
    ///
    /// # Panics
    /// If it cannot be started; check [`Self::has_juju_cli`] first on a simulated controller.
    pub async fn juju_cli_text(&self, words: &[&str]) -> Result<String, String> {
        let juju = self.juju.as_ref().expect("a real client");
        let running = Command::new(juju).args(words).env("JUJU_DATA", &self.data).kill_on_drop(true).output();
        let Ok(output) = tokio::time::timeout(CLIENT_TIMEOUT, running).await else {
            return Err(format!("the client did not end within {} s", CLIENT_TIMEOUT.as_secs()));
        };
        let output = output.expect("the client can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// The output of the real client with `--format json`.
    ///
    /// # Errors
    /// Its standard error.
    ///
    /// # Panics
    /// As [`Self::juju_cli_text`].
    pub async fn juju_cli(&self, words: &[&str]) -> Result<Value, String> {
        let printed = self.juju_cli_text(&[words, &["--format", "json"]].concat()).await?;
        if printed.trim().is_empty() {
            return Err("the client prints nothing".to_owned());
        }
        Ok(serde_json::from_str(&printed).expect("the client prints JSON"))
    }

    /// Name of the controller.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn controller_name(&self) -> String {
        self.dispatcher.controllers.default_name().expect("a default controller")
    }

    /// Whether the real `juju` client is available.
    #[must_use]
    pub fn has_juju_cli(&self) -> bool {
        self.juju.is_some()
    }

    /// The output of the real client with `--format json`, as soon as `settled` accepts it.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn juju_cli_until(&self, words: &[&str], what: &str, settled: impl Fn(&Value) -> bool) -> Value {
        wait_until(&format!("{what} (juju {})", words.join(" ")), async || match self.juju_cli(words).await {
            Ok(output) if settled(&output) => Ok(output),
            Ok(output) => Err(output.to_string()),
            Err(error) => Err(error),
        })
        .await
    }

    /// The complete JSON of a read for the role `admin`, as soon as `settled` accepts it.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn juju_mcp_until(
        &self,
        tool: &str,
        arguments: &Value,
        what: &str,
        settled: impl Fn(&Value) -> bool,
    ) -> Value {
        wait_until(&format!("{what} ({tool} {arguments})"), async || match self.json(tool, arguments).await {
            Ok(answer) if settled(&answer) => Ok(answer),
            Ok(answer) => Err(answer.to_string()),
            Err(refusal) => Err(refusal.to_string()),
        })
        .await
    }

    /// The status of a model, as soon as `settled` accepts it.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn status_until(&self, model: &str, what: &str, settled: impl Fn(&Value) -> bool) -> Value {
        self.juju_mcp_until("status", &json!({"model": model}), what, settled).await
    }

    /// Fails a hook of `payment/0` in the simulated shop, and waits until its status shows it.
    ///
    /// # Panics
    /// If the simulator refuses the fault, or the status takes too long.
    pub async fn fail_payment_hook(&self, simulator: &Simulator) {
        simulator.inject("hook-error payment/0".parse().expect("a fault")).await.expect("injected");
        let failed =
            |now: &Value| now["applications"]["payment"]["units"]["payment/0"]["workload-status"]["current"] == "error";
        self.status_until("shop", "a hook failed", failed).await;
    }

    /// All records of the ledger.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn ledger_records(&self) -> Vec<Record> {
        self.dispatcher.ledger.flush().await.expect("a ledger");
        Ledger::records(self.dispatcher.ledger.store(), 1, 10_000).await.expect("records")
    }
}

/// A simulated controller that stops with the test.
///
/// # Panics
/// If it does not start.
pub async fn simulator(scenario: &str) -> Simulator {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings { scenario: scenario.to_owned(), units: None, listen, timing: AgentTiming::default() };
    Simulator::start(settings).await.expect("the simulator starts")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
