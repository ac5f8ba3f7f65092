//! Logs of models: one stream per model for all readers, filters, and groups of similar lines.
//!
//! ```text
//! controller --LogQuery--> ModelLogs ----> LogBuffer --> LogReader (one per reader)
//!                          (one stream     (bounded)     (a place and a filter, no queue)
//!                           per model)
//! LogLine ----> mask ----> LogGroups
//!         (pure, no I/O; for lines of every origin)
//! ```
//!
//! - **The controller filters what it can:** level, entities, modules and the first time. This crate filters the rest before
//!   it counts lines against a limit.
//! - **One stream per model.** It delivers what its readers need together; it starts with the first of them, and ends an idle
//!   time after the last.
//! - **Readers cannot delay anything.** A [`LogReader`] is a place in a [`LogBuffer`]. One that is too slow learns how many
//!   lines it has missed.
//! - **Groups depend on the lines alone:** the same lines give the same groups, in linear time and bounded memory.

mod excerpt;
mod level;
mod line;
mod log_buffer;
mod log_filter;
mod log_groups;
mod log_stream;
mod mask;
mod model_logs;

#[cfg(test)]
mod generated_tests;

pub use excerpt::{LogExcerpt, MAX_SEARCHED_LINES, read_excerpt};
pub use level::LogLevel;
pub use line::LogLine;
pub use log_buffer::{LogBatch, LogBuffer};
pub use log_filter::LogFilter;
pub use log_groups::{LogGroup, LogGroups};
pub use mask::mask;
pub use model_logs::{LogReader, LogSettings, LoggedModel, ModelLogs, StreamCondition, TooManyLogs};
