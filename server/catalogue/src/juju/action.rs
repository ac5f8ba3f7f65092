//! Commands about actions and the operations that they are part of.

pub mod exec;
mod finish;
pub mod list;
pub mod operation;
pub mod operations;
pub mod run;
pub mod show_operation;
