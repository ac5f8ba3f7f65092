//! Shared pieces of the journeys.

pub mod real_controller;

pub use real_controller::RealController;
