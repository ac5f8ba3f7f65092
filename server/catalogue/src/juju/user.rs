//! Commands about users.

pub mod list;
