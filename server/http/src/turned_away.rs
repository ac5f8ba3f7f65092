//! Finds callers, and tells the doorkeeper whom it does not let in.

use std::{net::IpAddr, sync::Arc};

use dispatch::Doorkeeper;
use futures::future::{BoxFuture, FutureExt};
use identity::{Caller, Presented, Unauthenticated};

use crate::Authenticate;

/// Finds callers as another does, and tells the doorkeeper whom it does not let in.
pub(crate) struct Telling {
    pub(crate) inner: Arc<dyn Authenticate>,
    pub(crate) doorkeeper: Arc<Doorkeeper>,
}

impl Authenticate for Telling {
    fn caller<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        async move {
            let result = self.inner.caller(presented, peer).await;
            // whoever brings no token is only asking where to get one
            if let Some(reason) = result.as_ref().err().filter(|reason| **reason != Unauthenticated::Missing) {
                self.turned_away(peer, *reason);
            }
            result
        }
        .boxed()
    }

    fn turned_away(&self, peer: Option<IpAddr>, reason: Unauthenticated) {
        self.doorkeeper.note(peer, reason.kind(), reason.to_string());
    }
}
