//! Commands about what happened.

pub mod debug;
pub mod status;
