//! The HTTP server: one router with its limits and checks, and the loop that serves it.
//!
//! [`router()`] documents the order of the layers that a request passes.

mod accept;
mod alerts;
mod approvals;
mod authentication;
mod backends;
mod bearer;
mod body;
mod bytes_in_flight;
mod deadline;
mod error;
mod events;
mod guarded_stream;
pub mod health;
mod held_body;
mod host_origin;
mod live_router;
mod login_token_keys;
pub mod metadata;
pub mod metrics;
mod metrics_reference;
mod openapi;
mod peer_slots;
mod rate_limit;
pub mod router;
mod security_log;
pub mod serve;
pub mod settings;
mod tls;
mod trace;

pub use authentication::Authenticate;
pub use error::HttpError;
pub use events::LiveEvents;
pub use live_router::LiveRouter;
pub use login_token_keys::{LOGIN_TOKEN_KEYS_PATH, LoginTokenKeySet};
pub use metadata::{LOGIN_MEMBER, LoginClient, ResourceMetadata};
pub use metrics_reference::{MetricReference, reference as metrics_reference};
pub use openapi::openapi;
pub use router::{McpService, RouterDeps, metrics_router, router};
pub use security_log::SecurityLog;
pub use serve::serve;
pub use settings::Settings;
pub use tls::{Tls, TlsError, TlsFiles};
