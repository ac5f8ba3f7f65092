//! What a command acts on, and the access to it that it needs.

use juju_client::ModelAccess;

/// What a command acts on, and so which of `controller` and `model` it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One model: takes `controller` and `model`.
    Model,
    /// One model that the caller has to name, because a default would be dangerous.
    NamedModel,
    /// The controller as a whole: takes `controller`.
    Controller,
    /// A backend beside the controllers: takes `controller` and `model`, without a default. With a model, the tool shows and changes
    /// nothing outside it.
    Backend,
    /// The state of this program itself: takes neither.
    Client,
}

/// The access that a command needs at a controller that callers log in to as themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JujuAccess {
    /// This access to its model, as the caller.
    Model(ModelAccess),
    /// It runs with the credential of the caller's role, because Juju answers it from its own list of users, or checks no token there.
    RoleCredential,
}
