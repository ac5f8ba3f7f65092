//! Shared pieces of the journeys.

pub mod approval_fixture;
pub mod browser;
pub mod callers;
pub mod eventually;
pub mod ledger;
pub mod provider;
pub mod raw_http;
pub mod real_controller;
pub mod served;
pub mod side_by_side;
pub mod signed_in;
pub mod stdio_client;

pub use eventually::{PATIENCE, before, patient, until};
pub use real_controller::RealController;
pub use served::Served;
pub use side_by_side::Pair;
pub use signed_in::SignedIn;
pub use stdio_client::Lines;
