//! The person who is signed in.

use identity::Caller;
use maud::{Markup, html};

/// A person with a valid session.
pub(crate) struct SignedIn {
    pub(crate) caller: Caller,
    pub(crate) csrf: String,
    pub(crate) session_id: String,
}

impl SignedIn {
    /// The name to display: the verified email address, else the owner of the token, else the subject.
    pub(crate) fn name(&self) -> &str {
        let email = self.caller.claims().and_then(|claims| claims.email.as_deref());
        email.or(self.caller.owner()).unwrap_or_else(|| self.caller.subject())
    }

    /// The hidden field with the CSRF token, which every form of the session contains.
    pub(crate) fn csrf_field(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}
