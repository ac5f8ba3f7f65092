//! Commands about controllers and who uses them.

pub mod whoami;
