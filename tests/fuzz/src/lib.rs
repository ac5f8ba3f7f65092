//! The targets: each takes any bytes, and must neither panic nor contradict itself.

pub mod bearer;
pub mod content;
pub mod frames;
#[cfg(feature = "messages")]
pub mod messages;
pub mod yaml;
