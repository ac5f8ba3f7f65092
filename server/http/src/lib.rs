//! HTTP: one router with its limits and checks, and the loop that serves it.
//!
//! Order of a request to `/mcp`: panic net, request id, span, metrics, `Host` and `Origin`, bearer token, rate, body limit,
//! time limit, session owner, then the MCP service that was handed in.

mod approvals;
mod bearer;
mod body;
mod cors;
mod deadline;
mod guard;
pub mod health;
mod limit;
pub mod metadata;
pub mod metrics;
mod refusal;
pub mod router;
pub mod serve;
mod session;
pub mod settings;
mod trace;
mod turned_away;

pub use bearer::Authenticate;
pub use metadata::Advertised;
pub use refusal::Refusal;
pub use router::{McpService, Served, router};
pub use serve::serve;
pub use settings::Settings;
