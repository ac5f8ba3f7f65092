//! One tool call: which tool is meant, whether it may be called here, then through the door.

use std::time::Instant;

use catalogue::Tool;
use dispatch::{Call, Proof, Refusal, Reply, Waiting, carry_out};
use identity::Caller;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, InputRequiredResult},
    service::RequestContext,
};
use serde_json::{Map, Value};

use crate::{
    Server, Surface, changes,
    confirm::{self, Channel},
    progress::News,
    reply, trace, trio, validate,
};

/// Where a call names an approval that was decided elsewhere.
const APPROVAL: &str = "juju-mcp/approval";

/// A tool call that is understood.
pub(crate) struct Meant {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// Refuse it if it would change anything.
    read_only: bool,
}

impl Meant {
    /// The inner command where one of the catch-all tools is called.
    ///
    /// # Errors
    /// One sentence, where the arguments do not fit.
    pub(crate) fn of(name: &str, arguments: Map<String, Value>, surface: &Surface) -> Result<Self, String> {
        match name {
            trio::READ => inner(arguments, true),
            trio::RUN => inner(arguments, false),
            name => Ok(Self { tool: name.to_owned(), arguments, read_only: surface.read_only }),
        }
    }

    /// The sentence that refuses a call which would change something where nothing may be changed.
    pub(crate) fn out_of_place(&self, tool: &dyn Tool) -> Option<String> {
        self.read_only.then(|| changes(tool, &self.arguments)).flatten()
    }
}

/// How a call ended for its client.
enum Ended {
    Answered(Result<Reply, Refusal>),
    Asked(Box<InputRequiredResult>),
}

/// The question that the human before the client may answer, if that is how a call ended.
fn confirmable(result: &Result<Reply, Refusal>) -> Option<&Waiting> {
    match result {
        Err(Refusal::ApprovalNeeded(waiting)) if waiting.confirmable => Some(waiting),
        _ => None,
    }
}

impl Server {
    pub(crate) async fn call(
        &self,
        request: CallToolRequestParams,
        caller: Caller,
        surface: &Surface,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !self.shelf.has(surface, &request.name) {
            return Err(ErrorData::invalid_params(self.unknown(&request.name, surface), None));
        }
        let arguments = request.arguments.clone().unwrap_or_default();
        Ok(match &*request.name {
            trio::FIND => self.find(&caller, surface, arguments).into(),
            validate::NAME => self.validate(&caller, arguments).await.into(),
            changes::NAME => self.changes(&caller, arguments).await.into(),
            name => match Meant::of(name, arguments, surface) {
                Ok(meant) => self.carry(meant, &request, &caller, surface, context).await,
                Err(sentence) => reply::failed(sentence, "bad arguments").into(),
            },
        })
    }

    async fn carry(
        &self,
        meant: Meant,
        request: &CallToolRequestParams,
        caller: &Caller,
        surface: &Surface,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let Some(tool) = self.door.catalogue.get(&meant.tool) else {
            let sentence = format!("there is no command `{}`: look for it with {}", meant.tool, trio::FIND);
            return reply::failed(sentence, "unknown tool").into();
        };
        if let Some(sentence) = meant.out_of_place(tool) {
            return reply::failed(sentence, "read only").into();
        }
        let name = tool.name();
        let _under_way = match self.enter(name, caller).await {
            Ok(under_way) => under_way,
            Err(limited) => return limited.into(),
        };
        let begun = Instant::now();
        let bound = || confirm::bound_to(caller, surface, &request.name, request.arguments.as_ref());
        let work = async {
            let (mut news, progress) = News::of(context);
            let call = |proof| Call {
                tool: name.to_owned(),
                arguments: meant.arguments.clone(),
                progress: progress.clone(),
                proof,
                trace: trace::id(request, context),
                most_bytes: Some(self.result_bytes),
            };
            let first = call(self.proof(request, context, bound));
            let result = news.during(carry_out(&self.door, caller, first)).await;
            let Some(waiting) = confirmable(&result) else { return Ended::Answered(result) };
            match (Channel::of(context), &self.seal) {
                (Channel::RoundTrip, Some(seal)) => Ended::Asked(Box::new(seal.ask(waiting, &bound()))),
                (Channel::Elicitation, _) => {
                    let proof = confirm::elicit(waiting, context).await;
                    Ended::Answered(news.during(carry_out(&self.door, caller, call(Some(proof)))).await)
                }
                (Channel::RoundTrip, None) | (Channel::None, _) => Ended::Answered(result),
            }
        };
        let ended = tokio::select! {
            ended = work => ended,
            // a read ends here; a write goes on to its end behind the door, and the ledger has it
            () = context.ct.cancelled() => {
                self.observe.call_ended(name, "cancelled", begun.elapsed());
                return reply::failed("the call is no longer waited for", "cancelled").into();
            }
        };
        match ended {
            Ended::Asked(question) => {
                self.observe.call_ended(name, "pending_approval", begun.elapsed());
                CallToolResponse::InputRequired(*question)
            }
            Ended::Answered(result) => {
                self.observe.call_ended(name, reply::outcome(&result), begun.elapsed());
                self.count(&result, &meant.arguments);
                match result {
                    Ok(done) => reply::done(done),
                    Err(refusal) => reply::refused(&refusal),
                }
                .into()
            }
        }
    }

    /// Counts texts that want to be obeyed, those in arguments of refused calls included.
    fn count(&self, result: &Result<Reply, Refusal>, arguments: &Map<String, Value>) {
        let asked = match result {
            Ok(reply) => &reply.provenance.arguments,
            Err(_) => &self.door.catalogue.detector().judge_members(arguments),
        };
        let answered = result.as_ref().ok().map(|reply| ("result", &reply.provenance.suspicious));
        for (place, found) in answered.into_iter().chain([("arguments", asked)]) {
            for (kind, count) in &found.kinds {
                (0..*count).for_each(|_| self.observe.suspicious(place, kind.as_str()));
            }
        }
    }

    /// What a call brings to show that a human said yes.
    fn proof(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
        bound: impl Fn() -> Vec<u8>,
    ) -> Option<Proof> {
        match (&request.request_state, &self.seal) {
            (Some(state), Some(seal)) => seal.open(state, request.input_responses.as_ref(), &bound()),
            (Some(_), None) => Some(Proof::Forged("this server hands out no request states".to_owned())),
            (None, _) => {
                let named = context.meta.get(APPROVAL)?;
                Some(match named.as_str() {
                    Some(id) => Proof::Approval(id.to_owned()),
                    None => Proof::Forged(format!("`{APPROVAL}` has to be the id of an approval")),
                })
            }
        }
    }

    fn find(&self, caller: &Caller, surface: &Surface, arguments: Map<String, Value>) -> CallToolResult {
        let policy = self.door.policy.now();
        let found = trio::find(&self.door.catalogue, &policy.rights(caller), surface.read_only, arguments);
        match found {
            Ok((value, text)) => reply::told(value, text),
            Err(sentence) => reply::failed(sentence, "bad arguments"),
        }
    }

    fn unknown(&self, name: &str, surface: &Surface) -> String {
        if self.shelf.get(name).is_none() {
            return format!("there is no tool named `{name}`: `tools/list` says which there are");
        }
        if surface.read_only {
            return format!("`{name}` is not offered here, where nothing can be changed: use `/mcp` for it");
        }
        format!("`{name}` is not offered here: call it by {}, or connect to `/mcp/full`", trio::RUN)
    }
}

fn inner(arguments: Map<String, Value>, read_only: bool) -> Result<Meant, String> {
    let inner: trio::Inner = serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("the arguments do not fit: {error}"))?;
    let command = inner.command.trim().trim_start_matches("juju ").to_owned();
    Ok(Meant { tool: command, arguments: inner.arguments, read_only })
}

/// The sentence that refuses a call which would change something. Arguments that do not fit are for the door to tell.
fn changes(tool: &dyn Tool, arguments: &Map<String, Value>) -> Option<String> {
    let effect = match tool.plan(arguments.clone()) {
        Ok(plan) => plan.act_nowhere().effect,
        Err(_) => tool.least(),
    };
    effect.changes().then(|| {
        let word = tool.word();
        format!("`{word}` would change something, and this only reads: use {} or another address", trio::RUN)
    })
}
