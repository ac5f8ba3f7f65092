//! A simulated Juju controller on the wire types of the real one: state, agents that take time, faults, and a server
//! that the real `juju` client, python-libjuju and jubilant cannot tell from a controller.

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
mod methods;
mod relations;
mod scenario;
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
pub use scenario::ScenarioError;
pub use simulator::{Account, Error, Settings, Simulator};
