//! Facade `NotifyWatcher`: a watcher that only reports that something changed.

crate::methods! { NotifyWatcher {
    /// Waits for a change; the first call answers at once.
    Next(read): () => (),
    /// Ends the watcher; a waiting `Next` fails.
    Stop(read): () => (),
} }
