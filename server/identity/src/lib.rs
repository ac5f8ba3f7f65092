//! Authentication: turns the bearer token of a request into a [`Caller`]. Authorization is the job of the crate `policy`.
//!
//! There are two kinds of bearer token (RFC 6750):
//!
//! * **Static tokens** ([`Token`]) are listed in the configuration, one role for each. The server stores only their SHA-256 hash
//!   ([`TokenHash`]) and compares in constant time.
//! * **Access tokens of an identity provider** ([`oauth::Provider`]). A JWT is verified with the keys that the provider publishes;
//!   an opaque token is verified by introspection (RFC 7662). Both pass the same checks of issuer, audience, lifetime and type
//!   (`oauth/claims.rs`). They yield [`Claims`]; roles come from the role bindings of the policy, never from the token.
//!
//! [`Authenticator::authenticate`] runs these steps:
//!
//! 1. Extract the token from the one `Authorization` header. A second header, or a token in the URL, is rejected.
//! 2. Look the token up among the static tokens.
//! 3. Otherwise ask the provider object, which answers from its cache of validated tokens where it can.
//! 4. Count a failure for the peer address. After 30 failures in a minute the peer receives
//!    [`Unauthenticated::RateLimited`], and opaque tokens from it are no longer sent to the provider for introspection.
//!
//! Every failure is an [`Unauthenticated`] with a sentence for the client and a [reason code](Unauthenticated::reason_code) for
//! the ledger and the metrics. Neither contains anything that the sender did not already know.
//!
//! Errors fail closed: if the provider is unavailable and no cached answer is valid, the request is rejected with
//! [`Unauthenticated::ProviderUnavailable`]. How long cached keys and metadata may be used is [`oauth::RefreshPolicy`].
//!
//! In the other direction, [`LoginTokenKeys`] signs tokens that name a caller, as [`Caller::juju_user`], to controllers of Juju that
//! trust this server.
//!
//! People who open the approval page sign in by the authorization code flow: [`oauth::Provider::begin_sign_in`] and
//! [`oauth::Provider::finish_sign_in`].
//!
//! ```
//! use identity::{Authenticator, Presented, Token, Unauthenticated};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let token = Token::generate()?;
//! let mut authenticator = Authenticator::default();
//! authenticator.add_static_token(token.hash(), "operator");
//!
//! let header = format!("Bearer {}", token.reveal());
//! let caller = authenticator.authenticate(Presented::Header(&header), None).await?;
//! assert_eq!(caller.roles(), ["operator"]);
//!
//! let guess = authenticator.authenticate(Presented::Header("Bearer guess"), None).await;
//! assert_eq!(guess, Err(Unauthenticated::UnknownToken));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audience;
mod authenticator;
mod caller;
mod failed_attempts;
mod juju_user;
mod login_token_keys;
pub mod oauth;
mod token;

pub use audience::is_toolset_path;
pub use authenticator::{Authenticator, Presented, Unauthenticated};
pub use caller::{Caller, Claims};
pub use failed_attempts::network;
pub use juju_user::is_user_domain;
pub use login_token_keys::{
    LoginTokenClaims, LoginTokenKeyError, LoginTokenKeyStatus, LoginTokenKeys, PUBLICATION_LEAD, RETENTION,
};
pub use token::{Token, TokenHash, WeakToken};
