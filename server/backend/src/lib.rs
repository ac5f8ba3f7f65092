//! The contract of every backend, a system that the program queries, and the HTTP client of those that have an HTTP API.
//!
//! A backend is built without a connection: its first request connects, and each later one tries again, so backends may start in any
//! order and recover without help. [`Condition`] states what the last request showed. Nothing here knows callers, policy or MCP.

mod condition;
mod contract;
mod endpoint;
mod error;
mod instances;
mod kind;
mod response;
#[cfg(test)]
mod tests;

pub use condition::{Condition, ConditionRecord};
pub use contract::{Backend, BackendQuery};
pub use endpoint::{EndpointSettings, HttpEndpoint, HttpLogin, MAX_RESPONSE_BYTES};
pub use error::BackendError;
pub use instances::Instances;
pub use kind::BackendKind;
