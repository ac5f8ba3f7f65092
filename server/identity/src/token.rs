//! Static bearer tokens. The server stores only their hashes.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A bearer token in clear text. It is printed once, when it is generated, and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Generates a token of 256 random bits: `jmcp_` and 43 characters.
    ///
    /// # Errors
    /// If the operating system provides no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("jmcp_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Parses a token that the operator supplies, for example in a file.
    ///
    /// # Errors
    /// [`WeakToken`] if it has fewer than 20 characters, or a character that an HTTP header cannot contain.
    pub fn parse(text: &str) -> Result<Self, WeakToken> {
        let valid = text.len() >= 20 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text.to_owned())) } else { Err(WeakToken) }
    }

    /// The token in clear text, to be written to where its owner reads it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash that the server stores.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::digest(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(redacted)")
    }
}

/// SHA-256 of a token. Tokens are random and long, so a slow hash would add nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token as presented.
    #[must_use]
    pub fn digest(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The first eight hexadecimal digits, which distinguish tokens of one role in the ledger.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.0[..4])
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The token could be guessed or cannot be sent in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token needs at least 20 printable ASCII characters without spaces; generate one with `openssl rand -base64 32`"
)]
pub struct WeakToken;
