//! One tool call: executes the resolved command by the dispatcher, and asks the user at the client for a confirmation.

use std::{sync::Arc, time::Instant};

use axum::http::request::Parts;
use dispatch::{ApprovalProof, Call, CallPermit, PendingApproval, Refusal, RefusedCall, Reply, execute};
use identity::Caller;
use rmcp::{
    RoleServer,
    model::{CallToolRequestParams, CallToolResponse, InputRequiredResult},
    service::RequestContext,
};
use serde_json::{Map, Value};

use crate::{
    Endpoint,
    builtin::names::FIND_COMMAND,
    confirmation::{self, ConfirmationMethod},
    progress::ProgressReporter,
    reply,
    resolved_call::ResolvedCall,
    services::Services,
    trace,
};

/// Member of `_meta` that names an approval which was decided elsewhere.
const APPROVAL: &str = "juju-mcp/approval";

/// Extension of a request: its share of the limits of its caller, which an act holds until it has ended.
#[derive(Clone)]
pub struct RequestPermit(pub CallPermit);

fn request_permit(parts: &Parts) -> Option<CallPermit> {
    Some(Arc::clone(&parts.extensions.get::<RequestPermit>()?.0))
}

/// How a call ended for its client.
enum CallOutcome {
    Completed(Result<Reply, RefusedCall>),
    /// The client has to ask its user and call again.
    ConfirmationRequested(Box<InputRequiredResult>),
    /// The client cancelled. A read ends there; a write continues in the dispatcher, and the ledger records its end.
    Cancelled,
    /// The server stops before the call has ended.
    CutOff {
        /// Whether the call may have changed something.
        changes: bool,
    },
}

impl CallOutcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Completed(result) => reply::outcome_label(result.as_ref().map_err(|refused| &refused.refusal)),
            Self::ConfirmationRequested(_) => "pending_approval",
            Self::Cancelled | Self::CutOff { changes: false } => "cancelled",
            Self::CutOff { changes: true } => "unknown",
        }
    }

    fn into_response(self) -> CallToolResponse {
        match self {
            Self::Completed(result) => reply::from_result(result.map_err(Refusal::from)).into(),
            Self::ConfirmationRequested(request) => CallToolResponse::InputRequired(*request),
            Self::Cancelled => reply::failed("the client cancelled the call", "cancelled").into(),
            Self::CutOff { changes: true } => reply::failed(
                "the server is stopping and the outcome of this call is not known: look at the state of the model before you \
                 call again, with the same idempotency key if you gave one",
                "outcome_unknown",
            )
            .into(),
            Self::CutOff { changes: false } => {
                reply::failed("the server is stopping, and the call has changed nothing: call again", "server_stopping").into()
            }
        }
    }
}

/// One `tools/call` request and everything that its handling needs.
#[derive(Clone, Copy)]
pub(crate) struct CallContext<'call> {
    pub(crate) services: &'call Services,
    pub(crate) request: &'call CallToolRequestParams,
    pub(crate) caller: &'call Caller,
    pub(crate) endpoint: &'call Endpoint,
    pub(crate) context: &'call RequestContext<RoleServer>,
}

impl CallContext<'_> {
    /// The arguments of the request.
    pub(crate) fn arguments(self) -> Map<String, Value> {
        self.request.arguments.clone().unwrap_or_default()
    }

    /// Executes a resolved call within the limits of its tool.
    pub(crate) async fn dispatch(self, resolved: ResolvedCall) -> CallToolResponse {
        let Some(tool) = self.services.dispatcher.catalogue.get(&resolved.tool) else {
            let near = self.services.dispatcher.catalogue.nearest_command(&resolved.tool);
            let near = near.map(|near| format!(", the nearest is `{near}`")).unwrap_or_default();
            let sentence = format!("there is no command `{}`{near}: search for it with {FIND_COMMAND}", resolved.tool);
            return reply::failed(sentence, "unknown_tool").into();
        };
        if let Some(sentence) = resolved.read_only_violation(tool) {
            return reply::failed(sentence, "read_only").into();
        }
        let slot = match self.services.acquire(tool.name(), self.caller).await {
            Ok(slot) => slot,
            Err(limited) => return limited.into(),
        };
        let permit: CallPermit = Arc::new((slot, self.context.extensions.get::<Parts>().and_then(request_permit)));
        let mut report = CallReport::new(self.services, self.caller, tool.name());
        let changes = tool.effect().changes();
        let outcome = tokio::select! {
            outcome = self.execute(tool.name(), &resolved.arguments, &permit) => outcome,
            () = self.context.ct.cancelled() => CallOutcome::Cancelled,
            () = self.services.stopping.cut_off(changes) => CallOutcome::CutOff { changes },
        };
        report.outcome = outcome.label();
        drop(report);
        if let CallOutcome::Completed(result) = &outcome {
            self.services.count_injections(result);
        }
        outcome.into_response()
    }

    /// Executes a call. If it requires an approval that the user at the client may give, asks them for it.
    async fn execute(self, tool: &str, arguments: &Map<String, Value>, permit: &CallPermit) -> CallOutcome {
        let (mut reporter, progress) = ProgressReporter::for_call(self.context);
        let call = |proof| Call {
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            progress: progress.clone(),
            proof,
            trace: trace::trace_of_call(self.request, self.context),
            permit: Some(Arc::clone(permit)),
            source: None,
        };
        // boxed: the future of the dispatcher is large
        let run = |proof| Box::pin(execute(&self.services.dispatcher, self.caller, call(proof)));
        let result = reporter.run_reporting(run(self.proof())).await;
        let Some(pending) = client_can_confirm(&result) else { return CallOutcome::Completed(result) };
        match (ConfirmationMethod::of_client(self.context), &self.services.sealer) {
            (ConfirmationMethod::InputRequired, Some(sealer)) => {
                let request = sealer.input_required(pending, &self.associated_data());
                CallOutcome::ConfirmationRequested(Box::new(request))
            }
            (ConfirmationMethod::Elicitation, _) => {
                let proof = confirmation::elicit(pending, self.context).await;
                CallOutcome::Completed(reporter.run_reporting(run(Some(proof))).await)
            }
            (ConfirmationMethod::InputRequired, None) | (ConfirmationMethod::Unsupported, _) => {
                CallOutcome::Completed(result)
            }
        }
    }

    /// The proof of an approval that the request contains.
    fn proof(self) -> Option<ApprovalProof> {
        match (&self.request.request_state, &self.services.sealer) {
            (Some(state), Some(sealer)) => {
                sealer.open(state, self.request.input_responses.as_ref(), &self.associated_data())
            }
            (Some(_), None) => Some(ApprovalProof::Invalid("this server issues no request states".to_owned())),
            (None, _) => Some(match self.context.meta.get(APPROVAL)?.as_str() {
                Some(id) => ApprovalProof::Approval(id.to_owned()),
                None => ApprovalProof::Invalid(format!("`{APPROVAL}` has to be the id of an approval")),
            }),
        }
    }

    fn associated_data(self) -> Vec<u8> {
        confirmation::associated_data(self.caller, self.endpoint, &self.request.name, self.request.arguments.as_ref())
    }
}

/// Reports a call to metrics and log, also if its client has disconnected.
struct CallReport<'call> {
    services: &'call Services,
    caller: &'call Caller,
    tool: &'call str,
    started: Instant,
    outcome: &'static str,
}

impl<'call> CallReport<'call> {
    fn new(services: &'call Services, caller: &'call Caller, tool: &'call str) -> Self {
        services.metrics.calls_in_progress(1);
        Self { services, caller, tool, started: Instant::now(), outcome: "cancelled" }
    }
}

impl Drop for CallReport<'_> {
    fn drop(&mut self) {
        self.services.metrics.calls_in_progress(-1);
        self.services.call_ended(self.tool, self.caller, self.outcome, self.started.elapsed());
    }
}

/// The pending approval that the user at the client may give, if that is how a call ended.
fn client_can_confirm(result: &Result<Reply, RefusedCall>) -> Option<&PendingApproval> {
    match result {
        Err(RefusedCall { refusal: Refusal::ApprovalRequired(pending), .. }) if pending.client_can_confirm => {
            Some(pending)
        }
        _ => None,
    }
}
