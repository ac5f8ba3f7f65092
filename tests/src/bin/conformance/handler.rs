//! The suite's fixtures as an MCP server.

use std::{sync::Arc, time::Duration};

#[expect(deprecated, reason = "the suite still sets the log level of older clients")]
use rmcp::model::SetLevelRequestParams;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, CompleteRequestParams,
        CompleteResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult, GetTaskParams, GetTaskResult,
        Implementation, InputResponses, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, RequestStateCodec, ServerCapabilities, ServerConfig,
        SetLevelRequestMethod, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
        UpdateTaskParams,
    },
    service::{RequestContext, SubscriptionContext},
    task_manager::TaskManager,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::{ask, jobs, rounds, rounds::Returned, texts};

/// A value of the library's own type, from the form it has on the wire.
pub(crate) fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(format!("a fixture is wrong: {error}"), None))
}

/// A result of the library's own type, marked as complete, which the library takes off again for older clients.
pub(crate) fn result<T: DeserializeOwned>(mut value: Value) -> Result<T, ErrorData> {
    value["resultType"] = json!("complete");
    parsed(value)
}

/// A result that is one text.
pub(crate) fn text_result(text: &str) -> Result<CallToolResult, ErrorData> {
    result(json!({"content": [{"type": "text", "text": text}]}))
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

/// One server for all requests.
#[derive(Clone)]
pub(crate) struct Fixtures {
    tools: Arc<Vec<Tool>>,
    codec: Arc<RequestStateCodec>,
    tasks: TaskManager,
    changes: broadcast::Sender<Change>,
}

impl Fixtures {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let mut key = vec![0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self {
            tools: Arc::new(serde_json::from_str(include_str!("tools.json"))?),
            codec: Arc::new(RequestStateCodec::try_new(key)?),
            tasks: TaskManager::new(),
            changes: broadcast::channel(16).0,
        })
    }

    async fn call(
        &self,
        tool: &str,
        arguments: &Value,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        match tool {
            "test_tool_with_logging" => {
                log(context).await;
                text_result("Logged three times.")
            }
            // a client of 2026-07-28 requests logs in each request, and the suite never does
            "test_logging_tool" => text_result("Not asked to log."),
            "test_tool_with_progress" => {
                progress(context).await;
                text_result("Sent three progress notifications.")
            }
            // the first notification begins the event stream that the suite checks
            "test_reconnection" => {
                log(context).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
                text_result("Reconnection test completed")
            }
            "test_sampling" => ask::sampling(arguments["prompt"].as_str().unwrap_or_default(), context).await,
            "test_elicitation" => {
                let message = arguments["message"].as_str().unwrap_or_default();
                let question = json!({"message": message, "requestedSchema": {"type": "object", "properties": {
                    "username": {"type": "string"}, "email": {"type": "string"}}, "required": ["username", "email"]}});
                ask::elicitation(question, context).await
            }
            "test_elicitation_sep1034_defaults" => ask::elicitation(ask::defaults(), context).await,
            "test_elicitation_sep1330_enums" => ask::elicitation(ask::choices(), context).await,
            "test_trigger_tool_change" => self.change(Change::Tools),
            "test_trigger_prompt_change" => self.change(Change::Prompts),
            "test_missing_capability" => needs_sampling(context),
            _ => match texts::fixed(tool) {
                Some(fixed) => result(fixed),
                None => Err(ErrorData::invalid_params(format!("there is no such tool: `{tool}`"), None)),
            },
        }
    }

    fn change(&self, change: Change) -> Result<CallToolResult, ErrorData> {
        // a change without a listener is no failure
        let _ = self.changes.send(change);
        text_result("Notification sent.")
    }
}

fn needs_sampling(context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    let declared = serde_json::to_value(context.client_capabilities()).unwrap_or_default();
    if declared.get("sampling").is_some_and(Value::is_object) {
        return text_result("The client can sample.");
    }
    Err(ErrorData::missing_required_client_capability(parsed(json!({"sampling": {}}))?))
}

async fn log(context: &RequestContext<RoleServer>) {
    for text in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        let message = json!({"level": "info", "logger": "conformance", "data": text});
        if let Ok(message) = serde_json::from_value(message) {
            #[expect(deprecated, reason = "the suite still asks older clients' logs")]
            let _ = context.peer.notify_logging_message(message).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn progress(context: &RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else { return };
    for step in [0.0, 50.0, 100.0] {
        let notification =
            ProgressNotificationParam::new(token.clone(), step).with_total(100.0).with_message("working");
        let _ = context.peer.notify_progress(notification).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn returned(answers: Option<InputResponses>, state: Option<String>, context: &RequestContext<RoleServer>) -> Returned {
    Returned {
        answers: answers.unwrap_or_default(),
        state,
        capabilities: context.client_capabilities().unwrap_or_default(),
    }
}

impl ServerHandler for Fixtures {
    #[expect(deprecated, reason = "the suite still sets the log level of older clients")]
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("juju-mcp-conformance", "0.1.0"))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // a notification begins an event stream: the suite lists tools to check several streams at once
        if context.protocol_version() == Some(ProtocolVersion::V_2025_11_25) {
            log(&context).await;
        }
        Ok(ListToolsResult::with_all_items(self.tools.to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let back = returned(request.input_responses, request.request_state, &context);
        if let Some(kind) = request.name.strip_prefix("test_input_required_result_") {
            return rounds::call(kind, &back, &self.codec);
        }
        if request.name == "test_streaming_elicitation" {
            return rounds::call("elicitation", &back, &self.codec);
        }
        if let Some(answer) = jobs::call(&request.name, &arguments, &back, &self.tasks, &context).await {
            return answer;
        }
        self.call(&request.name, &arguments, &context).await.map(Into::into)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        result(json!({"resources": texts::resources()}))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        result(json!({"resourceTemplates": texts::templates()}))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match texts::content(&request.uri) {
            Some(content) => result::<ReadResourceResult>(json!({"contents": [content]})).map(Into::into),
            None => Err(ErrorData::resource_not_found("Resource not found", Some(json!({"uri": request.uri})))),
        }
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        result(json!({"prompts": texts::prompts()}))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        if request.name == "test_input_required_result_prompt" {
            let back = returned(request.input_responses, request.request_state, &context);
            let Some(context) = back.accepted("user_context", "context") else {
                let question = ask::field("What context should the prompt use?", "context", "string");
                return rounds::questions(json!({"user_context": rounds::elicit(&question)}), None).map(Into::into);
            };
            let message = json!({"role": "user", "content": {"type": "text", "text": format!("Context: {context}")}});
            return result::<GetPromptResult>(json!({"messages": [message]})).map(Into::into);
        }
        match texts::prompt(&request.name, &arguments) {
            Some(prompt) => result::<GetPromptResult>(prompt).map(Into::into),
            None => Err(ErrorData::invalid_params(format!("there is no such prompt: `{}`", request.name), None)),
        }
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        result(json!({"completion": {"values": ["test1", "test2"], "total": 2, "hasMore": false}}))
    }

    #[expect(deprecated, reason = "the suite still sets the log level of older clients")]
    async fn set_level(&self, _: SetLevelRequestParams, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        if context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = context.cancelled() => return Ok(()),
            };
            let sent = match change {
                Ok(Change::Tools) => context.sink().notify_tool_list_changed().await,
                Ok(Change::Prompts) => context.sink().notify_prompt_list_changed().await,
                Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "the client received no notification");
            }
        }
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.tasks.get_task(&request.task_id).map(GetTaskResult::new)
    }

    async fn update_task(&self, request: UpdateTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }
}

impl mcp::HttpHandler for Fixtures {
    fn has_parameter_headers(&self, tool: &str) -> bool {
        let schema = self.get_tool(tool).map(|tool| serde_json::to_string(&tool.input_schema));
        schema.is_none_or(|schema| schema.is_ok_and(|schema| schema.contains("x-mcp-header")))
    }
}
