//! Commands about machines.

pub mod add;
pub mod remove;
