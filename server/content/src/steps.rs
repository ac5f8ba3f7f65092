//! Counts the work of the detector in tests, which check that it grows no faster than the text.

/// Adds bytes that a reading examines.
#[cfg(not(test))]
pub(crate) const fn count(_: usize) {}

#[cfg(test)]
pub(crate) use counter::{count, counted};

#[cfg(test)]
mod counter {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// Adds bytes that a reading examines.
    pub(crate) fn count(bytes: usize) {
        STEPS.set(STEPS.get() + bytes);
    }

    /// The number of steps of this thread since the last call.
    pub(crate) fn counted() -> usize {
        STEPS.take()
    }
}
