//! Bearer tokens: every `Authorization` header without the one known token is rejected.

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    task::{Context, Poll, Waker},
};

use identity::{Authenticator, Presented, TokenHash};

const KNOWN: &str = "jmcp_0123456789abcdefghijklmnopqrstuv";

/// Authenticates with the bytes as the header.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut authenticator = Authenticator::default();
    authenticator.add_static_token(TokenHash::digest(KNOWN), "viewer");
    let known =
        text.split_once(' ').is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token == KNOWN);
    let peer = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    // without an identity provider the future is ready at once
    let answer =
        pin!(authenticator.authenticate(Presented::Header(text), peer)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(caller) = answer else { panic!("pending: {text:?}") };
    assert_eq!(caller.is_ok(), known, "{text:?}");
}
