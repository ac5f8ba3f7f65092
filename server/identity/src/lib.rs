//! Who asks: a bearer token becomes a [`Caller`], or nobody. Knows nothing of what callers may do.

mod bearer;
mod caller;
mod token;

pub use bearer::{Authenticator, Unauthenticated};
pub use caller::{Caller, Claims};
pub use token::{Token, TokenHash, WeakToken};
