//! Commands about models.

pub mod add;
pub mod config;
pub mod destroy;
