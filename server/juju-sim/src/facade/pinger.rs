//! Facade `Pinger`.

use juju_wire::facade::pinger::Ping;

use crate::methods::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Ping>(|_, ()| Ok(()));
}
