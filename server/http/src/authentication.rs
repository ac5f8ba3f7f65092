//! Authenticates callers and reports failures as security events.

use std::{net::IpAddr, sync::Arc};

use dispatch::SecurityEvents;
use futures::future::{BoxFuture, FutureExt};
use identity::{Authenticator, Caller, Presented, Unauthenticated, oauth::TokenRejection};

use crate::metadata::ResourceMetadata;

/// Finds the caller of a request. The program uses [`Authenticator`].
pub trait Authenticate: Send + Sync + 'static {
    /// Authenticates the credentials of a request; `peer` is the address of the connection, if known.
    ///
    /// # Errors
    /// [`Unauthenticated`], which becomes status 401 for most reasons.
    fn authenticate<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>>;
}

impl Authenticate for Authenticator {
    fn authenticate<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        Authenticator::authenticate(self, presented, peer).boxed()
    }
}

/// Authenticates with another authenticator, checks that the token is for the requested path, and reports failures. Every route that
/// authenticates uses it.
#[derive(Clone)]
pub(crate) struct RecordingAuthenticator {
    pub(crate) inner: Arc<dyn Authenticate>,
    pub(crate) events: Arc<dyn SecurityEvents>,
    /// Absent without an identity provider; then no token has an audience.
    pub(crate) metadata: Option<Arc<ResourceMetadata>>,
}

impl RecordingAuthenticator {
    pub(crate) async fn authenticate(
        &self,
        presented: Presented<'_>,
        peer: Option<IpAddr>,
        path: &str,
    ) -> Result<Caller, Unauthenticated> {
        let result = self.inner.authenticate(presented, peer).await.and_then(|caller| match &self.metadata {
            Some(metadata) if !caller.may_use_path(&metadata.public_url, path) => {
                Err(Unauthenticated::Rejected(TokenRejection::WrongAudience))
            }
            _ => Ok(caller),
        });
        // a client without a token only discovers how to get one, which is no failure
        if let Some(reason) = result.as_ref().err().filter(|reason| **reason != Unauthenticated::Missing) {
            self.events.auth_failed(peer, reason.reason_code(), reason.to_string());
        }
        result
    }
}
