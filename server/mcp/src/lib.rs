//! The MCP server of the program, in both protocol eras. It offers the tools of the catalogue and executes them by the
//! dispatcher; this is the only crate that depends on `rmcp`.

mod builtin;
mod call_context;
mod call_metrics;
mod completion;
mod confirmation;
mod endpoint;
mod help;
mod http;
mod instructions;
mod lines;
mod listing;
mod message_check;
mod progress;
mod prompts;
mod reply;
mod request_scope;
mod resolved_call;
mod resources;
mod server;
mod services;
mod stdio;
mod step_up;
mod subscriptions;
mod tool_limits;
mod tool_list;
mod trace;
mod transport;

pub use call_context::RequestPermit;
pub use call_metrics::CallMetrics;
pub use catalogue::estimate_tokens;
pub use endpoint::{Endpoint, Selection};
pub use listing::{Listing, ToolSize, listing, tool_arguments, tool_names};
pub use prompts::Prompts;
pub use server::Server;
pub use stdio::{StdioError, serve_stdio, serve_stream};
pub use step_up::ScopesNeeded;
pub use tool_limits::ToolLimits;
pub use transport::{HttpHandler, HttpService, streamable_http};
