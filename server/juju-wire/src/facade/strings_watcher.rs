//! Facade `StringsWatcher`: a watcher that returns texts; those of actions are JSON, `{"timestamp", "message"}`.

use crate::bulk::StringsWatchResult;

crate::methods! { StringsWatcher {
    /// Waits for texts.
    Next(read): () => StringsWatchResult,
    /// Ends the watcher; a waiting `Next` fails.
    Stop(read): () => (),
} }
