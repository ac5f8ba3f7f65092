//! May they: an act goes in, and a permit, a question or a refusal comes out. Nothing in this room does any I/O.

mod act;
mod approval;
mod approval_decision;
mod approval_use;
mod bindings;
mod denial;
mod document;
mod fingerprint;
mod in_force;
mod judgement;
mod pattern;
mod permit;
mod plain;
mod policy;
mod roles;
mod rules;
pub mod scope;
mod selector;

pub use act::{Act, Effect};
pub use approval::{Approval, Asker, Demand, Question, Status};
pub use approval_decision::{APPROVE_SCOPE, APPROVER, Undecidable};
pub use approval_use::{Unfit, Use};
pub use bindings::{Binding, Holder};
pub use denial::Denial;
pub use document::{InvalidPolicy, Profile};
pub use fingerprint::fingerprint;
pub use in_force::InForce;
pub use judgement::{Circumstances, Explanation, Judgement};
pub use pattern::Pattern;
pub use permit::{Asked, Permit, Permitted, Planned, Verdict, decide};
pub use plain::{LONGEST_SHOWN, lookalikes, plain, plain_and_short};
pub use policy::{NoSuchRole, Policy};
pub use roles::Roles;
pub use rules::{Budget, Hit, Looked, MEASURES, Prices, Reserved, Response, Rule, Severity, known_facts};
pub use selector::{Condition, Selector};
