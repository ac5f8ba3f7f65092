//! Commands about what happened.

pub mod status;
