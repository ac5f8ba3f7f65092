//! Why a browser sign-in failed.

use super::{ProviderUnavailable, TokenError, TokenRejection};

/// Why a sign-in failed. The messages contain no text of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider does not respond.
    #[error("the identity provider is unavailable; try again in a moment")]
    ProviderUnavailable,
    /// The metadata lacks `authorization_endpoint` or `token_endpoint`.
    #[error("the identity provider does not support browser sign-in")]
    EndpointMissing,
    /// The operating system provides no randomness.
    #[error("the server has no randomness now; try again in a moment")]
    NoRandomness,
    /// `state` does not match: another browser, or another sign-in.
    #[error("this response belongs to no sign-in that was started here; start again")]
    StateMismatch,
    /// Another provider responds.
    #[error("the response is from another identity provider; start again")]
    WrongIssuer,
    /// The provider or the person has denied the request.
    #[error("the identity provider denied the sign-in; start again, or contact its administrator")]
    ProviderDenied,
    /// The provider does not exchange the code for tokens.
    #[error(
        "the identity provider rejected the authorization code; start again, and check the client secret if it happens again"
    )]
    CodeExchangeFailed,
    /// The ID token is missing or failed a check.
    #[error("the ID token of the identity provider is rejected: {0}")]
    IdToken(TokenRejection),
    /// The ID token was issued for another sign-in.
    #[error("the response of the identity provider is for another sign-in; start again")]
    NonceMismatch,
    /// The access token failed a check.
    #[error("you are signed in at the identity provider, but your access token is rejected here: {0}")]
    AccessToken(TokenRejection),
    /// The ID token and the access token have different subjects.
    #[error("the identity provider issued tokens of two different people; start again")]
    SubjectMismatch,
}

impl SignInError {
    /// The machine-readable reason for ledger and metrics. `None` if the failure is not about the person or the browser.
    #[must_use]
    pub fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::ProviderUnavailable | Self::EndpointMissing | Self::NoRandomness => None,
            Self::StateMismatch => Some("state_mismatch"),
            Self::WrongIssuer => Some("wrong_issuer"),
            Self::ProviderDenied => Some("provider_denied"),
            Self::CodeExchangeFailed => Some("code_exchange_failed"),
            Self::NonceMismatch => Some("nonce_mismatch"),
            Self::SubjectMismatch => Some("subject_mismatch"),
            Self::IdToken(rejection) | Self::AccessToken(rejection) => Some(rejection.reason_code()),
        }
    }
}

impl From<ProviderUnavailable> for SignInError {
    fn from(ProviderUnavailable: ProviderUnavailable) -> Self {
        Self::ProviderUnavailable
    }
}

impl SignInError {
    /// Converts the error of a token; `rejected` names which of the two tokens it was.
    pub(super) fn from_token(error: TokenError, rejected: fn(TokenRejection) -> Self) -> Self {
        match error {
            TokenError::Rejected(rejection) => rejected(rejection),
            TokenError::ProviderUnavailable => Self::ProviderUnavailable,
        }
    }
}
