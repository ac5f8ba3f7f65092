//! The identity provider's tokens: OAuth 2.1 resource server (RFC 6750, 7662, 8707, 9068), `OpenID` Connect discovery,
//! and sign-in of people with a browser.

mod id_token;
mod jwt;
mod kept;
mod keys;
mod known;
mod metadata;
mod provider;
mod raw;
mod refusal;
mod settings;
mod sign_in;
mod unique;

pub use jsonwebtoken::Algorithm;
pub use provider::{Provider, ProviderDown};
pub use refusal::Refused;
pub use settings::{Introspection, Settings};
pub use sign_in::{Begun, NotSignedIn, Registration, Returned, Signed};
