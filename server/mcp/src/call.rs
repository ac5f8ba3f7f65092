//! One tool call: resolves the tool, checks that the endpoint offers it, and executes it by the dispatcher.

use std::time::Instant;

use catalogue::Tool;
use dispatch::{Call, Proof, Refusal, Reply, Waiting, carry_out};
use identity::Caller;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, InputRequiredResult},
    service::RequestContext,
};
use serde_json::{Map, Value};

use crate::{
    Endpoint, Server,
    builtin::{RUN_COMMAND, find_builtin_tool},
    confirmation::{self, ConfirmationMethod},
    progress::ProgressReporter,
    reply, trace,
};

/// Member of `_meta` that names an approval which was decided elsewhere.
const APPROVAL: &str = "juju-mcp/approval";

/// The tool of the catalogue that a call runs, and its arguments.
pub(crate) struct ResolvedCall {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// Whether the server refuses the call if it would change anything.
    pub(crate) read_only: bool,
}

impl ResolvedCall {
    /// Resolves a call: the wrapped command of a built-in tool, else the tool itself; `None` for a built-in tool that runs no
    /// command.
    ///
    /// # Errors
    /// One sentence, if the arguments of a built-in tool are invalid.
    pub(crate) fn resolve(
        name: &str,
        arguments: Map<String, Value>,
        endpoint: &Endpoint,
    ) -> Result<Option<Self>, String> {
        match find_builtin_tool(name) {
            Some(builtin) => builtin.wrapped_command(&arguments),
            None => Ok(Some(Self { tool: name.to_owned(), arguments, read_only: endpoint.read_only })),
        }
    }

    /// The sentence that refuses a change where only reads are offered; `None` if the call is a read or changes are offered.
    /// The dispatcher reports invalid arguments.
    pub(crate) fn read_only_violation(&self, tool: &dyn Tool) -> Option<String> {
        if !self.read_only {
            return None;
        }
        let effect = match tool.plan(self.arguments.clone()) {
            Ok(plan) => plan.act_nowhere().effect,
            Err(_) => tool.least(),
        };
        effect.changes().then(|| {
            let word = tool.word();
            format!("`{word}` would change something, which is not offered here: use {RUN_COMMAND} or another endpoint")
        })
    }
}

/// How a call ended for its client.
enum CallOutcome {
    Completed(Result<Reply, Refusal>),
    /// The client has to ask its user and call again.
    ConfirmationRequested(Box<InputRequiredResult>),
    /// The client cancelled. A read ends there; a write continues in the dispatcher, and the ledger records its end.
    Cancelled,
}

impl CallOutcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Completed(result) => reply::outcome_label(result),
            Self::ConfirmationRequested(_) => "pending_approval",
            Self::Cancelled => "cancelled",
        }
    }

    fn into_response(self) -> CallToolResponse {
        match self {
            Self::Completed(result) => reply::from_result(result).into(),
            Self::ConfirmationRequested(request) => CallToolResponse::InputRequired(*request),
            Self::Cancelled => reply::failed("the client cancelled the call", "cancelled").into(),
        }
    }
}

impl Server {
    pub(crate) async fn call(
        &self,
        request: &CallToolRequestParams,
        caller: &Caller,
        endpoint: &Endpoint,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !self.tools.offers(endpoint, &request.name) {
            return Err(ErrorData::invalid_params(self.unknown_tool(&request.name, endpoint), None));
        }
        let call = CallContext { server: self, request, caller, endpoint, context };
        Ok(match find_builtin_tool(&request.name) {
            Some(builtin) => builtin.call(call).await,
            None => {
                let (tool, arguments) = (request.name.to_string(), call.arguments());
                call.dispatch(ResolvedCall { tool, arguments, read_only: endpoint.read_only }).await
            }
        })
    }

    fn unknown_tool(&self, name: &str, endpoint: &Endpoint) -> String {
        if self.tools.get(name).is_none() {
            return format!("there is no tool named `{name}`: `tools/list` returns all tools");
        }
        if endpoint.read_only {
            return format!("`{name}` is not offered here, where nothing can be changed: use `/mcp` for it");
        }
        format!("`{name}` is not offered here: call it by {RUN_COMMAND}, or connect to `/mcp/full`")
    }

    /// Counts suspected prompt injections, those in the arguments of refused calls included.
    fn count_injections(&self, result: &Result<Reply, Refusal>, arguments: &Map<String, Value>) {
        let in_arguments = match result {
            Ok(reply) => &reply.provenance.arguments,
            Err(_) => &self.door.catalogue.detector().scan_members(arguments),
        };
        let in_result = result.as_ref().ok().map(|reply| ("result", &reply.provenance.suspicious));
        for (source, findings) in in_result.into_iter().chain([("arguments", in_arguments)]) {
            for (category, count) in &findings.kinds {
                (0..*count).for_each(|_| self.metrics.injection_found(source, category.as_str()));
            }
        }
    }
}

/// One `tools/call` request and everything that its handling needs.
#[derive(Clone, Copy)]
pub(crate) struct CallContext<'call> {
    pub(crate) server: &'call Server,
    pub(crate) request: &'call CallToolRequestParams,
    pub(crate) caller: &'call Caller,
    pub(crate) endpoint: &'call Endpoint,
    context: &'call RequestContext<RoleServer>,
}

impl CallContext<'_> {
    /// The arguments of the request.
    pub(crate) fn arguments(self) -> Map<String, Value> {
        self.request.arguments.clone().unwrap_or_default()
    }

    /// Executes a resolved call within the limits of its tool.
    pub(crate) async fn dispatch(self, resolved: ResolvedCall) -> CallToolResponse {
        let Some(tool) = self.server.door.catalogue.get(&resolved.tool) else {
            let sentence = format!("there is no command `{}`: search for it with juju_find_command", resolved.tool);
            return reply::failed(sentence, "unknown_tool").into();
        };
        if let Some(sentence) = resolved.read_only_violation(tool) {
            return reply::failed(sentence, "read_only").into();
        }
        let _slot = match self.server.acquire(tool.name(), self.caller).await {
            Ok(slot) => slot,
            Err(limited) => return limited.into(),
        };
        let started = Instant::now();
        let outcome = tokio::select! {
            outcome = self.execute(tool.name(), &resolved.arguments) => outcome,
            () = self.context.ct.cancelled() => CallOutcome::Cancelled,
        };
        self.server.metrics.call_ended(tool.name(), outcome.label(), started.elapsed());
        if let CallOutcome::Completed(result) = &outcome {
            self.server.count_injections(result, &resolved.arguments);
        }
        outcome.into_response()
    }

    /// Executes a call. If it requires an approval that the user at the client may give, asks them for it.
    async fn execute(self, tool: &str, arguments: &Map<String, Value>) -> CallOutcome {
        let (mut reporter, progress) = ProgressReporter::for_call(self.context);
        let call = |proof| Call {
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            progress: progress.clone(),
            proof,
            trace: trace::trace_of_call(self.request, self.context),
            most_bytes: Some(self.server.max_result_bytes),
        };
        let door = &self.server.door;
        let result = reporter.run_reporting(carry_out(door, self.caller, call(self.proof()))).await;
        let Some(pending) = client_can_confirm(&result) else { return CallOutcome::Completed(result) };
        match (ConfirmationMethod::of_client(self.context), &self.server.sealer) {
            (ConfirmationMethod::InputRequired, Some(sealer)) => {
                let request = sealer.input_required(pending, &self.associated_data());
                CallOutcome::ConfirmationRequested(Box::new(request))
            }
            (ConfirmationMethod::Elicitation, _) => {
                let proof = confirmation::elicit(pending, self.context).await;
                let confirmed = carry_out(door, self.caller, call(Some(proof)));
                CallOutcome::Completed(reporter.run_reporting(confirmed).await)
            }
            (ConfirmationMethod::InputRequired, None) | (ConfirmationMethod::Unsupported, _) => {
                CallOutcome::Completed(result)
            }
        }
    }

    /// The proof of an approval that the request contains.
    fn proof(self) -> Option<Proof> {
        match (&self.request.request_state, &self.server.sealer) {
            (Some(state), Some(sealer)) => {
                sealer.open(state, self.request.input_responses.as_ref(), &self.associated_data())
            }
            (Some(_), None) => Some(Proof::Forged("this server issues no request states".to_owned())),
            (None, _) => Some(match self.context.meta.get(APPROVAL)?.as_str() {
                Some(id) => Proof::Approval(id.to_owned()),
                None => Proof::Forged(format!("`{APPROVAL}` has to be the id of an approval")),
            }),
        }
    }

    fn associated_data(self) -> Vec<u8> {
        confirmation::associated_data(self.caller, self.endpoint, &self.request.name, self.request.arguments.as_ref())
    }
}

/// The pending approval that the user at the client may give, if that is how a call ended.
fn client_can_confirm(result: &Result<Reply, Refusal>) -> Option<&Waiting> {
    match result {
        Err(Refusal::ApprovalNeeded(pending)) if pending.client_can_confirm => Some(pending),
        _ => None,
    }
}
