//! The identity provider's tokens: OAuth 2.1 resource server (RFC 6750, 7662, 8707, 9068), `OpenID` Connect discovery.

mod jwt;
mod keys;
mod known;
mod provider;
mod raw;
mod refusal;
mod settings;
mod unique;

pub use jsonwebtoken::Algorithm;
pub use provider::{Provider, ProviderDown};
pub use refusal::Refused;
pub use settings::{Introspection, Settings};
