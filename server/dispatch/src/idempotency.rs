//! At most once: a write with an idempotency key is done once, and each repetition receives the recorded reply.

use chrono::{DateTime, Utc};
use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{KeyClaim, Store};

use crate::{Dispatcher, Refusal, Reply};

/// The caller as one text, with the identity provider: two users of two providers may have the same subject.
pub(crate) fn caller_key(caller: &Caller) -> String {
    match caller.claims() {
        Some(claims) => format!("{} {}", claims.issuer, caller.subject()),
        None => caller.subject().to_owned(),
    }
}

/// An idempotency key of a caller.
#[derive(Debug, Clone)]
pub(crate) struct IdempotencyKey {
    store: Store,
    caller: String,
    name: String,
    now: DateTime<Utc>,
}

/// What claiming a key gives.
pub(crate) enum Claim {
    /// The key is new, so the act is done.
    New,
    /// The key belongs to an act that ended: its reply.
    Replay(Box<Reply>),
}

/// What the store has of an ended act.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredOutcome {
    Done { value: Value, text: String },
    Failed(String),
    Unknown,
}

impl IdempotencyKey {
    /// A key of this caller, by its name.
    pub(crate) fn new(dispatcher: &Dispatcher, caller: &Caller, name: String) -> Self {
        let (store, now) = (dispatcher.ledger.store().clone(), dispatcher.clock.now());
        Self { store, caller: caller_key(caller), name, now }
    }

    /// Claims the key for an act, or returns the reply of the act that has it.
    pub(crate) async fn claim(&self, digest: &str, entry: &str) -> Result<Claim, Refusal> {
        let now = self.now.timestamp_micros();
        let known = self.store.claim_key(&self.caller, &self.name, digest, entry, now).await;
        match known.map_err(Refusal::IdempotencyStore)? {
            None => Ok(Claim::New),
            Some(known) => Ok(Claim::Replay(Box::new(replay(known, &self.name, digest)?))),
        }
    }

    /// The reply of the act that has the key; `None` where the key is new.
    pub(crate) async fn find_replay(&self, digest: &str) -> Result<Option<Reply>, Refusal> {
        let known = self.store.find_key(&self.caller, &self.name).await.map_err(Refusal::IdempotencyStore)?;
        known.map(|known| replay(known, &self.name, digest)).transpose()
    }

    /// Stores how the act ended.
    pub(crate) async fn record_outcome(self, result: &Result<Reply, Refusal>) {
        let outcome = match result {
            Ok(reply) => StoredOutcome::Done { value: reply.value.clone(), text: reply.text.clone() },
            Err(refusal) if refusal.outcome() == audit::Outcome::Unknown => StoredOutcome::Unknown,
            Err(refusal) => StoredOutcome::Failed(refusal.to_string()),
        };
        // without an outcome a repetition learns that the outcome is unknown, and is not done again
        match serde_json::to_string(&outcome) {
            Ok(outcome) => {
                if let Err(error) = self.store.complete_key(&self.caller, &self.name, &outcome).await {
                    tracing::error!(%error, "the outcome of an idempotency key cannot be stored");
                }
            }
            Err(error) => tracing::error!(%error, "the outcome of an idempotency key cannot be written as JSON"),
        }
    }
}

/// The reply to a call with a key that an act has already.
fn replay(known: KeyClaim, key: &str, digest: &str) -> Result<Reply, Refusal> {
    let (key, entry) = (key.to_owned(), known.entry);
    if known.digest != digest {
        return Err(Refusal::KeyReused { key, entry });
    }
    match known.outcome.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(StoredOutcome::Done { value, text }) => Ok(Reply::replayed(value, text, entry)),
        Some(StoredOutcome::Failed(sentence)) => Err(Refusal::PreviouslyFailed(sentence)),
        Some(StoredOutcome::Unknown) | None => Err(Refusal::OutcomeUnknown { key, entry }),
    }
}
