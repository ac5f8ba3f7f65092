//! How long the simulated agents take.

use std::time::Duration;

use chrono::TimeDelta;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct AgentTiming {
    /// A machine, from asked for to started.
    pub machine: Duration,
    /// One hook.
    pub hook: Duration,
}

impl Default for AgentTiming {
    fn default() -> Self {
        Self { machine: Duration::from_millis(600), hook: Duration::from_millis(150) }
    }
}

impl AgentTiming {
    pub(super) fn machine(self) -> TimeDelta {
        TimeDelta::from_std(self.machine).unwrap_or_default()
    }

    pub(super) fn hook(self) -> TimeDelta {
        TimeDelta::from_std(self.hook).unwrap_or_default()
    }
}
