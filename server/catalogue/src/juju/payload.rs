//! Commands about payloads of units.

pub mod list;
