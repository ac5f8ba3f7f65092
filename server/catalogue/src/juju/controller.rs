//! Commands about controllers and who uses them.

pub mod backup;
pub mod config;
pub mod dashboard;
pub mod destroy;
pub mod enable_ha;
pub mod list;
pub mod show;
pub mod version;
pub mod whoami;
