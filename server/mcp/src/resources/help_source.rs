//! The help on each command as a resource: `juju://help/add-unit`. A caller sees those of the commands that the caller may use.

use std::sync::Arc;

use dispatch::Dispatcher;
use futures::future::{BoxFuture, FutureExt as _};
use rmcp::model::{CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};

use super::{ReadFailure, ResourceSource};
use crate::{
    help::{HELP_TEMPLATE, help_on},
    request_scope::RequestScope,
};

const PREFIX: &str = "juju://help/";
const TEXT: &str = "text/plain";
/// How long a client may cache a help text, in milliseconds: it changes only with the policy.
const TTL_MS: u64 = 300_000;

/// The source of the help.
pub(crate) struct HelpSource {
    dispatcher: Arc<Dispatcher>,
}

impl HelpSource {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    fn read_help(&self, scope: &RequestScope, uri: &str) -> Option<Result<ReadResourceResult, ReadFailure>> {
        let command = uri.strip_prefix(PREFIX).filter(|command| !command.contains('/'))?;
        let policy = self.dispatcher.policy.current();
        let rights = policy.permissions(&scope.caller);
        let tool = self.dispatcher.catalogue.get(command).filter(|tool| tool.check_visibility(&rights).is_ok());
        Some(tool.ok_or(ReadFailure::NotFound).map(|tool| {
            let text = help_on(&self.dispatcher.catalogue, tool, &policy);
            let contents = ResourceContents::text(text, uri).with_mime_type(TEXT);
            ReadResourceResult::new(vec![contents]).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private)
        }))
    }
}

impl ResourceSource for HelpSource {
    fn list<'a>(&'a self, scope: &'a RequestScope) -> BoxFuture<'a, Vec<Resource>> {
        let policy = self.dispatcher.policy.current();
        let rights = policy.permissions(&scope.caller);
        let visible = self.dispatcher.catalogue.iter().filter(|tool| tool.check_visibility(&rights).is_ok());
        let listed = visible.map(|tool| {
            let command = tool.command();
            Resource::new(format!("{PREFIX}{command}"), format!("help {command}")).with_mime_type(TEXT)
        });
        let listed: Vec<Resource> = listed.collect();
        async { listed }.boxed()
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        let template =
            ResourceTemplate::new(HELP_TEMPLATE, "help").with_title("Help on a command").with_mime_type(TEXT);
        vec![template.with_description("Arguments with bounds, effect, roles, models and examples of a Juju command")]
    }

    fn read<'a>(
        &'a self,
        scope: &'a RequestScope,
        uri: &'a str,
        _trace: Option<String>,
    ) -> BoxFuture<'a, Option<Result<ReadResourceResult, ReadFailure>>> {
        let read = self.read_help(scope, uri);
        async { read }.boxed()
    }
}
