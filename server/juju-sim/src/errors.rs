//! Errors that several parts of the simulated controller return, worded as the real server words them.

use juju_wire::{Code, RemoteError};

/// The error for a user without the required access.
pub(crate) fn permission_denied() -> RemoteError {
    RemoteError::new(Code::Unauthorized, "permission denied")
}
