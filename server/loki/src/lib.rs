//! Client of Loki: queries that can be held to one model, live tails, and what is in log lines: errors, groups, categories.
//!
//! ```text
//! LogQL ----> bind_to_model ----> LokiReader ----> Loki
//!        (every stream selector   (one caller's
//!         names the model)         view of a LokiClient)
//! lines ----> detect_level ----> ErrorReport (by service and category, with the time of onset)
//!       (lines without a level too)
//! ```
//!
//! - **A caller who may see one model reads with a [`LokiReader`] that is held to it.** It has no method without the matcher.
//! - **Texts of callers are quoted**, never pasted into a query.
//! - **Nothing here knows callers, policy or MCP.** The lines can come from Juju's own log as well.

mod answer;
mod bind;
mod category;
mod client;
mod detect;
mod error_query;
mod error_report;
mod level_words;
mod methods;
#[cfg(test)]
mod numbers;
mod quote;
mod range;
mod tail;
mod token;

pub use answer::{
    DetectedField, FoundPattern, LineStream, LogqlResult, LogqlSample, LogqlSeries, LokiLine, NumberAt, SERVICE_LABELS,
    StreamLabels, TextAt, lines_of, service_of,
};
pub use bind::{MODEL_LABEL, bind_to_model};
pub use category::category;
pub use client::{FoundLines, LokiClient, LokiReader, MAX_LINES_PER_REQUEST, selector};
pub use detect::{DetectedLevel, ERROR_WORDS, detect_level};
pub use error_report::{ErrorGroup, ErrorReport};
pub use quote::{LineFilter, escape_regex, quote};
pub use range::{LineOrder, LogRange};
pub use tail::{LokiTail, TailedLines};
pub use token::QueryProblem;
