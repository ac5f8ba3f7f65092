//! Static bearer tokens: made here, kept only as hashes.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A bearer token in clear. Shown once to whoever gets it; never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new token of 256 random bits, `jmcp_` and 43 characters.
    ///
    /// # Errors
    /// Where the operating system has no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("jmcp_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// A token that was given to us, for one, in a file.
    ///
    /// # Errors
    /// [`WeakToken`] where it has fewer than 20 characters, or one that a header cannot carry.
    pub fn given(text: &str) -> Result<Self, WeakToken> {
        let fits = text.len() >= 20 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(WeakToken) }
    }

    /// The token itself, to be written where its owner reads it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the server keeps of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
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
    /// The hash of a token as it was presented.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The first eight hexadecimal digits: tells tokens of one role apart in the ledger.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.0[..4])
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A token that could be guessed or cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token needs at least 20 printable ASCII characters without spaces; `openssl rand -base64 32` makes one")]
pub struct WeakToken;
