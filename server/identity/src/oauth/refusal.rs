//! Why a token of the provider is not taken.

/// Why a token of the provider is not taken. Says nothing that the sender did not already know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no three parts, or they cannot be read.
    #[error("the token cannot be read")]
    Unreadable,
    /// It is longer than any token that a provider makes.
    #[error("the token is too long")]
    TooLong,
    /// Its signature is of a kind that is not accepted.
    #[error("the token is signed in a way that is not accepted here")]
    Algorithm,
    /// It demands something of its reader that we do not know (RFC 7515 section 4.1.11).
    #[error("the token has a critical header that is not understood here")]
    Critical,
    /// The provider has no such key.
    #[error("the token is signed with a key that its provider does not publish")]
    Key,
    /// The signature does not fit.
    #[error("the signature of the token does not fit")]
    Signature,
    /// It is no longer valid.
    #[error("the token has expired; sign in again")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet; is a clock wrong?")]
    NotYet,
    /// It never expires, or says so in a way that cannot be read.
    #[error("the token does not say when it expires")]
    NoExpiry,
    /// Another provider made it.
    #[error("the token is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is for another audience; ask the provider for one with this server's URL as audience")]
    Audience,
    /// It is for nobody in particular.
    #[error("the token has no audience; ask the provider for one with this server's URL as audience")]
    NoAudience,
    /// It stands for nobody, or for something that is no name.
    #[error("the token has no subject that could be a name")]
    NoSubject,
    /// It is an ID token or a refresh token.
    #[error("the token is not an access token")]
    NotAccess,
    /// Its sender would have to prove that it holds a key.
    #[error(
        "the token is bound to a key or certificate, of which no proof is taken here; ask the provider for a bearer token"
    )]
    Bound,
    /// The provider says that it is not valid, or no longer.
    #[error("the provider says that the token is not valid, or no longer; sign in again")]
    Inactive,
    /// It is opaque, and the provider is not asked about such.
    #[error("the token is not a JWT, and this server takes no others")]
    Opaque,
}

impl Refused {
    /// One word for ledger and metrics.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLong => "too-long",
            Self::Algorithm => "algorithm",
            Self::Critical => "critical",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::NoExpiry => "no-expiry",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::NoAudience => "no-audience",
            Self::NoSubject => "no-subject",
            Self::NotAccess => "not-access",
            Self::Bound => "bound",
            Self::Inactive => "inactive",
            Self::Opaque => "opaque",
        }
    }
}
