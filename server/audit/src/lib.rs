//! The ledger: an append-only audit log. Its records are chained by hashes, and the server signs checkpoints of the chain.
//!
//! # Entries and records
//!
//! Every event has one *entry*: a tool call (allowed or denied), a failed authentication, a reload of the policy, calls refused by a
//! rate limit, a decision about an approval ([`AuditEvent`]). An entry has two *records*, each one line of the ledger:
//!
//! 1. the *open* record, persisted before the work begins: who requested what ([`OpenRecord`]);
//! 2. the *close* record, written when the work has ended: the decision of the policy and the outcome ([`CloseRecord`]).
//!
//! If the open record cannot be persisted, the call is refused, reads included. The types enforce that order:
//!
//! ```text
//! Ledger::begin_entry ──► PendingEntry ──persisted().await──► Entry ──close(outcome)──► close record
//!                         no id, no close                     id for the reply
//! ```
//!
//! A read uses [`Ledger::begin_entry`] and waits for the disk and the controller at the same time; everything else uses
//! [`Ledger::open_entry`]. An entry that is dropped, for example because the caller disconnected, closes itself. Events that are over
//! already use [`Ledger::record`].
//!
//! ```no_run
//! # async fn example(ledger: &audit::Ledger, caller: &identity::Caller, act: &policy::Act) -> Result<(), audit::Error> {
//! use audit::{NewEntry, Outcome, RecordedDecision, ToolCall, Verdict};
//!
//! let new = NewEntry::from_call(caller, ToolCall::new(act));
//! let mut entry = ledger.begin_entry(new).await?.persisted().await?;
//! entry.set_decision(RecordedDecision::new(Verdict::Allow, [""; 0]));
//! // ... do the work, answer with `entry.id()` ...
//! entry.close(Outcome::Done, "");
//! # Ok(())
//! # }
//! ```
//!
//! # Proof
//!
//! The hash of a record covers the previous hash ([`Record::hash`]), so a change breaks the chain. A process that can write the store could
//! recompute all hashes; therefore the server signs *checkpoints* ([`Checkpoint`]) and stores the latest one outside the database as well
//! ([`LatestCheckpoint`]), which reveals a truncated ledger. [`verify`] checks a whole ledger, [`verify_export`] an [`export`] without it.
//!
//! One task appends ([`Ledger`] sends it commands), so the chain has one order. [`Retention`] removes the oldest records.

mod append;
mod bounded_arguments;
mod chain;
mod chain_verifier;
mod changes;
mod checkpoint;
mod checkpoint_file;
mod checkpoint_sink;
mod entry;
mod error;
mod event;
mod export;
mod key;
mod ledger;
mod new_entry;
mod record;
mod record_budget;
mod repair;
mod retention;
mod verify;

pub use bounded_arguments::MAX_RECORDED_ARGUMENTS_BYTES;
pub use chain_verifier::{ChainError, ChainVerifier, InvalidRecord, Verified};
pub use changes::{Change, ChangeFilter, Changes, changes};
pub use checkpoint::{Checkpoint, NextKey};
pub use checkpoint_file::LatestCheckpoint;
pub use checkpoint_sink::{CheckpointSink, Delivery, SinkStatus};
pub use entry::{Entry, PendingEntry};
pub use error::Error;
pub use event::{ApprovalKind, AuditEvent, ToolCall};
pub use export::{ExportFilter, Exported, export, verify_export};
pub use key::{PublicKey, Signer};
pub use ledger::{Ledger, LedgerConfig};
pub use new_entry::NewEntry;
pub use record::{
    CloseRecord, JujuAuditRefs, JujuRequest, OpenRecord, Outcome, Phase, Record, RecordedDecision, Verdict,
};
pub use record_budget::MAX_RECORDED_BYTES_PER_MINUTE;
pub use repair::{rebuild_checkpoint_file, rotate_key};
pub use retention::Retention;
pub use verify::{verify, verify_checkpoints};
