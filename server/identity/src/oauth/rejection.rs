//! Why a token of the provider is not accepted.

/// The result of a check that produced no claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// The token failed a check.
    Rejected(TokenRejection),
    /// The provider is needed for the check and does not respond. No token is accepted for that.
    ProviderUnavailable,
}

/// The provider does not respond, or not with what the specification demands. The cause is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderUnavailable;

impl From<TokenRejection> for TokenError {
    fn from(rejection: TokenRejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<ProviderUnavailable> for TokenError {
    fn from(ProviderUnavailable: ProviderUnavailable) -> Self {
        Self::ProviderUnavailable
    }
}

/// The check that a token failed. The text contains nothing that the sender did not already know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejection {
    /// The token is not a JWT of three parts, or its claims are not valid JSON of the expected types.
    #[error("the token cannot be read")]
    Unreadable,
    /// The token is longer than any that a provider issues.
    #[error("the token is too long")]
    TooLong,
    /// The signature algorithm is not among the accepted ones.
    #[error("the signature algorithm of the token is not accepted here")]
    UnsupportedAlgorithm,
    /// The header has a `crit`, `zip` or `b64` member, which changes how the token must be read (RFC 7515 section 4.1.11).
    #[error("the token has a critical header that is not supported here")]
    UnsupportedCritHeader,
    /// The provider publishes no key with this id and algorithm.
    #[error("the token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the signature of the token is invalid")]
    InvalidSignature,
    /// `exp` is in the past.
    #[error("the token has expired; sign in again")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("the token is not valid yet; check the clocks")]
    NotYetValid,
    /// `exp` is absent or not a finite number.
    #[error("the token has no expiry time")]
    MissingExp,
    /// `iss` is not the configured issuer.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` names only other servers.
    #[error("the token is for another audience; request one from the provider with this server's URL as audience")]
    WrongAudience,
    /// `aud` is absent or empty.
    #[error("the token has no audience; request one from the provider with this server's URL as audience")]
    MissingAudience,
    /// `sub` is absent, or cannot be a name.
    #[error("the token has no usable subject")]
    InvalidSubject,
    /// It is an ID token, a refresh token or an event token.
    #[error("the token is not an access token")]
    WrongTokenType,
    /// The token is bound to a key or certificate (`cnf`, RFC 8705 and 9449), and this server verifies no proof of possession.
    #[error(
        "the token is bound to a key or certificate, which is not supported here; request a bearer token from the provider"
    )]
    SenderConstrained,
    /// The provider reports that the token is not active.
    #[error("the provider reports that the token is invalid or revoked; sign in again")]
    Inactive,
    /// The token is opaque, and introspection is not configured.
    #[error(
        "the token is not a JWT, and this server accepts no others: `oauth.introspection` in its configuration accepts opaque tokens"
    )]
    IntrospectionDisabled,
}

impl TokenRejection {
    /// The machine-readable reason for ledger and metrics; a fixed set.
    #[must_use]
    pub fn reason_code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLong => "too_long",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::UnsupportedCritHeader => "unsupported_crit_header",
            Self::UnknownKey => "unknown_key",
            Self::InvalidSignature => "invalid_signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::MissingExp => "missing_exp",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::MissingAudience => "missing_audience",
            Self::InvalidSubject => "invalid_subject",
            Self::WrongTokenType => "wrong_token_type",
            Self::SenderConstrained => "sender_constrained",
            Self::Inactive => "inactive",
            Self::IntrospectionDisabled => "introspection_disabled",
        }
    }
}
