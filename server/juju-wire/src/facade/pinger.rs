//! Facade `Pinger`: whether the other side is still there.

crate::methods! { Pinger {
    /// Answers at once.
    Ping(read): () => (),
} }
