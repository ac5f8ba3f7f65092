//! The MCP server: one value answers all requests, in both protocol eras.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::http::request::Parts;
use dispatch::Dispatcher;
use futures::FutureExt as _;
use identity::Caller;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, ClientRequest, CompleteRequestParams, CompleteResult,
        CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestMethod, GetPromptRequestParams,
        GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams, PromptReference,
        PromptsCapability, ReadResourceRequestParams, ReadResourceResponse, Reference, ServerCapabilities,
        ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    CallMetrics, Endpoint, Selection,
    builtin::{find_builtin_tool, names::RUN_COMMAND},
    call_context::CallContext,
    completion::Completion,
    confirmation::RequestStateSealer,
    instructions::instructions_for,
    prompts::Prompts,
    reply,
    request_scope::RequestScope,
    resolved_call::ResolvedCall,
    resources::{
        EstateSource, FindingsSource, Follower, HelpSource, NoticeSink, ReadFailure, ResourceSource, ResourceSources,
        SchemaSource, can_be_followed, follows_list,
    },
    services::Services,
    subscriptions::{MAX_SUBSCRIPTIONS, Subscriptions},
    tool_limits::ToolLimits,
    tool_list::ToolList,
    trace,
    transport::{HttpHandler, client_link},
};

/// How long a client may cache a list of tools, in milliseconds: it changes only with the caller's permissions.
const LIST_TTL_MS: u64 = 300_000;

/// Methods of this server, and what their params have to be.
const METHODS: [(&str, &str); 9] = [
    ("initialize", "an object with `protocolVersion`, `capabilities` and `clientInfo`"),
    ("server/discover", "an object with `_meta`"),
    ("tools/list", "an object, or left out"),
    ("tools/call", "an object with `name`, a text, and `arguments`, an object"),
    ("completion/complete", "an object with `ref` and `argument`"),
    ("resources/read", "an object with `uri`, a text"),
    ("resources/subscribe", "an object with `uri`, a text"),
    ("resources/unsubscribe", "an object with `uri`, a text"),
    ("subscriptions/listen", "an object with `_meta` and `notifications`"),
];

/// Answers MCP requests with the tools of one dispatcher.
#[derive(Clone)]
pub struct Server {
    pub(crate) services: Services,
    pub(crate) tools: Arc<ToolList>,
    prompts: Prompts,
    resources: ResourceSources,
    /// The subscriptions of the client over stdio; over HTTP the session of a client has them.
    subscriptions: Arc<Subscriptions>,
    /// Over stdio all requests have this caller and endpoint; over HTTP each request brings its own.
    local: Option<Arc<RequestScope>>,
}

impl Server {
    /// A server for HTTP: caller and endpoint come from the extensions of each HTTP request.
    #[must_use]
    pub fn new(dispatcher: Arc<Dispatcher>, metrics: Arc<dyn CallMetrics>) -> Self {
        let tools = Arc::new(ToolList::new(&dispatcher.catalogue));
        let estate: Arc<dyn ResourceSource> = Arc::new(EstateSource::new(Arc::clone(&dispatcher)));
        let findings: Arc<dyn ResourceSource> = Arc::new(FindingsSource::new(Arc::clone(&dispatcher)));
        let help: Arc<dyn ResourceSource> = Arc::new(HelpSource::new(Arc::clone(&dispatcher)));
        let schemas: Arc<dyn ResourceSource> = Arc::new(SchemaSource);
        Self {
            services: Services::new(dispatcher, metrics),
            tools,
            prompts: Prompts::default(),
            resources: Arc::new([help, schemas, findings, estate]),
            subscriptions: Arc::default(),
            local: None,
        }
    }

    /// Serves prompts of other applications; default: none.
    #[must_use]
    pub fn with_prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self
    }

    /// Lets users confirm in their client by input-required results, and seals their state with this key. Pending requests
    /// survive a restart only if the key does.
    #[must_use]
    pub fn with_state_key(mut self, key: &[u8; 32]) -> Self {
        self.services.sealer = Some(RequestStateSealer::new(key));
        self
    }

    /// Sets limits for single tools; default: none.
    #[must_use]
    pub fn with_tool_limits(mut self, limits: ToolLimits) -> Self {
        self.services.limits = Arc::new(limits);
        self
    }

    /// The limits of single tools, which can be replaced while the server runs.
    #[must_use]
    pub fn tool_limits(&self) -> Arc<ToolLimits> {
        Arc::clone(&self.services.limits)
    }

    /// Serves one caller on one endpoint, over stdio.
    #[must_use]
    pub fn local(self, caller: Caller, endpoint: Endpoint) -> Self {
        Self { local: Some(Arc::new(RequestScope { caller, endpoint })), ..self }
    }

    fn caller_and_endpoint(&self, context: &RequestContext<RoleServer>) -> Result<RequestScope, ErrorData> {
        let scope = match &self.local {
            Some(local) => Some((**local).clone()),
            None => context.extensions.get::<Parts>().and_then(|parts| {
                let caller = parts.extensions.get::<Caller>()?.clone();
                Some(RequestScope { caller, endpoint: parts.extensions.get::<Endpoint>()?.clone() })
            }),
        };
        let scope = scope.ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        Ok(match client_link::client_info(context) {
            Some(client) => {
                let caller = scope.caller.with_client(format!("{}/{}", client.name, client.version));
                RequestScope { caller, ..scope }
            }
            None => scope,
        })
    }

    /// Whether a template of resources has this variable.
    fn has_variable(&self, template: &str, variable: &str) -> bool {
        let known = self.resources.iter().flat_map(|source| source.templates());
        template.contains(&format!("{{{variable}}}")) && known.into_iter().any(|known| known.uri_template == template)
    }

    fn instructions(&self, endpoint: &Endpoint) -> String {
        instructions_for(endpoint, &self.services.dispatcher.catalogue)
    }

    async fn call(
        &self,
        request: &CallToolRequestParams,
        RequestScope { caller, endpoint }: &RequestScope,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !self.tools.offers(endpoint, &request.name) {
            return Err(ErrorData::invalid_params(self.unknown_tool(&request.name, endpoint), None));
        }
        let call = CallContext { services: &self.services, request, caller, endpoint, context };
        let Some(builtin) = find_builtin_tool(&request.name) else {
            let (tool, arguments) = (request.name.to_string(), call.arguments());
            return Ok(call.dispatch(ResolvedCall { tool, arguments, read_only: endpoint.read_only }).await);
        };
        let mut request = request.clone();
        request.arguments = match self.tools.read_arguments(builtin.name(), call.arguments()) {
            Ok(arguments) => Some(arguments),
            Err(bad) => return Ok(reply::failed(bad.to_string(), reply::INVALID_ARGUMENTS).into()),
        };
        let call = CallContext { request: &request, ..call };
        Ok(match self.services.acquire(builtin.name(), caller).await {
            Ok(_slot) => builtin.call(call).await,
            Err(limited) => limited.into(),
        })
    }

    /// The answer to a call that panicked, after it is counted and recorded.
    async fn answer_panic(&self, tool: &str, caller: &Caller) -> CallToolResponse {
        tracing::error!(tool, "a tool call panicked");
        self.services.call_ended(tool, caller, reply::PANICKED, Duration::ZERO);
        dispatch::record_panic(&self.services.dispatcher, caller, tool).await;
        reply::failed(
            "the server failed with an internal error in this call: check the state of the model before you call it again, and \
             report the error to the operator of the server",
            "internal_error",
        )
        .into()
    }

    fn unknown_tool(&self, name: &str, endpoint: &Endpoint) -> String {
        if self.tools.get(name).is_none() {
            let near = catalogue::nearest(name, self.tools.names());
            let near = near.map(|near| format!(", the nearest is `{near}`")).unwrap_or_default();
            return format!("there is no tool named `{name}`{near}: `tools/list` returns all tools");
        }
        if endpoint.read_only {
            return format!("`{name}` is not offered here, where nothing can be changed: use `/mcp` for it");
        }
        match endpoint.selection {
            Selection::Full => {
                format!("`{name}` is not offered here, where every tool is a command: connect to `/mcp`")
            }
            Selection::Curated => {
                format!("`{name}` is not offered here: call it by {RUN_COMMAND}, or connect to `/mcp/full`")
            }
            Selection::Toolsets(_) => format!("`{name}` is not offered here: connect to `/mcp` or `/mcp/full`"),
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("juju-mcp", env!("CARGO_PKG_VERSION")).with_title("Juju");
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .build();
        capabilities.completions = Some(serde_json::Map::new());
        capabilities.prompts = (!self.prompts.is_empty()).then(PromptsCapability::default);
        ServerConfig::new(capabilities).with_server_info(server)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        context.peer.set_peer_info(request.clone());
        let agreed = self.negotiate_initialize(&request)?;
        Ok(agreed.with_instructions(self.instructions(&scope.endpoint)))
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let versions = self.supported_protocol_versions().into_owned();
        let info = self.get_info().with_instructions(self.instructions(&scope.endpoint));
        Ok(DiscoverResult::from_server_info(versions, info)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let policy = self.services.dispatcher.policy.current();
        let tools = self.tools.list(&scope.endpoint, Some(&policy.permissions(&scope.caller)));
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let policy = self.services.dispatcher.policy.current();
        let prompts = self.prompts.list(policy.permissions(&scope.caller).roles());
        Ok(ListPromptsResult::with_all_items(prompts).with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if self.prompts.is_empty() {
            return Err(ErrorData::method_not_found::<GetPromptRequestMethod>());
        }
        let scope = self.caller_and_endpoint(&context)?;
        let policy = self.services.dispatcher.policy.current();
        Ok(self.prompts.get(&request, policy.permissions(&scope.caller).roles())?.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let mut listed = Vec::new();
        for source in self.resources.iter() {
            listed.extend(source.list(&scope).await);
        }
        Ok(ListResourcesResult::with_all_items(listed).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = self.resources.iter().flat_map(|source| source.templates()).collect();
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        for source in self.resources.iter() {
            let trace = trace::trace_of_request(&context);
            if let Some(read) = source.read(&scope, &request.uri, trace).await {
                let read = read.map_err(|failure| failure.into_error(&request.uri, &context));
                return read.map(ReadResourceResponse::from);
            }
        }
        Err(ReadFailure::NotFound.into_error(&request.uri, &context))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.resources_list_changed = requested.resources_list_changed;
        let uris = requested.resource_subscriptions.iter().flatten().filter(|uri| can_be_followed(uri));
        accepted.resource_subscriptions = Some(uris.take(MAX_SUBSCRIPTIONS).cloned().collect());
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let request = context.request_context();
        let scope = self.caller_and_endpoint(request)?;
        let error = |(uri, failure): (String, ReadFailure)| failure.into_error(&uri, request);
        let uris = context.accepted().resource_subscriptions.clone().unwrap_or_default();
        let list = context.accepted().resources_list_changed == Some(true);
        let following = async {
            let follower = Follower::start(self.services.clone(), scope, &uris, list).await?;
            follower.run(&NoticeSink::Listen(context.sink().clone())).await
        };
        tokio::select! {
            ended = following => ended.map_err(error),
            () = context.cancelled() => Ok(()),
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let error = |(uri, failure): (String, ReadFailure)| failure.into_error(&uri, &context);
        let uri = request.uri;
        let (services, list) = (self.services.clone(), follows_list(&uri));
        let follower = Follower::start(services, scope, std::slice::from_ref(&uri), list).await.map_err(error)?;
        let follower = follower.skip_to_now();
        let session = client_link::session(&context);
        let subscriptions = session.as_ref().map_or(&*self.subscriptions, |session| &session.subscriptions);
        let end = subscriptions.add(&uri).ok_or_else(|| {
            let sentence =
                format!("one client is subscribed to at most {MAX_SUBSCRIPTIONS} resources: unsubscribe first");
            ErrorData::invalid_params(sentence, None)
        })?;
        let sink = session.map_or_else(|| NoticeSink::Peer(context.peer.clone()), NoticeSink::Session);
        tokio::spawn(async move {
            tokio::select! {
                // a client of this protocol does not learn why a subscription ends: its next read of the resource does
                _ = follower.run(&sink) => {}
                () = end.cancelled() => {}
            }
        });
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let session = client_link::session(&context);
        session.as_ref().map_or(&*self.subscriptions, |session| &session.subscriptions).remove(&request.uri);
        Ok(())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let tool = self.tools.get(&request.name).map_or("unknown", |tool| &*tool.name);
        let span = trace::span_of_call(tool, &request, &context, scope.caller.subject());
        let answered = async {
            // the one place that catches a panic of a call: its client gets an answer, and the other calls go on
            match AssertUnwindSafe(self.call(&request, &scope, &context)).catch_unwind().await {
                Ok(answer) => answer,
                Err(_) => Ok(self.answer_panic(&request.name, &scope.caller).await),
            }
        };
        answered.instrument(span).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let scope = self.caller_and_endpoint(&context)?;
        let policy = self.services.dispatcher.policy.current();
        let rights = policy.permissions(&scope.caller);
        let argument = &request.argument.name;
        let template = match &request.r#ref {
            Reference::Prompt(prompt) if self.prompts.has_argument(&prompt.name, argument, rights.roles()) => None,
            Reference::Resource(resource) if self.has_variable(&resource.uri, argument) => Some(&*resource.uri),
            Reference::Prompt(PromptReference { name, .. }) => {
                let sentence = format!("no prompt `{name}` has an argument `{argument}`: `prompts/list` returns all");
                return Err(ErrorData::invalid_params(sentence, None));
            }
            _ => {
                let sentence =
                    format!("no such template has a variable `{argument}`: `resources/templates/list` returns all");
                return Err(ErrorData::invalid_params(sentence, None));
            }
        };
        let (services, caller) = (&self.services, &scope.caller);
        Ok(Completion { services, caller, rights: &rights, request: &request }.complete(template).await)
    }

    /// Refuses a request that is none of the protocol's: of an unknown method, or of one that this server has with params that do
    /// not fit it.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        if let Some((_, params)) = METHODS.iter().find(|(known, _)| *known == method) {
            return Err(ErrorData::invalid_params(format!("the params of `{method}` have to be {params}"), None));
        }
        let near = catalogue::nearest(&method, METHODS.iter().map(|(name, _)| *name));
        let near = near.map(|near| format!(", the nearest is `{near}`")).unwrap_or_default();
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method `{method}`{near}"), None))
    }
}

impl HttpHandler for Server {
    const PEER_ON_DEMAND: bool = true;

    fn stop(&self) -> Option<CancellationToken> {
        Some(self.services.stopping.stop.clone())
    }

    fn result_key(&self, request: &ClientRequest, parts: &Parts) -> Option<String> {
        let ClientRequest::ListToolsRequest(_) = request else { return None };
        let (caller, endpoint) = (parts.extensions.get::<Caller>()?, parts.extensions.get::<Endpoint>()?);
        let policy = self.services.dispatcher.policy.current();
        Some(self.tools.list_key(endpoint, &policy.permissions(caller)))
    }

    fn has_parameter_headers(&self, _tool: &str) -> bool {
        false
    }
}
