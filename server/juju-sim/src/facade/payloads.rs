//! Facade `Payloads`: no simulated unit runs a payload that it would have to tell of.

use juju_wire::facade::payloads::{List, PayloadListResults};

use crate::{methods::Methods, state::ModelAccess};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<List>(|call, _| call.require(ModelAccess::Read).map(|()| PayloadListResults::default()));
}
