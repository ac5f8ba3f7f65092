//! An act as it is asked for, and all that is known of who asks.

use identity::Caller;
use policy::Act;

use crate::{
    record::{Beginning, now},
    redact::redact,
};

/// One act as it is asked for, and all that is known of who asks.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The roles that policy gives them.
    pub roles: Vec<String>,
    /// What they ask for.
    pub act: &'a Act,
    /// Whether only a dry run was asked for.
    pub dry_run: bool,
    /// The caller's idempotency key.
    pub idempotency_key: Option<&'a str>,
    /// W3C trace id of the request, or the id that the server gave it.
    pub trace: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// An act of a caller that holds only its own roles.
    #[must_use]
    pub fn new(caller: &'a Caller, act: &'a Act) -> Self {
        Self { caller, roles: caller.roles().to_vec(), act, dry_run: false, idempotency_key: None, trace: None }
    }

    pub(crate) fn beginning(self) -> Beginning {
        let claims = self.caller.claims();
        Beginning {
            time: now(),
            caller: self.caller.subject().to_owned(),
            email: claims.and_then(|claims| claims.email.clone()),
            issuer: claims.map(|claims| claims.issuer.clone()),
            roles: self.roles,
            client: self.caller.client().map(ToOwned::to_owned),
            oauth_client: claims.and_then(|claims| claims.client_id.clone()),
            trace: self.trace.map(ToOwned::to_owned),
            digest: self.act.digest(),
            asked: Act { arguments: redact(&self.act.arguments), ..self.act.clone() },
            dry_run: self.dry_run,
            idempotency_key: self.idempotency_key.map(ToOwned::to_owned),
        }
    }
}
