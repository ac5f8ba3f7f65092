//! What a command acts on.

/// What a command acts on, and so which of `controller` and `model` it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One model: takes `controller` and `model`.
    Model,
    /// One model that the caller has to name, because a default would be dangerous.
    NamedModel,
    /// The controller as a whole: takes `controller`.
    Controller,
    /// The state of this program itself: takes neither.
    Client,
}
