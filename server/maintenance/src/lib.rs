//! Maintenance: when a model is quiet, and what to do then. It proposes calls, and makes none.
//!
//! - [`WeeklySpan`] is a window of each week, from the configuration or from the [`ActivityHistory`] of a model.
//! - [`MaintenancePlan`] is what to do in the next window: steps with their calls and estimates, and the way back. Its id depends on
//!   the upgrades alone, so that the same upgrades have the same plan until they are done.
//! - [`Planner`] counts the activity of the models, and stores a plan for each one with upgrades. All else has no clock and no I/O.

mod activity;
mod plan;
mod planner;
mod week;

pub use activity::{ActivityHistory, QuietSpan};
pub use plan::{MaintenancePlan, PlanStep, WindowOrigin, propose};
pub use planner::{ConfiguredWindow, MaintenanceSettings, Planner, Unplanned};
pub use week::{InvalidSpan, MaintenanceWindow, WeeklySpan};
