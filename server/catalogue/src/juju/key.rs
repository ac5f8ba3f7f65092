//! Commands about SSH keys of a model.

pub mod change;
pub mod list;
