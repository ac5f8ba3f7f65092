//! The start of an entry: an event, and everything that the server knows about its caller.

use identity::Caller;

use crate::{
    bounded_arguments::bound_word,
    event::{AuditEvent, ToolCall},
    record::{OpenRecord, now},
};

/// An entry that the ledger has yet to record: an event and its caller.
#[derive(Debug, Clone)]
pub struct NewEntry<'a> {
    caller: &'a Caller,
    roles: Vec<String>,
    event: AuditEvent,
    trace_id: Option<&'a str>,
}

impl<'a> NewEntry<'a> {
    /// An event of a caller with the roles of its token.
    #[must_use]
    pub fn new(caller: &'a Caller, event: AuditEvent) -> Self {
        Self { caller, roles: caller.roles().to_vec(), event, trace_id: None }
    }

    /// A tool call of a caller with the roles of its token.
    #[must_use]
    pub fn from_call(caller: &'a Caller, call: ToolCall) -> Self {
        Self::new(caller, call.into())
    }

    /// Records these roles, which policy gives the caller.
    #[must_use]
    pub fn with_roles(mut self, roles: Vec<String>) -> Self {
        self.roles = roles;
        self
    }

    /// Records the W3C trace id of the request, or the id that the server gave it.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: Option<&'a str>) -> Self {
        self.trace_id = trace_id;
        self
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.event.changes()
    }

    pub(crate) fn into_record(self) -> OpenRecord {
        let claims = self.caller.claims();
        OpenRecord {
            time: now(),
            caller: self.caller.subject().to_owned(),
            email: claims.and_then(|claims| claims.email.clone()),
            issuer: claims.map(|claims| claims.issuer.clone()),
            roles: self.roles,
            client: self.caller.client().map(bound_word),
            oauth_client: claims.and_then(|claims| claims.client_id.clone()),
            trace_id: self.trace_id.map(bound_word),
            event: self.event,
        }
    }
}
