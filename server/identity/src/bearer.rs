//! The `Authorization` header of a request becomes a caller (RFC 6750 section 2.1).

use std::net::IpAddr;

use subtle::ConstantTimeEq;

use crate::{
    Caller, TokenHash,
    attempts::Attempts,
    oauth::{Provider, ProviderDown, Refused},
};

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// Knows all tokens, and nobody without one.
#[derive(Default)]
pub struct Authenticator {
    tokens: Vec<(TokenHash, Caller)>,
    provider: Option<Provider>,
    attempts: Attempts,
}

/// What a request brought to say who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented<'request> {
    /// No `Authorization` header.
    Nothing,
    /// The one `Authorization` header.
    Header(&'request str),
    /// One header whose bytes are no text.
    Unreadable,
    /// More than one header, or a token in the address.
    Ambiguous,
}

impl Authenticator {
    /// Accepts `token` as a caller that holds `role`.
    pub fn accept(&mut self, token: TokenHash, role: &str) {
        self.accept_of(token, role, None);
    }

    /// The same for a token of a person who may hold more than one: `holder` is their name, or their address where others sign
    /// in with one.
    pub fn accept_of(&mut self, token: TokenHash, role: &str, holder: Option<&str>) {
        self.tokens.push((token, Caller::of_token(role, &token.fingerprint(), holder)));
    }

    /// Accepts the access tokens of an identity provider.
    pub fn trust(&mut self, provider: Provider) {
        self.provider = Some(provider);
    }

    /// The identity provider, where there is one.
    #[must_use]
    pub fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    /// Who sent this. A `peer` that guesses is told to wait; tokens that are good are taken all the same.
    ///
    /// # Errors
    /// [`Unauthenticated`], with nothing in it that the sender did not already know.
    pub async fn authenticate(
        &self,
        presented: Presented<'_>,
        peer: Option<IpAddr>,
    ) -> Result<Caller, Unauthenticated> {
        let token = match presented {
            Presented::Nothing => return Err(Unauthenticated::Missing),
            Presented::Unreadable => return Err(Unauthenticated::Malformed),
            Presented::Ambiguous => return Err(Unauthenticated::Ambiguous),
            Presented::Header(header) => bearer(header)?,
        };
        let reason = match self.known(token, peer).await {
            Ok(caller) => return Ok(caller),
            Err(reason) => reason,
        };
        let guessed = matches!(reason, Unauthenticated::Unknown | Unauthenticated::Refused(_));
        match peer.filter(|_| guessed).and_then(|peer| self.attempts.refused(peer)) {
            Some(seconds) => Err(Unauthenticated::TooMany { seconds }),
            None => Err(reason),
        }
    }

    async fn known(&self, token: &str, peer: Option<IpAddr>) -> Result<Caller, Unauthenticated> {
        if token.len() > LONGEST {
            return Err(Unauthenticated::Refused(Refused::TooLong));
        }
        if let Some(caller) = self.of_static(token) {
            return Ok(caller);
        }
        let Some(provider) = &self.provider else { return Err(Unauthenticated::Unknown) };
        // a provider is not asked about every guess; everybody behind one proxy is one peer, so whoever was let in before is not
        // held up by others' guesses
        if let Some(seconds) = peer.and_then(|peer| self.attempts.waits(peer)).filter(|_| provider.has_to_ask(token)) {
            return Err(Unauthenticated::TooMany { seconds });
        }
        match provider.check(token).await {
            Ok(Ok(claims)) => Ok(Caller::of_claims(claims)),
            Ok(Err(refused)) => Err(Unauthenticated::Refused(refused)),
            Err(ProviderDown) => Err(Unauthenticated::ProviderDown),
        }
    }

    fn of_static(&self, token: &str) -> Option<Caller> {
        if self.tokens.is_empty() {
            return None;
        }
        let presented = TokenHash::of(token);
        // all are compared, so that the time taken says nothing about which one was near
        let found = self.tokens.iter().fold(None, |found, (known, caller)| {
            if bool::from(known.bytes().ct_eq(presented.bytes())) { Some(caller) } else { found }
        });
        found.cloned()
    }
}

/// The token in a header (RFC 6750 section 2.1: `b64token`, one space before it).
fn bearer(header: &str) -> Result<&str, Unauthenticated> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unauthenticated::OtherScheme);
    }
    let may = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(may) {
        return Err(Unauthenticated::Malformed);
    }
    Ok(token)
}

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no `Authorization` header.
    #[error("no bearer token came with the request; send the header `Authorization: Bearer TOKEN`")]
    Missing,
    /// The header says who asks in another way than by a bearer token.
    #[error("only bearer tokens are taken; send the header `Authorization: Bearer TOKEN`")]
    OtherScheme,
    /// The header is not of the form `Bearer TOKEN`.
    #[error("the `Authorization` header is not of the form `Bearer TOKEN`")]
    Malformed,
    /// There is more than one token, or one where none may be.
    #[error("a token may come once, in the header `Authorization: Bearer TOKEN`, and nowhere else")]
    Ambiguous,
    /// The token is not one of ours, or no longer.
    #[error("the bearer token is not known here; take a current one from whoever runs this server")]
    Unknown,
    /// The token is not taken, and why.
    #[error("{0}")]
    Refused(Refused),
    /// The provider has to be asked and cannot.
    #[error("the identity provider cannot be reached, so nobody can be let in; try again in a moment")]
    ProviderDown,
    /// This peer was turned away too often.
    #[error("too many tokens from this address were refused; try again in {seconds} seconds")]
    TooMany {
        /// When to try again.
        seconds: u64,
    },
}

impl Unauthenticated {
    /// One word for ledger and metrics, the same for every refusal of its kind.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::OtherScheme => "other-scheme",
            Self::Malformed => "malformed",
            Self::Ambiguous => "ambiguous",
            Self::Unknown => "unknown",
            Self::Refused(refused) => refused.kind(),
            Self::ProviderDown => "provider-down",
            Self::TooMany { .. } => "too-many",
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
    async fn only_a_known_token_in_the_right_form_makes_a_caller() {
        let token = Token::generate().expect("randomness");
        let mut authenticator = Authenticator::default();
        authenticator.accept(token.hash(), "operator");
        let header = format!("Bearer {}", token.reveal());
        let caller = authenticate(&authenticator, Some(&header)).await.expect("known");
        assert_eq!(caller.roles(), ["operator"]);
        assert_eq!(caller.subject(), format!("token:operator:{}", token.hash().fingerprint()));
        for (header, refusal) in [
            (None, Unauthenticated::Missing),
            (Some("Bearer".to_owned()), Unauthenticated::Malformed),
            (Some(format!("Basic {}", token.reveal())), Unauthenticated::OtherScheme),
            (Some(format!("Bearer  {}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {} x", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {}\u{e9}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {}x", token.reveal())), Unauthenticated::Unknown),
        ] {
            assert_eq!(authenticate(&authenticator, header.as_deref()).await, Err(refusal), "{refusal}");
        }
    }

    #[test]
    fn whatever_a_header_holds_it_is_read_or_refused() {
        let mut bytes = [0; 64];
        for _ in 0..2000 {
            getrandom::fill(&mut bytes).expect("randomness");
            let text = String::from_utf8_lossy(&bytes);
            for header in [text.to_string(), format!("Bearer {text}"), format!("bEaReR {}", hex::encode(&bytes[..9]))] {
                let read = bearer(&header);
                assert!(read.is_err() || header.ends_with(read.unwrap_or_default()), "{header:?}");
            }
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::generate().expect("randomness");
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
