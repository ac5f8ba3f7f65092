//! Tokens that the provider issued to a client.

use serde::{Deserialize, Serialize};

/// Tokens that the provider issued to a program of a person. They are not validated here: the server that receives them does that.
#[derive(Clone, Serialize, Deserialize)]
pub struct IssuedTokens {
    /// The access token.
    pub access_token: String,
    /// The refresh token, if the provider issued one.
    pub refresh_token: Option<String>,
    /// Seconds until the access token expires, if the provider reports them.
    pub expires_in: Option<u64>,
}

/// The response of the token endpoint (RFC 6749 section 5.1).
#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) id_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
}

impl TokenResponse {
    pub(super) fn into_issued(self) -> IssuedTokens {
        let Self { access_token, refresh_token, expires_in, .. } = self;
        IssuedTokens { access_token, refresh_token, expires_in }
    }
}
