//! Write it down: every act, allowed or denied, in an append-only ledger whose records are chained by hashes.
//!
//! The ledger opens before an act, and may refuse it; it closes after, and never changes the answer.

mod chain;
mod ledger;
mod record;
mod redact;

pub use chain::{Broken, Verified, verify};
pub use ledger::{Entry, Error, Ledger, Request};
pub use record::{Beginning, Decision, Ending, Outcome, Phase, Record, Ruling};
pub use redact::redact;
