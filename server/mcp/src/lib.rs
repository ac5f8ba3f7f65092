//! Speaks MCP: the only room that names rmcp. What it offers comes from the catalogue; what it does goes through the door.

mod call;
mod changes;
mod confirm;
mod instructions;
mod listing;
mod observe;
mod progress;
mod reply;
mod server;
mod shelf;
mod stdio;
mod step_up;
mod surface;
mod telling;
mod tokens;
mod tool_limits;
mod trace;
mod transport;
mod trio;
mod validate;

pub use listing::{Line, Listing, listing};
pub use observe::Observe;
pub use reply::RESULT_BYTES;
pub use server::Server;
pub use stdio::{StdioFailed, over, stdio};
pub use step_up::ScopesNeeded;
pub use surface::{Selection, Surface};
pub use tokens::estimate as estimate_tokens;
pub use tool_limits::ToolLimits;
pub use transport::{HttpService, streamable_http};
