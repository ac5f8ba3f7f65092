//! Write it down: every act, allowed or denied, in an append-only ledger whose records are chained by hashes, and whose
//! heads the server signs.
//!
//! The ledger opens before an act, and may refuse it; it closes after, and never changes the answer.

mod append;
mod chain;
mod changes;
mod entry;
mod error;
mod export;
mod head;
mod key;
mod ledger;
mod newest;
mod record;
mod redact;
mod request;
mod retention;
mod verify;
mod walk;

pub use changes::{Change, Changes, changes};
pub use entry::Entry;
pub use error::Error;
pub use export::{Exported, Only, export, verify_export};
pub use head::Head;
pub use key::{PublicKey, Signer};
pub use ledger::{Ledger, Terms};
pub use newest::Newest;
pub use record::{Beginning, Decision, Ending, Juju, JujuRequest, Outcome, Phase, Record, Ruling};
pub use redact::redact;
pub use request::Request;
pub use retention::Keep;
pub use verify::verify;
pub use walk::{Broken, Flaw, Verified, Walk};
