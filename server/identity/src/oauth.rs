//! Access tokens of an identity provider: OAuth 2.1 resource server (RFC 6750, 7662, 8707, 9068), `OpenID` Connect discovery, and
//! the browser sign-in of people.

mod claims;
mod diagnosis;
mod id_token;
mod issued_tokens;
mod jwt;
mod keys;
mod metadata;
mod native_app;
mod provider;
mod refresh_cache;
mod rejection;
mod settings;
mod sign_in;
mod sign_in_error;
mod strict_json;
mod token_cache;
mod transport;

pub use diagnosis::ProviderDiagnosis;
pub use issued_tokens::IssuedTokens;
pub use jsonwebtoken::Algorithm;
pub use native_app::{DeviceAuthorization, DeviceProgress};
pub use provider::Provider;
pub use refresh_cache::RefreshPolicy;
pub use rejection::{ProviderUnavailable, TokenError, TokenRejection};
pub use settings::{Introspection, Settings};
pub use sign_in::{AccessToken, AuthorizationResponse, PendingSignIn, Registration};
pub use sign_in_error::SignInError;
