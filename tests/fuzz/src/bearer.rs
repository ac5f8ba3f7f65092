//! Bearer tokens: any `Authorization` header is refused unless it holds the one known token.

use identity::{Authenticator, TokenHash};

const KNOWN: &str = "jmcp_0123456789abcdefghijklmnopqrstuv";

/// Reads the bytes as a header.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut authenticator = Authenticator::default();
    authenticator.accept(TokenHash::of(KNOWN), "viewer");
    let known = text.split_once(' ').is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && token == KNOWN
    });
    assert_eq!(authenticator.authenticate(Some(text)).is_ok(), known, "{text:?}");
}
