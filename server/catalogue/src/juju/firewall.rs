//! Commands about the firewall of a model.

pub mod list;
pub mod set;
