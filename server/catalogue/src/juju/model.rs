//! Commands about models.

pub mod add;
pub mod config;
pub mod constraints;
pub mod defaults;
pub mod destroy;
pub mod export_bundle;
pub mod info;
pub mod list;
pub mod migrate;
pub mod set_constraints;
pub mod show;
pub mod status;
pub mod upgrade;
pub mod wait;
