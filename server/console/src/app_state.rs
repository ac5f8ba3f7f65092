//! State of the approval page, shared by all requests.

use std::sync::Arc;

use dispatch::{Approvals, SecurityEvents};
use identity::Authenticator;
use uuid::Uuid;

use crate::{Settings, finished_sign_ins::FinishedSignIns, seal::Seal, session::Sessions};

/// Services and settings of the page.
pub(crate) struct AppState {
    /// Path of the list as browsers see it: `/console`, after the prefix of an ingress.
    pub(crate) base: String,
    /// Whether browsers connect over TLS.
    pub(crate) https: bool,
    pub(crate) settings: Settings,
    pub(crate) sessions: Sessions,
    pub(crate) seal: Seal,
    pub(crate) finished_sign_ins: FinishedSignIns,
    pub(crate) approvals: Approvals,
    pub(crate) authenticator: Arc<Authenticator>,
    /// Receives rejected sign-ins.
    pub(crate) events: Arc<dyn SecurityEvents>,
}

impl AppState {
    /// # Errors
    /// The operating system provides no randomness.
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
            seal: Seal::generate()?,
            finished_sign_ins: FinishedSignIns::default(),
            settings,
            approvals,
            authenticator,
            events,
        })
    }

    /// Path of one approval, or of the list. A sign-in leads to these paths only, so no URL parameter can redirect a person
    /// to another site.
    pub(crate) fn path(&self, approval: Option<Uuid>) -> String {
        let base = &self.base;
        approval.map_or_else(|| base.clone(), |id| format!("{base}/approvals/{id}"))
    }

    /// Path of the sign-in page, which then leads to one approval or to the list.
    pub(crate) fn sign_in(&self, approval: Option<Uuid>) -> String {
        let base = &self.base;
        approval.map_or_else(|| format!("{base}/sign-in"), |id| format!("{base}/sign-in?approval={id}"))
    }
}
