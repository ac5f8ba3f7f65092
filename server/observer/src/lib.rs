//! The observer: detects in the live estate what goes wrong, and separates root causes from their consequences.
//!
//! ```text
//! LiveEstate --graph, events--> ModelFacts --> Detector::detect --> classify --> Engine --> FindingLog --> FindingReader
//! controller --status---------> (data only)    (pure, one file      (pure)       (pure:     (numbered,     (a place in it)
//!                                               each)                             roots)     bounded)
//! ```
//!
//! - [`Finding`] is what a reader receives: evidence, cause, affected entities and a recommended call. Findings open, update and
//!   close; the [`FindingLog`] has each change with a number, so that a reader can resume after a restart.
//! - [`Detector`] is the interface of detectors, [`DETECTORS`] the table of all.
//! - [`Baseline`] is the state that a model should have, [`LogGroup`] a kind of log line with its count, [`Measurement`] a series of
//!   values: input for detectors that others fill by [`Observer::set_baseline`] and the like.
//! - [`Observer`] does the I/O, with connections that take no method that writes.

mod baseline;
mod bundle_baseline;
mod cause;
mod certificate;
mod detector;
mod detectors;
mod engine;
mod external_alert;
mod facts;
mod finding;
mod finding_log;
mod history;
mod links;
mod log_group;
mod measurement;
mod model_baseline;
mod observed_logs;
mod observer;
mod reader;
mod settings;

pub use baseline::{Baseline, BaselineApplication, OptionValue};
pub use bundle_baseline::InvalidBundle;
pub use detector::{
    Candidate, ConfiguredThresholds, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds,
};
pub use detectors::{DETECTORS, charm_of, constraints_text, find_detector, relation_text};
pub use external_alert::ExternalAlert;
pub use facts::{Expiry, ModelFacts, OwnWrite, Reported, ReportedStatus, UserConnection, duration_text};
pub use finding::{
    CauseClass, Evidence, Finding, FindingCause, FindingEntity, FindingSeverity, FindingState, FindingTrend,
    RecommendedCall, TrendDirection, sort_findings,
};
pub use finding_log::{FindingBatch, FindingChange, FindingChangeKind, FindingLog, FindingReader};
pub use history::{HistoryEntry, ModelHistory};
pub use log_group::LogGroup;
pub use measurement::{Measurement, MeasurementKind};
pub use observer::{AlertNews, Observer};
pub use reader::option_value;
pub use settings::{ObserverSettings, Silence, fits_model};
