//! May they: an act goes in, and a permit, a question or a refusal comes out. Nothing in this room does any I/O.

mod act;
mod approval;
mod approval_decision;
mod approval_use;
mod bindings;
mod judgement;
mod permit;
mod policy;
mod roles;
pub mod scope;

pub use act::{Act, Effect};
pub use approval::{Approval, Asker, Demand, Question, Status, fingerprint};
pub use approval_decision::{APPROVE_SCOPE, APPROVER, Undecidable};
pub use approval_use::{Unfit, Use};
pub use bindings::{Binding, Holder};
pub use judgement::{Circumstances, Judgement};
pub use permit::{Asked, Permit, Permitted, Planned, Verdict, decide};
pub use policy::{InForce, InvalidPolicy, Policy};
pub use roles::{Denial, InvalidRoles, Roles};
