//! At most once: a write with an idempotency key is done once, and each repetition receives the recorded reply.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use identity::Caller;
use policy::{Act, Capability, redact, redact_text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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

/// Largest reply in bytes that the store keeps for a repetition.
const MAX_STORED_REPLY_BYTES: usize = 16 * 1024;
/// Toolset with results that are output of workloads, which may contain passwords.
const ACTIONS: &str = "actions";

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
    Done {
        value: Value,
        text: String,
    },
    /// The act was done; its reply is not stored.
    DoneWithoutReply,
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
        let known = self
            .store
            .find_key(&self.caller, &self.name, self.now.timestamp_micros())
            .await
            .map_err(Refusal::IdempotencyStore)?;
        known.map(|known| replay(known, &self.name, digest)).transpose()
    }

    /// Stores how the act ended, without secrets.
    pub(crate) async fn record_outcome(self, result: &Result<Reply, Refusal>, reply_may_be_stored: bool) {
        let outcome = match result {
            Ok(reply) if reply_may_be_stored && is_storable(reply) => {
                StoredOutcome::Done { value: reply.value.clone(), text: reply.text.clone() }
            }
            Ok(_) => StoredOutcome::DoneWithoutReply,
            Err(refusal) if refusal.outcome() == audit::Outcome::Unknown => StoredOutcome::Unknown,
            Err(refusal) => StoredOutcome::Failed(redact_text(&refusal.to_string())),
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

/// How entries ended that the ledger has without their end, as far as their idempotency keys have it: by the id of the entry.
///
/// # Errors
/// [`store::Error`].
pub async fn outcomes_of_open_entries(
    store: &Store,
) -> Result<HashMap<String, (audit::Outcome, String)>, store::Error> {
    let rows = store.outcomes_of_open_entries().await?.into_iter();
    let known = rows.filter_map(|(entry, outcome)| {
        let ended = match serde_json::from_str(&outcome).ok()? {
            StoredOutcome::Done { .. } | StoredOutcome::DoneWithoutReply => (audit::Outcome::Done, String::new()),
            StoredOutcome::Failed(sentence) => (audit::Outcome::Failed, sentence),
            StoredOutcome::Unknown => return None,
        };
        Some((entry, ended))
    });
    Ok(known.collect())
}

/// Completes keys without an outcome where the ledger has the end of their entry: an earlier process was killed between the two.
///
/// # Errors
/// [`audit::Error`].
pub async fn complete_keys(ledger: &audit::Ledger) -> Result<(), audit::Error> {
    let store = ledger.store();
    for (caller, key, entry) in store.keys_without_outcome().await? {
        let outcome = match ledger.close_record(&entry).await? {
            Some(closed) if closed.outcome == audit::Outcome::Done => StoredOutcome::DoneWithoutReply,
            Some(closed) if closed.outcome == audit::Outcome::Failed => StoredOutcome::Failed(closed.reason),
            Some(_) | None => StoredOutcome::Unknown,
        };
        if let Ok(outcome) = serde_json::to_string(&outcome) {
            store.complete_key(&caller, &key, &outcome).await?;
        }
    }
    Ok(())
}

/// Whether replies to this act may be stored: its result is not the output of a workload.
pub(crate) fn reply_may_be_stored(act: &Act, toolset: &str) -> bool {
    toolset != ACTIONS && !act.impact.capabilities.contains(&Capability::OpensShell)
}

/// Whether a reply is short and contains nothing that resembles a secret.
fn is_storable(reply: &Reply) -> bool {
    let size = reply.text.len().saturating_add(reply.value.to_string().len());
    size <= MAX_STORED_REPLY_BYTES && redact(&reply.value) == reply.value && redact_text(&reply.text) == reply.text
}

/// The reply where the store keeps none.
fn reply_without_result(entry: String) -> Reply {
    let text = format!(
        "this was done already, by the ledger entry {entry}; its result is not stored, because it is long or may contain secrets"
    );
    Reply::replayed(json!({"done": true, "entry": entry}), text, entry)
}

/// The reply to a call with a key that an act has already.
fn replay(known: KeyClaim, key: &str, digest: &str) -> Result<Reply, Refusal> {
    let (key, entry) = (key.to_owned(), known.entry);
    if known.digest != digest {
        return Err(Refusal::KeyReused { key, entry });
    }
    match known.outcome.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(StoredOutcome::Done { value, text }) => Ok(Reply::replayed(value, text, entry)),
        Some(StoredOutcome::DoneWithoutReply) => Ok(reply_without_result(entry)),
        Some(StoredOutcome::Failed(sentence)) => Err(Refusal::PreviouslyFailed(sentence)),
        Some(StoredOutcome::Unknown) | None => Err(Refusal::OutcomeUnknown { key, entry }),
    }
}
