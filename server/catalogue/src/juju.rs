//! Commands of the Juju client: a folder a noun, a file a verb.

use crate::{Tool, plan::Adapter};

pub mod controller;

/// One tool for each command that is here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![Adapter::<controller::whoami::Whoami>::boxed()]
}
