//! Traces: turns spans of [`tracing`] into OTLP, and sends them to a collector over HTTP.
//!
//! A span belongs to a trace if its target is [`TARGET`]; the log ignores such spans. Until [`Spans::start`] is called, the macros of these
//! spans evaluate to one comparison, and no field is computed.
//!
//! ```text
//! info_span!(target: "otlp_span", ..) --> SpanLayer --> bounded queue --> exporter task --> POST /v1/traces
//!                                                           |
//!                                                           +-- full: the span is dropped and counted
//! ```
//!
//! Some fields describe the span itself, with the names that `tracing-opentelemetry` uses too:
//!
//! | field | meaning |
//! |---|---|
//! | `otel.kind` | `server`, `client`, or `internal` (default); only a `server` span may begin a trace |
//! | `otel.name` | the name, if it is not that of the macro |
//! | `otel.trace_id` | a UUID that becomes the id of the trace if this span begins it |
//! | `traceparent` | the context that the sender of a request gave (W3C Trace Context, section 3.2) |
//! | `error.type` | a code; the span has failed |
//!
//! All other fields are attributes.

mod encode;
mod exporter;
mod layer;
mod span;
mod trace_context;

#[cfg(test)]
mod tests;

pub use exporter::{Exporter, Settings};
pub use layer::{SpanFilter, SpanLayer, Spans};
pub use trace_context::TraceParent;

/// The target of the spans that belong to traces.
pub const TARGET: &str = "otlp_span";
