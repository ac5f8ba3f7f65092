//! At most once: a write that carries an idempotency key is done once, and answered as often as it is asked.

use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{KeyClaim, Store};

use crate::{Refusal, Reply, whose::whose};

/// A key that stands for the act that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    store: Store,
    caller: String,
    name: String,
}

/// What the store keeps of an ended act.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    Done { value: Value, text: String },
    Failed(String),
    Unknown,
}

impl Key {
    /// Claims the key for an act, or gives the recorded answer of the act that has it.
    pub(crate) async fn claim(
        store: &Store,
        caller: &Caller,
        key: &str,
        digest: &str,
        entry: &str,
    ) -> Result<Result<Self, Reply>, Refusal> {
        let now = chrono::Utc::now().timestamp_micros();
        let known = store.claim_key(&whose(caller), key, digest, entry, now).await.map_err(Refusal::KeyLost)?;
        match known {
            None => Ok(Ok(Self { store: store.clone(), caller: whose(caller), name: key.to_owned() })),
            Some(known) => again(known, key, digest).map(Err),
        }
    }

    /// The recorded answer of the act that has the key, `None` where it is free. Nobody is asked, and no yes is used up, for a
    /// call that cannot be done or needs not be done again.
    pub(crate) async fn look(
        store: &Store,
        caller: &Caller,
        key: &str,
        digest: &str,
    ) -> Result<Option<Reply>, Refusal> {
        let known = store.find_key(&whose(caller), key).await.map_err(Refusal::KeyLost)?;
        known.map(|known| again(known, key, digest)).transpose()
    }

    /// Keeps how the act ended.
    pub(crate) async fn settle(self, result: &Result<Reply, Refusal>) {
        let kept = match result {
            Ok(reply) => Kept::Done { value: reply.value.clone(), text: reply.text.clone() },
            Err(refusal) if refusal.outcome() == audit::Outcome::Unknown => Kept::Unknown,
            Err(refusal) => Kept::Failed(refusal.to_string()),
        };
        let kept = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(error) = self.store.complete_key(&self.caller, &self.name, &kept).await {
            // without an outcome a repetition is told that the end is not known, and is not done again
            tracing::error!(%error, "the outcome of an idempotency key cannot be kept");
        }
    }
}

/// What a call is answered whose key an act has already.
fn again(known: KeyClaim, key: &str, digest: &str) -> Result<Reply, Refusal> {
    let (key, entry) = (key.to_owned(), known.entry);
    if known.digest != digest {
        return Err(Refusal::KeyReused { key, entry });
    }
    match known.outcome.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(Kept::Done { value, text }) => Ok(Reply::again(value, text, entry)),
        Some(Kept::Failed(sentence)) => Err(Refusal::FailedBefore(sentence)),
        Some(Kept::Unknown) | None => Err(Refusal::EndUnknown { key, entry }),
    }
}
