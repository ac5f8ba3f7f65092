//! Commands about offers.

pub mod consume;
pub mod make;
