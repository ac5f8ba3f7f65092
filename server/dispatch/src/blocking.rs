//! Work on long texts off the asynchronous workers, so that one large call does not delay the calls of others.

/// Bytes of text that are processed at once on a worker: about a millisecond.
pub(crate) const MAX_INLINE_BYTES: usize = 64 * 1024;

/// Runs work on a text of this size: at once if it is short, otherwise on a thread for blocking work.
pub(crate) async fn run_for_size<Done: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Done + Send + 'static,
) -> Done {
    if bytes <= MAX_INLINE_BYTES {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // the caller of the dispatcher answers a panic of a call, wherever it happens
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_text_is_processed_off_the_worker_and_short_text_on_it() {
        let thread = || std::thread::current().id();
        let worker = thread();
        assert_eq!(run_for_size(MAX_INLINE_BYTES, thread).await, worker);
        assert_ne!(run_for_size(MAX_INLINE_BYTES + 1, thread).await, worker);
    }
}
