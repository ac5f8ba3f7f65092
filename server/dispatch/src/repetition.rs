//! At most once: a write that carries an idempotency key is done once, and answered as often as it is asked.

use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Claim, Store};

use crate::{Refusal, Reply};

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
        let claim = store.claim_key(caller.subject(), key, digest, entry, now).await.map_err(Refusal::KeyLost)?;
        let (known, act, outcome) = match claim {
            Claim::Taken => {
                let claimed = Self { store: store.clone(), caller: caller.subject().to_owned(), name: key.to_owned() };
                return Ok(Ok(claimed));
            }
            Claim::Known { digest, act, outcome } => (digest, act, outcome),
        };
        let key = key.to_owned();
        if known != digest {
            return Err(Refusal::KeyReused { key, entry: act });
        }
        match outcome.and_then(|text| serde_json::from_str(&text).ok()) {
            Some(Kept::Done { value, text }) => Ok(Err(Reply::again(value, text, act))),
            Some(Kept::Failed(sentence)) => Err(Refusal::FailedBefore(sentence)),
            Some(Kept::Unknown) | None => Err(Refusal::EndUnknown { key, entry: act }),
        }
    }

    /// The recorded answer of an earlier call with the same key for the same act, if there is one: whoever repeats a
    /// call is answered without asking a human again.
    pub(crate) async fn recorded(store: &Store, caller: &Caller, key: &str, digest: &str) -> Option<Reply> {
        match store.key(caller.subject(), key).await {
            Ok(Some(Claim::Known { digest: known, act, outcome: Some(text) })) if known == digest => {
                match serde_json::from_str(&text) {
                    Ok(Kept::Done { value, text }) => Some(Reply::again(value, text, act)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Keeps how the act ended.
    pub(crate) async fn settle(self, result: &Result<Reply, Refusal>) {
        let kept = match result {
            Ok(reply) => Kept::Done { value: reply.value.clone(), text: reply.text.clone() },
            Err(refusal) if refusal.outcome() == audit::Outcome::Unknown => Kept::Unknown,
            Err(refusal) => Kept::Failed(refusal.to_string()),
        };
        let kept = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(error) = self.store.settle_key(&self.caller, &self.name, &kept).await {
            // without an outcome a repetition is told that the end is not known, and is not done again
            tracing::error!(%error, "the outcome of an idempotency key cannot be kept");
        }
    }
}
