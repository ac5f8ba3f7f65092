//! Commands about actions and the operations that they are part of.

pub mod list;
pub mod operation;
pub mod operations;
pub mod show_operation;
