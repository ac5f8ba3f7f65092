//! The fuzz targets: each accepts any bytes, and must neither panic nor contradict itself.

#[cfg(feature = "tools")]
pub mod arguments;
#[cfg(feature = "callers")]
pub mod bearer;
pub mod content;
pub mod frames;
#[cfg(feature = "tokens")]
pub mod jwt;
#[cfg(feature = "messages")]
pub mod messages;
#[cfg(feature = "tokens")]
#[path = "../../src/provider.rs"]
pub mod provider;
#[cfg(feature = "callers")]
pub mod yaml;
