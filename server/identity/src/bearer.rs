//! The `Authorization` header of a request becomes a caller (RFC 6750 section 2.1).

use subtle::ConstantTimeEq;

use crate::{Caller, TokenHash};

/// Knows all tokens, and nobody without one.
#[derive(Debug, Clone, Default)]
pub struct Authenticator {
    tokens: Vec<(TokenHash, Caller)>,
}

impl Authenticator {
    /// Accepts `token` as a caller that holds `role`.
    pub fn accept(&mut self, token: TokenHash, role: &str) {
        self.tokens.push((token, Caller::of_token(role, &token.fingerprint())));
    }

    /// Who sent this `Authorization` header.
    ///
    /// # Errors
    /// [`Unauthenticated`], with nothing in it that the sender did not already know.
    pub fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, Unauthenticated> {
        let header = authorization.ok_or(Unauthenticated::Missing)?;
        let (scheme, token) = header.split_once(' ').ok_or(Unauthenticated::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
            return Err(Unauthenticated::Malformed);
        }
        let presented = TokenHash::of(token);
        // all are compared, so that the time taken says nothing about which one was near
        let found = self.tokens.iter().fold(None, |found, (known, caller)| {
            if bool::from(known.bytes().ct_eq(presented.bytes())) { Some(caller) } else { found }
        });
        found.cloned().ok_or(Unauthenticated::Unknown)
    }
}

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no `Authorization` header.
    #[error("no bearer token came with the request; send the header `Authorization: Bearer TOKEN`")]
    Missing,
    /// The header is not of the form `Bearer TOKEN`.
    #[error("the `Authorization` header is not of the form `Bearer TOKEN`")]
    Malformed,
    /// The token is not one of ours, or no longer.
    #[error("the bearer token is not known here; take a current one from whoever runs this server")]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Token;

    #[test]
    fn only_a_known_token_in_the_right_form_makes_a_caller() {
        let token = Token::generate().expect("randomness");
        let mut authenticator = Authenticator::default();
        authenticator.accept(token.hash(), "operator");
        let header = format!("Bearer {}", token.reveal());
        let caller = authenticator.authenticate(Some(&header)).expect("known");
        assert_eq!(caller.roles(), ["operator"]);
        assert_eq!(caller.subject(), format!("token:operator:{}", token.hash().fingerprint()));
        for (header, refusal) in [
            (None, Unauthenticated::Missing),
            (Some("Bearer".to_owned()), Unauthenticated::Malformed),
            (Some(format!("Basic {}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer  {}", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {} x", token.reveal())), Unauthenticated::Malformed),
            (Some(format!("Bearer {}x", token.reveal())), Unauthenticated::Unknown),
        ] {
            assert_eq!(authenticator.authenticate(header.as_deref()), Err(refusal), "{refusal}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::generate().expect("randomness");
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
