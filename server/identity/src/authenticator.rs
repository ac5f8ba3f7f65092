//! Turns the `Authorization` header of a request into a caller (RFC 6750 section 2.1).

use std::{net::IpAddr, sync::Arc};

use parking_lot::RwLock;
use subtle::ConstantTimeEq;

use crate::{
    Caller, TokenHash,
    failed_attempts::FailedAttempts,
    oauth::{Provider, TokenError, TokenRejection},
};

/// Longer tokens are rejected unread.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Resolves bearer tokens to callers: static tokens first, then those of the identity provider.
#[derive(Default)]
pub struct Authenticator {
    accepted: RwLock<Arc<Accepted>>,
    failures: FailedAttempts,
}

/// The accepted tokens.
#[derive(Clone, Default)]
struct Accepted {
    static_tokens: Vec<(TokenHash, Caller)>,
    provider: Option<Arc<Provider>>,
}

/// The credentials that a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented<'request> {
    /// No `Authorization` header.
    Nothing,
    /// Exactly one `Authorization` header.
    Header(&'request str),
    /// One header that is not valid text.
    Unreadable,
    /// More than one header, or a token in the URL.
    Ambiguous,
}

impl Authenticator {
    /// Accepts `token` as a caller with `role`.
    pub fn add_static_token(&mut self, token: TokenHash, role: &str) {
        self.add_owned_static_token(token, role, None);
    }

    /// Accepts `token` as a caller with `role` that belongs to `owner`, a person's name or e-mail address. One owner of several
    /// tokens counts as one person where a second approver is required.
    pub fn add_owned_static_token(&mut self, token: TokenHash, role: &str, owner: Option<&str>) {
        let caller = Caller::from_static_token(role, &token.fingerprint(), owner);
        Arc::make_mut(self.accepted.get_mut()).static_tokens.push((token, caller));
    }

    /// Accepts the access tokens of an identity provider.
    pub fn set_provider(&mut self, provider: Provider) {
        Arc::make_mut(self.accepted.get_mut()).provider = Some(Arc::new(provider));
    }

    /// Accepts the tokens of `new` from now on, and no others. An identity provider with the same settings keeps what it has cached, and so
    /// does the limit on invalid tokens.
    pub fn replace(&self, new: Self) {
        let mut new = new.accepted.into_inner();
        let mut accepted = self.accepted.write();
        if let (Some(fresh), Some(used)) = (&new.provider, &accepted.provider)
            && fresh.settings() == used.settings()
        {
            Arc::make_mut(&mut new).provider = Some(Arc::clone(used));
        }
        *accepted = new;
    }

    fn accepted(&self) -> Arc<Accepted> {
        Arc::clone(&self.accepted.read())
    }

    /// Whether any static token is accepted.
    #[must_use]
    pub fn has_static_tokens(&self) -> bool {
        !self.accepted.read().static_tokens.is_empty()
    }

    /// The identity provider, if one is configured.
    #[must_use]
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.accepted.read().provider.clone()
    }

    /// Authenticates a request. A `peer` with too many failures has to wait; valid tokens from its address are still accepted.
    ///
    /// # Errors
    /// [`Unauthenticated`], which contains nothing that the sender did not already know.
    pub async fn authenticate(
        &self,
        presented: Presented<'_>,
        peer: Option<IpAddr>,
    ) -> Result<Caller, Unauthenticated> {
        let token = match presented {
            Presented::Nothing => return Err(Unauthenticated::Missing),
            Presented::Unreadable => return Err(Unauthenticated::Malformed),
            Presented::Ambiguous => return Err(Unauthenticated::Ambiguous),
            Presented::Header(header) => parse_header(header)?,
        };
        let reason = match self.resolve(token, peer).await {
            Ok(caller) => return Ok(caller),
            Err(reason) => reason,
        };
        let guessed = matches!(reason, Unauthenticated::UnknownToken | Unauthenticated::Rejected(_));
        match peer.filter(|_| guessed).and_then(|peer| self.failures.record_failure(peer)) {
            Some(seconds) => Err(Unauthenticated::RateLimited { seconds }),
            None => Err(reason),
        }
    }

    async fn resolve(&self, token: &str, peer: Option<IpAddr>) -> Result<Caller, Unauthenticated> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRejection::TooLong.into());
        }
        let accepted = self.accepted();
        if let Some(caller) = accepted.find_static(token) {
            return Ok(caller);
        }
        let Some(provider) = &accepted.provider else { return Err(Unauthenticated::UnknownToken) };
        // Only guesses that cost the provider a request are slowed down. All users behind one proxy are one peer, so a token that
        // was valid before passes, whatever others behind the proxy send.
        if let Some(seconds) = peer.and_then(|peer| self.failures.retry_after(peer))
            && provider.needs_introspection(token)
        {
            return Err(Unauthenticated::RateLimited { seconds });
        }
        Ok(Caller::from_claims(provider.validate(token).await?))
    }
}

impl Accepted {
    fn find_static(&self, token: &str) -> Option<Caller> {
        if self.static_tokens.is_empty() {
            return None;
        }
        let presented = TokenHash::digest(token);
        // compare with all tokens, so that the time taken does not depend on which one matches
        let found = self.static_tokens.iter().fold(None, |found, (hash, caller)| {
            if bool::from(hash.bytes().ct_eq(presented.bytes())) { Some(caller) } else { found }
        });
        found.cloned()
    }
}

/// The token in a header (RFC 6750 section 2.1: `Bearer`, one space, `b64token`).
fn parse_header(header: &str) -> Result<&str, Unauthenticated> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unauthenticated::UnsupportedScheme);
    }
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_token_byte) {
        return Err(Unauthenticated::Malformed);
    }
    Ok(token)
}

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no `Authorization` header.
    #[error("the request has no bearer token; send the header `Authorization: Bearer TOKEN`")]
    Missing,
    /// The header uses another authentication scheme than `Bearer`.
    #[error("only bearer tokens are accepted; send the header `Authorization: Bearer TOKEN`")]
    UnsupportedScheme,
    /// The header is not of the form `Bearer TOKEN`.
    #[error("the `Authorization` header is not of the form `Bearer TOKEN`")]
    Malformed,
    /// There is more than one token, or one outside the header.
    #[error("send exactly one token, and only in the header `Authorization: Bearer TOKEN`")]
    Ambiguous,
    /// No static token matches, and there is no provider.
    #[error("the bearer token is unknown; get a current one from the administrator of this server")]
    UnknownToken,
    /// The token failed a check.
    #[error("{0}")]
    Rejected(#[from] TokenRejection),
    /// The provider is needed to check the token and does not respond.
    #[error("the identity provider is unavailable, so no token can be checked; try again in a moment")]
    ProviderUnavailable,
    /// This peer has sent too many invalid tokens.
    #[error("too many invalid tokens from this address; try again in {seconds} seconds")]
    RateLimited {
        /// When to try again.
        seconds: u64,
    },
}

impl Unauthenticated {
    /// The machine-readable reason for ledger and metrics; a fixed set.
    #[must_use]
    pub fn reason_code(self) -> &'static str {
        match self {
            Self::Missing => "missing_token",
            Self::UnsupportedScheme => "unsupported_scheme",
            Self::Malformed => "malformed",
            Self::Ambiguous => "ambiguous",
            Self::UnknownToken => "unknown_token",
            Self::Rejected(rejection) => rejection.reason_code(),
            Self::ProviderUnavailable => "provider_unavailable",
            Self::RateLimited { .. } => "rate_limited",
        }
    }
}

impl From<TokenError> for Unauthenticated {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Rejected(rejection) => Self::Rejected(rejection),
            TokenError::ProviderUnavailable => Self::ProviderUnavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Token;

    async fn authenticate(authenticator: &Authenticator, header: Option<&str>) -> Result<Caller, Unauthenticated> {
        let presented = header.map_or(Presented::Nothing, Presented::Header);
        authenticator.authenticate(presented, None).await
    }

    #[tokio::test]
    async fn authenticator_accepts_only_known_tokens_in_a_well_formed_header() {
        let token = Token::generate().expect("randomness");
        let mut authenticator = Authenticator::default();
        authenticator.add_static_token(token.hash(), "operator");
        let header = format!("Bearer {}", token.reveal());
        let caller = authenticate(&authenticator, Some(&header)).await.expect("known");
        assert_eq!(caller.roles(), ["operator"]);
        assert_eq!(caller.subject(), format!("token:operator:{}", token.hash().fingerprint()));
        for (header, reason) in [
            (None, Unauthenticated::Missing),
            (Some("Bearer".to_owned()), Unauthenticated::Malformed),
            (Some(format!("Basic {}", token.reveal())), Unauthenticated::UnsupportedScheme),
            (Some(format!("Bearer  {}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {} x", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {}\u{e9}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {}x", token.reveal())), Unauthenticated::UnknownToken),
        ] {
            assert_eq!(authenticate(&authenticator, header.as_deref()).await, Err(reason), "{reason}");
        }
    }

    #[tokio::test]
    async fn replaced_authenticator_accepts_the_new_tokens_only() {
        let (first, second) = (Token::generate().expect("randomness"), Token::generate().expect("randomness"));
        let client = || reqwest::Client::builder().use_preconfigured_tls(tls()).build().expect("a client");
        let with = |token: &Token, issuer: &str| {
            let mut authenticator = Authenticator::default();
            authenticator.add_static_token(token.hash(), "viewer");
            let settings = crate::oauth::Settings::new(issuer.to_owned(), Vec::new());
            authenticator.set_provider(Provider::new(settings, client()));
            authenticator
        };
        let authenticator = with(&first, "https://id.example");
        let provider = authenticator.provider().expect("a provider");
        authenticator.replace(with(&second, "https://id.example"));
        let header = |token: &Token| format!("Bearer {}", token.reveal());
        assert!(authenticate(&authenticator, Some(&header(&second))).await.is_ok());
        let refused = authenticate(&authenticator, Some(&header(&first))).await;
        assert!(refused.is_err(), "{refused:?}");
        assert!(Arc::ptr_eq(&provider, &authenticator.provider().expect("a provider")));
        authenticator.replace(with(&second, "https://other.example"));
        assert!(!Arc::ptr_eq(&provider, &authenticator.provider().expect("a provider")));
        authenticator.replace(Authenticator::default());
        assert!(authenticator.provider().is_none() && !authenticator.has_static_tokens());
        let refused = authenticate(&authenticator, Some(&header(&second))).await;
        assert_eq!(refused, Err(Unauthenticated::UnknownToken));
    }

    fn tls() -> rustls::ClientConfig {
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    }

    #[test]
    fn parse_header_handles_random_bytes() {
        let mut bytes = [0; 64];
        for _ in 0..2000 {
            getrandom::fill(&mut bytes).expect("randomness");
            let text = String::from_utf8_lossy(&bytes);
            for header in [text.to_string(), format!("Bearer {text}"), format!("bEaReR {}", hex::encode(&bytes[..9]))] {
                let parsed = parse_header(&header);
                assert!(parsed.is_err() || header.ends_with(parsed.unwrap_or_default()), "{header:?}");
            }
        }
    }

    #[test]
    fn token_debug_output_is_redacted() {
        let token = Token::generate().expect("randomness");
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
