//! The targets: each takes any bytes, and must neither panic nor contradict itself.

#[cfg(feature = "callers")]
pub mod bearer;
pub mod content;
pub mod frames;
#[cfg(feature = "messages")]
pub mod messages;
#[cfg(feature = "callers")]
pub mod yaml;
