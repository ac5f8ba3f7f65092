//! Commands about relations.

pub mod integrate;
pub mod remove;
pub mod suspend;
