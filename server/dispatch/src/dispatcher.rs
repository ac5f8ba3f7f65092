//! The services that a call needs.

use std::sync::Arc;

use audit::Ledger;
use catalogue::Catalogue;
use estate::{EstateSettings, EstatesByRole};
use juju_client::{Controllers, ReadOnlyControllers};
use logs::{LogSettings, ModelLogs};
use maintenance::Planner;
use observer::Observer;
use policy::{ActivePolicy, OptionMask, Permissions};

use crate::{ApprovalSettings, Clock, WritesInProgress};

/// The services that a call needs.
pub struct Dispatcher {
    /// All tools.
    pub catalogue: Catalogue,
    /// The active policy.
    pub policy: ActivePolicy,
    /// The record of every act.
    pub ledger: Ledger,
    /// Connections to the controllers.
    pub controllers: Controllers,
    /// The watched models of these controllers; see [`crate::read_live`].
    pub estates: EstatesByRole,
    /// Streams of the logs of models; see [`crate::follow_log`].
    pub logs: ModelLogs,
    /// Detects what goes wrong in the models; `None` where it is off.
    pub observer: Option<Arc<Observer>>,
    /// Plans upgrades for the windows of the models; `None` where there is no observer.
    pub planner: Option<Arc<Planner>>,
    /// How approvals are requested and given.
    pub approvals: ApprovalSettings,
    /// Masks secret options for callers that may not read content.
    pub option_mask: OptionMask,
    /// The time that decides: for approvals, rules, budgets and idempotency keys. See [`Clock`].
    pub clock: Clock,
    /// Writes that have not ended.
    pub writes: WritesInProgress,
}

/// The live estate of these controllers, which watches nothing yet.
#[must_use]
pub fn estates_of(controllers: &Controllers) -> EstatesByRole {
    EstatesByRole::new(ReadOnlyControllers::new(controllers.clone()), EstateSettings::default())
}

/// The logs of the models of these controllers, of which nothing is streamed yet.
#[must_use]
pub fn logs_of(controllers: &Controllers) -> ModelLogs {
    ModelLogs::new(ReadOnlyControllers::new(controllers.clone()), LogSettings::default())
}

impl Dispatcher {
    /// The controllers with the Juju credential of the caller's strongest role, where that role has one.
    pub(crate) fn controllers_for(&self, rights: &Permissions<'_>) -> Controllers {
        rights.strongest_role().map_or_else(|| self.controllers.clone(), |role| self.controllers.for_role(role))
    }
}
