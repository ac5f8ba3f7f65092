//! What an act needs of its model and its user, as data. A dry run and an approval request check it before anything is sent; the
//! failure of an act is explained by it. A refusal has the code and the sentence of the controller, and the nearest name there is.

mod access;
mod actions;
mod charms;
mod check;
mod controller;
mod entities;
mod facts;
mod options;
mod placement;
mod precondition;
mod relations;
mod removal;
mod unmet;

pub(crate) use check::Preconditions;
pub use facts::Facts;
pub use precondition::{Access, Blocks, Precondition, Substrate};
