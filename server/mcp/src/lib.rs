//! Speaks MCP: the only room that names rmcp.

mod observe;
mod surface;
mod transport;

pub use observe::Observe;
pub use surface::{Selection, Surface};
pub use transport::{HttpService, streamable_http};
