//! Facade `AllModelWatcher`: what changes in all models.

use crate::facade::all_watcher::AllWatcherNextResults;

crate::methods! { AllModelWatcher {
    /// Waits for changes in any model; the first call answers everything there is.
    Next(read): () => AllWatcherNextResults,
    /// Ends the watcher; a waiting `Next` fails.
    Stop(read): () => (),
} }
