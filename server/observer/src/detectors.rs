//! All detectors, a file each.

mod below_scale;
mod broken_relations;
mod capacity;
mod drift;
mod expiry;
mod external_alerts;
mod flapping;
mod hook_failed;
mod hook_retries;
mod log_bursts;
mod lost_agents;
mod machine_loss;
mod missing_leader;
mod pending_upgrades;
mod provisioning;
mod saturation;
mod storage_health;
mod stuck_states;
mod unrecorded_changes;

#[cfg(test)]
mod tests;

use crate::detector::{Detector, DetectorDescription};

pub(crate) use drift::compare_with_baseline;
pub use drift::{charm_of, constraints_text, relation_text};

/// Every detector.
pub const DETECTORS: [&dyn Detector; 19] = [
    &below_scale::BelowScale,
    &broken_relations::BrokenRelations,
    &capacity::Capacity,
    &drift::Drift,
    &expiry::ExpirySoon,
    &external_alerts::ExternalAlerts,
    &flapping::Flapping,
    &hook_failed::HookFailed,
    &hook_retries::HookRetries,
    &log_bursts::LogBursts,
    &lost_agents::LostAgents,
    &machine_loss::MachineLoss,
    &missing_leader::MissingLeader,
    &pending_upgrades::PendingUpgrades,
    &provisioning::Provisioning,
    &saturation::Saturation,
    &storage_health::StorageHealth,
    &stuck_states::StuckStates,
    &unrecorded_changes::UnrecordedChanges,
];

/// The description of the detector of this name.
#[must_use]
pub fn find_detector(name: &str) -> Option<&'static DetectorDescription> {
    DETECTORS.iter().map(|detector| detector.description()).find(|description| description.name == name)
}

/// Whether findings of a detector close as soon as their condition has ended, because the end is a message and no observation.
pub(crate) fn closes_at_once(name: &str) -> bool {
    name == external_alerts::DESCRIPTION.name
}
