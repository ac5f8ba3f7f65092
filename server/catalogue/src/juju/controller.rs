//! Commands about controllers and who uses them.

pub mod list;
pub mod whoami;
