//! Facade `Admin`: logging in.

use juju_wire::{
    Code, RemoteError,
    facade::admin::{Login, LoginWithClientCredentials, RedirectInfo},
};

use crate::methods::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Login>(|call, request| call.session().log_in(&request));
    methods.on::<LoginWithClientCredentials>(|call, request| call.session().log_in_service(&request));
    methods.on::<RedirectInfo>(|_, ()| Err(RemoteError::new(Code::None, "not redirected")));
}
