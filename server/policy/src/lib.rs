//! May they: an act goes in, and a permit, a question or a refusal comes out. Nothing in this room does any I/O.

mod act;
mod approval;
mod judgement;
mod permit;
mod policy;
mod roles;

pub use act::{Act, Effect};
pub use approval::Demand;
pub use judgement::{Circumstances, Judgement};
pub use permit::{Permit, Permitted, Planned, Question, Verdict, decide};
pub use policy::{InForce, Policy};
pub use roles::{Denial, InvalidRoles, Roles};
