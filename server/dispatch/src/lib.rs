//! The one door: every effect on an estate passes through [`carry_out`].

mod approvals;
mod asking;
mod call;
mod changes;
mod circumstances;
mod clock;
mod door;
mod doorkeeper;
mod limited;
mod policy_change;
mod refusal;
mod repetition;
mod scopes;
mod security_events;
mod spending;
mod stored;
mod supposing;
mod terms;
mod text;
mod turned_away;
mod whose;

pub use approvals::{Approvals, Decision, NotDecided};
pub use call::{Call, Proof, Provenance, Reply, Waiting};
pub use changes::{TOOL as CHANGES, Wanted, changes};
pub use clock::Clock;
pub use door::{Door, carry_out};
pub use doorkeeper::Doorkeeper;
pub use limited::{Limited, note_limited};
pub use policy_change::put_in_force;
pub use refusal::Refusal;
pub use scopes::{Narrow, too_narrow};
pub use security_events::SecurityEvents;
pub use spending::recall;
pub use supposing::{Supposed, validate};
pub use terms::ApprovalTerms;
