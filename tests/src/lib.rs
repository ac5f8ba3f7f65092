//! Shared pieces of the journeys.

pub mod raw;
pub mod real_controller;
pub mod served;

pub use real_controller::RealController;
pub use served::Served;
