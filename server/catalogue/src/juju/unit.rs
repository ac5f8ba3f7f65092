//! Commands about units.

pub mod add;
pub mod remove;
pub mod resolved;
pub mod show;
