//! Maintenance: when a model is quiet, and what to do then. No clock and no I/O.
//!
//! - [`WeeklySpan`] is a window of each week, from the configuration or from the [`ActivityHistory`] of a model.
//! - [`MaintenancePlan`] is what to do in the next window: steps with their calls and estimates, and the way back. Its id depends on
//!   the upgrades alone, so that the same upgrades have the same plan until they are done.

mod activity;
mod plan;
mod week;

pub use activity::{ActivityHistory, QuietSpan};
pub use plan::{MaintenancePlan, PlanStep, WindowOrigin, propose};
pub use week::{InvalidSpan, MaintenanceWindow, WeeklySpan};
