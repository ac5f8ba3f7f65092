//! Who asks: a bearer token becomes a [`Caller`], or nobody. Knows nothing of what callers may do.

mod attempts;
mod bearer;
mod caller;
pub mod oauth;
mod token;

pub use attempts::network;
pub use bearer::{Authenticator, Presented, Unauthenticated};
pub use caller::{Caller, Claims};
pub use token::{Token, TokenHash, WeakToken};
