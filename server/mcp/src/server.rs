//! The MCP server: one value answers all requests, in both protocol eras.

use std::sync::Arc;

use axum::http::request::Parts;
use dispatch::Door;
use identity::Caller;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation, InitializeRequestParams,
        InitializeResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use crate::{Observe, Surface, confirm::Seal, instructions, reply, shelf::Shelf, tool_limits::ToolLimits};

/// How long a client may keep a list of tools, in milliseconds: it changes only with the caller's rights.
const LIST_TTL_MS: u64 = 300_000;

/// Answers MCP requests for the catalogue behind one door.
#[derive(Clone)]
pub struct Server {
    pub(crate) door: Arc<Door>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) observe: Arc<dyn Observe>,
    /// Seals what clients carry between the halves of a round trip; without it there are none.
    pub(crate) seal: Option<Seal>,
    pub(crate) limits: Arc<ToolLimits>,
    /// Largest answer of a read as data, in bytes.
    pub(crate) result_bytes: usize,
    /// Over stdio there is one caller and one surface; over HTTP both come with the request.
    local: Option<Arc<(Caller, Surface)>>,
}

impl Server {
    /// A server whose requests carry their caller and surface in the HTTP request's extensions.
    #[must_use]
    pub fn new(door: Arc<Door>, observe: Arc<dyn Observe>) -> Self {
        let shelf = Arc::new(Shelf::new(&door.catalogue));
        Self {
            door,
            shelf,
            observe,
            seal: None,
            limits: Arc::default(),
            result_bytes: reply::RESULT_BYTES,
            local: None,
        }
    }

    /// The same, asking humans by input-required results whose state is sealed with this key. The key has to outlive the
    /// process, or questions that wait do not.
    #[must_use]
    pub fn sealing_with(self, key: &[u8; 32]) -> Self {
        Self { seal: Some(Seal::new(key)), ..self }
    }

    /// The same with limits for single tools.
    #[must_use]
    pub fn limiting(self, limits: ToolLimits) -> Self {
        Self { limits: Arc::new(limits), ..self }
    }

    /// The same with another limit for the size of a read's answer as data; 0 for none.
    #[must_use]
    pub fn answering_at_most(self, bytes: usize) -> Self {
        Self { result_bytes: if bytes == 0 { usize::MAX } else { bytes }, ..self }
    }

    /// The same for one caller on one surface, over stdio.
    #[must_use]
    pub fn local(self, caller: Caller, surface: Surface) -> Self {
        Self { local: Some(Arc::new((caller, surface))), ..self }
    }

    /// Who asks, and on which surface.
    fn asked(&self, context: &RequestContext<RoleServer>) -> Result<(Caller, Surface), ErrorData> {
        let known = match &self.local {
            Some(local) => Some((**local).clone()),
            None => context.extensions.get::<Parts>().and_then(|parts| {
                Some((parts.extensions.get::<Caller>()?.clone(), parts.extensions.get::<Surface>()?.clone()))
            }),
        };
        let (caller, surface) = known.ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        let caller = match context.client_info() {
            Some(client) => caller.with_client(format!("{}/{}", client.name, client.version)),
            None => caller,
        };
        Ok((caller, surface))
    }

    fn info(&self, surface: &Surface) -> ServerConfig {
        self.get_info().with_instructions(instructions::text(surface))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("juju-mcp", env!("CARGO_PKG_VERSION")).with_title("Juju");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(server)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shelf.get(name).cloned()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let (_, surface) = self.asked(&context)?;
        context.peer.set_peer_info(request.clone());
        let agreed = self.negotiate_initialize(&request)?;
        Ok(agreed.with_instructions(instructions::text(&surface)))
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let (_, surface) = self.asked(&context)?;
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.info(&surface))
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (caller, surface) = self.asked(&context)?;
        let policy = self.door.policy.now();
        let tools = self.shelf.list(&surface, Some(&policy.rights(&caller)));
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (caller, surface) = self.asked(&context)?;
        self.call(request, caller, &surface, &context).await
    }
}
