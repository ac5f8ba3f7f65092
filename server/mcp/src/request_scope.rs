//! Who sent a request, and to which endpoint.

use identity::Caller;

use crate::Endpoint;

/// The caller of a request and the endpoint that it reached.
#[derive(Clone)]
pub(crate) struct RequestScope {
    pub(crate) caller: Caller,
    pub(crate) endpoint: Endpoint,
}
