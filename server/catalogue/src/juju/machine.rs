//! Commands about machines.

pub mod add;
pub mod list;
pub mod remove;
pub mod retry;
pub mod show;
pub mod upgrade;
