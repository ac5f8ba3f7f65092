//! A simulated Juju 3.6 controller, for demonstrations and tests without a cloud.
//!
//! The simulator answers the controller's API (TLS, WebSocket, JSON) with the types of `juju-wire`, so the real `juju`
//! client, python-libjuju and jubilant work with it unchanged. It has a state that calls change, agents that need
//! time for machines, hooks and actions, and faults that a test injects.
//!
//! How a call passes through the files:
//!
//! 1. `server` accepts the connection and routes it: `socket` serves the API, `log` streams the debug log, `upload`
//!    takes charms and resources.
//! 2. `session` is one connection: its user, its model, its watchers.
//! 3. `methods` finds the handler of a method. `command_blocks` refuses what the model has disabled.
//! 4. The handlers below `facade`, a file each, read and change the `state` through a `call`.
//! 5. `agents` advance the state in the background; every change wakes the watchers.
//!
//! `scenario` loads the initial state from YAML, `charms` is the catalogue of the simulated charm store, and `fault`
//! describes what a test can break. Everything listens on loopback only, because the passwords are no secret.
//!
//! ```no_run
//! # async fn example() -> Result<(), juju_sim::Error> {
//! use juju_sim::{AgentTiming, Fault, Settings, Simulator};
//!
//! let simulator = Simulator::start(Settings {
//!     scenario: "shop".to_owned(),
//!     units: None,
//!     listen: ([127, 0, 0, 1], 0).into(),
//!     timing: AgentTiming::default(),
//! })
//! .await?;
//! simulator.inject(Fault::HookError("payment/0".to_owned())).await?;
//! println!("{} listens on {}", simulator.name(), simulator.address());
//! # Ok(())
//! # }
//! ```

mod agents;
mod call;
mod charms;
mod client_files;
mod command_blocks;
mod context;
mod control;
mod errors;
mod facade;
mod fault;
mod go_time;
mod log;
mod login_tokens;
mod methods;
mod relations;
mod scenario;
mod script;
mod server;
mod session;
mod simulator;
mod socket;
mod state;
mod tls;
mod upload;
mod web_socket;

pub use agents::AgentTiming;
pub use control::control;
pub use fault::Fault;
pub use scenario::{SCENARIOS, ScenarioError};
pub use script::{Change, LogChange, LogLevel};
pub use simulator::{Account, Error, Settings, Simulator};
