//! Commands about models.

pub mod add;
pub mod config;
pub mod destroy;
pub mod info;
pub mod list;
pub mod show;
pub mod status;
pub mod wait;
