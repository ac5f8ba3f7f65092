//! What all pages stand on.

use std::sync::Arc;

use dispatch::{Approvals, SecurityEvents};
use identity::Authenticator;
use uuid::Uuid;

use crate::{Settings, seal::Seal, session::Sessions};

/// What all pages stand on; shared by every request.
pub(crate) struct Site {
    /// Path of the first page as browsers see it: `/console`, after the prefix of an ingress.
    pub(crate) base: String,
    /// Whether browsers come over TLS.
    pub(crate) https: bool,
    pub(crate) settings: Settings,
    pub(crate) sessions: Sessions,
    pub(crate) seal: Seal,
    pub(crate) approvals: Approvals,
    pub(crate) authenticator: Arc<Authenticator>,
    /// Receives rejected sign-ins.
    pub(crate) events: Arc<dyn SecurityEvents>,
}

impl Site {
    /// # Errors
    /// Where the operating system has no randomness.
    pub(crate) fn new(
        settings: Settings,
        approvals: Approvals,
        authenticator: Arc<Authenticator>,
        events: Arc<dyn SecurityEvents>,
    ) -> Result<Self, getrandom::Error> {
        Ok(Self {
            base: format!("{}/console", settings.prefix()),
            https: settings.is_https(),
            sessions: Sessions::new(settings.session),
            seal: Seal::new()?,
            settings,
            approvals,
            authenticator,
            events,
        })
    }

    /// Path of the page about one approval, or of the list. Nobody is ever sent anywhere else after signing in, so nothing that
    /// stands in an address can lead away from here.
    pub(crate) fn path(&self, approval: Option<Uuid>) -> String {
        let base = &self.base;
        approval.map_or_else(|| base.clone(), |id| format!("{base}/approvals/{id}"))
    }

    /// Path of the page where people sign in, for somebody who wants to see one approval or the list.
    pub(crate) fn sign_in(&self, approval: Option<Uuid>) -> String {
        let base = &self.base;
        approval.map_or_else(|| format!("{base}/sign-in"), |id| format!("{base}/sign-in?approval={id}"))
    }
}
