//! A finding as the engine holds it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Finding, detectors::find_detector};

/// A finding with what the engine needs of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tracked {
    pub(crate) finding: Arc<Finding>,
    /// Until when it stays open without its candidate.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Whether its cause is in its own entity.
    pub(crate) has_own_cause: bool,
    /// Whether others can follow from it already.
    pub(crate) explains: bool,
}

/// The rank of a finding; `None` where it neither causes others nor follows from them.
pub(super) fn rank(finding: &Finding) -> Option<u8> {
    find_detector(&finding.detector)?.rank
}
