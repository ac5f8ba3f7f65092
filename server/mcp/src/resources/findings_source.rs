//! The findings of the observer as a resource: `juju://observer/findings`. A read of it is a call of `observer_findings`.

use std::sync::Arc;

use dispatch::{Dispatcher, FINDINGS_TOOL};
use futures::future::{BoxFuture, FutureExt as _};
use rmcp::model::{CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};

use super::{ReadFailure, ResourceSource, estate_uri::FINDINGS};
use crate::{reply, request_scope::RequestScope};

const JSON: &str = "application/json";

/// The source of the findings.
pub(crate) struct FindingsSource {
    dispatcher: Arc<Dispatcher>,
}

impl FindingsSource {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }
}

/// Reads the open findings that the caller may know, as an act.
pub(super) async fn read_findings(
    dispatcher: &Dispatcher,
    scope: &RequestScope,
) -> Result<ReadResourceResult, ReadFailure> {
    let reply = dispatch::findings_document(dispatcher, &scope.caller).await;
    let reply = reply.map_err(|refusal| ReadFailure::Refused(reply::refusal_text(&refusal), refusal.code()))?;
    let contents = ResourceContents::text(reply.text, FINDINGS).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

impl ResourceSource for FindingsSource {
    fn list<'a>(&'a self, scope: &'a RequestScope) -> BoxFuture<'a, Vec<Resource>> {
        let policy = self.dispatcher.policy.current();
        let rights = policy.permissions(&scope.caller);
        let toolset = dispatch::OBSERVER_TOOLSET;
        let visible = self.dispatcher.observer.is_some()
            && rights.check_visibility(FINDINGS_TOOL, toolset, policy::Effect::Read).is_ok();
        let resource = Resource::new(FINDINGS, "findings").with_title("Findings of the observer").with_mime_type(JSON);
        let listed = visible.then(|| resource.with_description("What is wrong or about to go wrong, roots first"));
        async { listed.into_iter().collect() }.boxed()
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        Vec::new()
    }

    fn read<'a>(
        &'a self,
        scope: &'a RequestScope,
        uri: &'a str,
        _trace: Option<String>,
    ) -> BoxFuture<'a, Option<Result<ReadResourceResult, ReadFailure>>> {
        async move {
            if uri != FINDINGS {
                return None;
            }
            Some(read_findings(&self.dispatcher, scope).await)
        }
        .boxed()
    }
}
