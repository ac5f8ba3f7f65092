//! Commands about applications.

pub(crate) mod archive;
pub mod bind;
mod bundle;
pub mod config;
pub mod constraints;
pub mod deploy;
pub mod expose;
pub mod refresh;
pub mod remove;
pub(super) mod resources;
pub mod scale;
pub mod set_base;
pub mod set_constraints;
pub mod show;
pub mod trust;
pub mod unexpose;
