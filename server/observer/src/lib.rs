//! The observer: detects in the live estate what goes wrong, and separates root causes from their consequences.
//!
//! - [`Finding`] is what a reader receives: evidence, cause, affected entities and a recommended call. Findings open, update and
//!   close; the [`FindingLog`] has each change with a number, so that a reader can resume after a restart.
//! - [`Baseline`] is the state that a model should have, [`LogGroup`] a kind of log line with its count, [`Measurement`] a series of
//!   values: input for detectors that others fill.

mod baseline;
mod finding;
mod finding_log;
mod log_group;
mod measurement;

pub use baseline::{Baseline, BaselineApplication, OptionValue};
pub use finding::{
    CauseClass, Evidence, Finding, FindingCause, FindingEntity, FindingSeverity, FindingState, FindingTrend,
    RecommendedCall, TrendDirection,
};
pub use finding_log::{FindingBatch, FindingChange, FindingChangeKind, FindingLog, FindingReader};
pub use log_group::LogGroup;
pub use measurement::{Measurement, MeasurementKind};
