//! The tools: one file per tool, by noun and verb, in the words of the Juju client.
//!
//! The author of a tool writes [`Command`]: types, a few constants, and two short functions. [`Tool`] is what the rest
//! of the program sees of it: JSON in, a [`Plan`] out.

mod answer;
mod backends;
mod bad_arguments;
mod bounds;
mod coerce;
mod command;
mod command_line;
mod concise;
mod constraints;
mod cost;
mod cursor;
mod document;
mod entity;
mod externals;
mod failure;
pub mod juju;
mod kubernetes;
mod loki;
mod offer_url;
mod options;
mod overview;
mod plan;
mod planned_call;
mod preconditions;
mod program;
mod prometheus;
mod registry;
mod resolve_entities;
mod resolved_target;
mod rows;
#[cfg(test)]
mod samples;
mod schema;
mod scope;
mod search;
mod shell_words;
mod status_source;
mod synonyms;
mod target;
mod target_log;
mod target_state;
mod text;
mod token_estimate;
mod view;

pub use answer::Answer;
pub use backends::Backends;
pub use bad_arguments::BadArguments;
pub use bounds::{
    MAX_ARGUMENTS_BYTES, MAX_COUNT, MAX_ITEMS, MAX_NAME_CHARS, MAX_QUERY_CHARS, MAX_WAIT_SECONDS, add_own_bounds,
    check_bounds, with_all_bounds,
};
pub use coerce::coerce_arguments;
pub use command::Command;
pub use concise::{Concise, Filter, Table};
pub use content::nearest;
pub use cost::Cost;
pub use document::join_page;
pub use entity::{RISKS, name as name_in_tag};
pub use externals::Externals;
pub use failure::Failure;
pub use offer_url::OfferUrl;
pub use options::{Format, Options, ViewOptions};
pub use plan::{Plan, Tool};
pub use planned_call::{PlannedCommand, PlannedWork};
pub use preconditions::{Access, Blocks, Facts, Precondition, Substrate};
pub use program::JujuProgram;
pub use registry::{Catalogue, FoundCommand};
pub use resolved_target::{Progress, ResolvedTarget, TargetSelector};
pub use scope::{JujuAccess, Scope};
pub use search::ModelKind;
pub use status_source::{KnownStatus, StatusAnswer, StatusSource};
pub use target_log::LatestLine;
pub use text::{count, shorten, table};
pub use token_estimate::estimate_tokens;
pub use view::{MAX_RESULT_TOKENS, render_rows, without_boundaries};
