//! Shared pieces of the journeys.

pub mod asking;
pub mod browser;
pub mod ledger;
pub mod lines;
pub mod pair;
pub mod people;
pub mod provider;
pub mod raw;
pub mod real_controller;
pub mod served;
pub mod signed_in;
pub mod waiting;

pub use lines::Lines;
pub use pair::Pair;
pub use real_controller::RealController;
pub use served::Served;
pub use signed_in::SignedIn;
pub use waiting::{PATIENCE, before, patient, until};
