//! Facade `Block`: the simulated controller has no commands disabled.

use juju_wire::facade::block::{BlockResults, List};

use crate::{methods::Methods, state::ModelAccess};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<List>(|call, ()| {
        call.require(ModelAccess::Read)?;
        Ok(BlockResults::default())
    });
}
