//! What the connections of one controller share.

use std::sync::Arc;

use crate::{
    Settings,
    access::CurrentAccess,
    circuit::{Circuit, Condition},
    coalescer::ChangeCounter,
};

/// What the connections of one controller and one credential share.
#[derive(Debug)]
pub(crate) struct ControllerState {
    pub(crate) name: Arc<str>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) access: CurrentAccess,
    pub(crate) changes: Arc<ChangeCounter>,
    /// The network up to the controller, for all credentials.
    pub(crate) circuit: Arc<Circuit>,
    /// The log-in with this credential.
    pub(crate) log_in: Condition,
    /// The log-in of callers as themselves, by token.
    pub(crate) token_log_in: Condition,
}
