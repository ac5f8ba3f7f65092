//! What roles and rules say to an act, before anybody was asked for a yes.

use chrono::{DateTime, Utc};
use identity::Caller;

use crate::{Act, Demand, Denial, Policy};

/// What a judgement depends on beyond the policy, the caller and the act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// The moment at which it is judged.
    pub now: DateTime<Utc>,
}

/// What the policy says to an act of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It may be done.
    Allow,
    /// It may be done after a human said yes.
    Ask {
        /// The rules that want a human, each with what it wants; never empty.
        demands: Vec<Demand>,
    },
    /// It may not be done.
    Deny(Denial),
}

impl Policy {
    /// Judges an act. Pure; what no role allows is denied.
    #[must_use]
    pub fn judge(&self, caller: &Caller, act: &Act, _: &Circumstances) -> Judgement {
        if let Err(denial) = self.allow(caller, act.effect) {
            return Judgement::Deny(denial);
        }
        match self.wants(act.effect) {
            demands if demands.is_empty() => Judgement::Allow,
            demands => Judgement::Ask { demands },
        }
    }
}
