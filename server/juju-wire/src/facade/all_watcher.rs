//! Facade `AllWatcher`: what changes in one model, as deltas.

use serde::{Deserialize, Serialize};

use crate::delta::Delta;

crate::methods! { AllWatcher {
    /// Waits for changes; the first call answers everything there is.
    Next(read): () => AllWatcherNextResults,
    /// Ends the watcher; a waiting `Next` fails.
    Stop(read): () => (),
} }

/// What changed since the last call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AllWatcherNextResults {
    /// What changed, in order.
    #[serde(with = "crate::go::nil")]
    pub deltas: Vec<Delta>,
}
