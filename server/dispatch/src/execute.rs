//! [`execute`]: the stages of one call.

use std::sync::Arc;

use audit::{
    Entry, JujuAuditRefs, JujuRequest, NewEntry, Outcome, PendingEntry, RecordedDecision, ToolCall, Verdict as Recorded,
};
use catalogue::{Answer, Externals, Failure, JujuAccess, Options, Plan, PlannedWork, ResolvedTarget, Tool};
use identity::Caller;
use juju_client::{CallerLogin, SentRequests};
use policy::{
    Act, Authorization, Denial, Effect, Location, OptionMask, Permissions, Permitted, Planned, Policy, Target,
    Violation, redact_text,
};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::{
    ApprovalProof, Call, Dispatcher, ReadSource, Refusal, RefusedCall, Reply,
    approval_flow::ApprovalFlow,
    budget_reservation::{BudgetReservation, Counting},
    content_scan::ContentScan,
    dry_run::dry_run,
    evaluation_context,
    idempotency::{Claim, IdempotencyKey, reply_may_be_stored},
    live, spans,
};

/// Executes one call of one caller: plan, resolve the target, begin the ledger entry, authorize, perform, close the entry.
///
/// A read ends when the returned future is dropped; a write runs to its end, and the ledger has its outcome.
///
/// # Errors
/// A [`Refusal`], with the findings in the arguments. The ledger has each refusal but an unknown tool and arguments that do not fit.
pub async fn execute(dispatcher: &Dispatcher, caller: &Caller, mut call: Call) -> Result<Reply, RefusedCall> {
    // Plan the call: find the tool, check its arguments against the schema.
    let tool = dispatcher.catalogue.get(&call.tool).ok_or_else(|| Refusal::UnknownTool(call.tool.clone()))?;
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(caller);
    // Check visibility first: a caller without access gets a denial even if the arguments are invalid or the target does not exist.
    let hidden = tool.check_visibility(&rights).err();
    let arguments = std::mem::take(&mut call.arguments);
    let plan = match (tool.plan(arguments.clone()), &hidden) {
        (Err(bad), None) => return Err(Refusal::from(bad).into()),
        (Err(_), Some(denial)) => Err((hidden_act(tool, arguments.clone()), denial.clone())),
        (Ok(plan), _) => Ok(plan),
    };
    // Scan the arguments once: those that fit, and those that only the ledger receives.
    let scan = ContentScan::scan_arguments(&dispatcher.catalogue, tool, arguments).await;
    let findings = scan.arguments().clone();
    let opener = EntryOpener { dispatcher, caller, rights: &rights, trace: call.trace.take(), labels: scan.labels() };
    let result = match plan {
        Ok(plan) => execute_planned(CheckedCall { policy: &policy, tool, hidden, plan, scan }, &opener, call).await,
        Err((act, denial)) => Err(opener.record_refused(&act, &Options::default(), Refusal::Denied(denial)).await),
    };
    result.map_err(|refusal| RefusedCall { refusal, arguments: findings })
}

/// A call with arguments that fit the schema.
struct CheckedCall<'a> {
    policy: &'a Arc<Policy>,
    tool: &'a dyn Tool,
    /// Why the caller must not see the tool.
    hidden: Option<Denial>,
    plan: Plan,
    scan: ContentScan,
}

/// The stages of a call after its plan.
async fn execute_planned(checked: CheckedCall<'_>, opener: &EntryOpener<'_>, mut call: Call) -> Result<Reply, Refusal> {
    let CheckedCall { policy, tool, hidden, plan, scan } = checked;
    let (dispatcher, caller) = (opener.dispatcher, opener.caller);
    let options = plan.options.clone();

    // Resolve the target: which controller, and the model by its full name.
    let controllers = dispatcher.controllers_for(opener.rights);
    let target = match ResolvedTarget::resolve(&controllers, tool.scope(), &options.selector, call.progress.take())
        .await
    {
        Ok(target) => {
            let is_answered = tool.is_answered_from_estate() && call.source.is_none();
            let known = is_answered.then(|| live::status_source(dispatcher, caller, &target, options.fresh)).flatten();
            let target = known.into_iter().fold(target, ResolvedTarget::with_status_source);
            Arc::new(CallerView::new(policy, caller, tool, dispatcher).restrict(target))
        }
        Err(failure) => {
            let refusal = hidden.map_or_else(|| failure.into(), Refusal::Denied);
            return Err(opener.record_refused(&plan.unresolved_act(), &options, refusal).await);
        }
    };
    let planned = plan.resolve(&target, policy.lookups()).await;

    // Begin the ledger entry. Reads persist it concurrently with the controller request, and the answer is returned only after
    // both; writes, dry runs and calls with a proof wait here.
    let mut pending = opener.begin(planned.act(), &options).await?;
    if planned.act().effect != Effect::Read || options.dry_run || call.proof.is_some() {
        pending.wait_persisted().instrument(spans::ledger("ledger persist")).await?;
    }

    // Authorize. From here on the entry ends in one place: `close`.
    let (proof, source) = (call.proof, call.source);
    let active = ActiveCall { dispatcher, caller, policy, tool, options, target, proof, hidden, source };
    let decided = active.decide(planned, &mut pending).instrument(spans::policy()).await;
    let (mut entry, next) = match decided {
        Ok(Decided { verdict: Authorization::Permitted(permitted), .. }) if active.is_read(permitted.act()) => {
            if let Err(refusal) = active.act_as_caller(permitted.job()) {
                return close(pending.persisted().await?, scan, Err(refusal)).await;
            }
            let work = Work { permitted, target: active.target, source: active.source };
            let (performed, entry) =
                tokio::join!(work.perform(), pending.persisted().instrument(spans::ledger("ledger persist")));
            let mut entry = entry?;
            let result = performed.into_reply(&mut entry);
            return close(entry, scan, result).await;
        }
        Ok(decided) => {
            let mut entry = pending.persisted().await?;
            let next = active.proceed(decided, &mut entry).await;
            (entry, next)
        }
        Err(refusal) => (pending.persisted().await?, Err(refusal)),
    };
    match next {
        Err(refusal) => close(entry, scan, Err(refusal)).await,
        Ok(Next::Answer(reply)) => close(entry, scan, Ok(reply)).await,
        Ok(Next::Read(work)) => {
            let result = work.perform().await.into_reply(&mut entry);
            close(entry, scan, result).await
        }
        // A write runs in a task of its own, so that a caller that goes away leaves neither half an act nor an open entry.
        Ok(Next::Write(write)) => {
            let (permit, writes, target) = (call.permit, dispatcher.writes.clone(), Arc::clone(&write.work.target));
            let location = target.location();
            let estate_write = dispatcher.estates.begin_write(location.controller(), location.model_uuid());
            let observer = dispatcher.observer.clone();
            let performing = async move {
                if let (Some(observer), Some(model)) = (&observer, target.location().model()) {
                    observer.note_write(model, chrono::Utc::now());
                }
                let _permit = permit;
                // the next read of the caller has this write
                let _estate_write = estate_write;
                let cut_off = tokio::select! {
                    result = write.perform(&mut entry) => Some(result),
                    () = writes.cut_off() => None,
                };
                let result = cut_off.unwrap_or_else(|| {
                    entry.set_juju_refs(juju_audit_refs(&target, target.trail().take()));
                    Err(Refusal::CutOff)
                });
                close(entry, scan, result).await
            };
            let task = dispatcher.writes.spawn(performing.in_current_span());
            task.await.unwrap_or(Err(Refusal::TaskPanicked))
        }
    }
}

/// What decides which parts of a target a caller sees.
struct CallerView {
    policy: Arc<Policy>,
    caller: Caller,
    tool: String,
    toolset: &'static str,
    mask: OptionMask,
    externals: Externals,
}

impl CallerView {
    fn new(policy: &Arc<Policy>, caller: &Caller, tool: &dyn Tool, dispatcher: &Dispatcher) -> Arc<Self> {
        Arc::new(Self {
            policy: Arc::clone(policy),
            caller: caller.clone(),
            tool: tool.name().to_owned(),
            toolset: tool.toolset(),
            mask: dispatcher.option_mask.clone(),
            externals: dispatcher.catalogue.externals().clone(),
        })
    }

    /// The target as the caller may see it: the models that roles show, and secret options masked where they may not read content.
    fn restrict(self: Arc<Self>, target: ResolvedTarget) -> ResolvedTarget {
        let models = Arc::clone(&self);
        let groups = self.caller.claims().map(|claims| claims.groups.as_slice()).unwrap_or_default();
        target
            .with_kubernetes_user(self.caller.subject(), groups)
            .with_externals(self.externals.clone())
            .with_model_filter(move |location| models.policy.may_see_model(&models.caller, location))
            .with_option_mask(move |target| {
                let may_read = self.policy.may_read_content(&self.caller, &self.tool, self.toolset, target);
                (!may_read).then(|| self.mask.clone())
            })
    }
}

/// The only place that ends the entry of a call: by its result.
async fn close(mut entry: Entry, scan: ContentScan, result: Result<Reply, Refusal>) -> Result<Reply, Refusal> {
    match result {
        Ok(reply) if reply.repeated => {
            let earlier = format!("answered from entry {}", reply.entry);
            let reply = scan.scan_reply(reply, &mut entry).await;
            entry.close(Outcome::Done, &earlier);
            Ok(reply)
        }
        Ok(reply) => {
            let reply = scan.scan_reply(reply, &mut entry).await;
            entry.close(Outcome::Done, "");
            Ok(reply)
        }
        Err(refusal) => {
            entry.close(refusal.outcome(), &refusal.to_string());
            Err(refusal)
        }
    }
}

/// A call with a resolved target and a begun ledger entry.
struct ActiveCall<'a> {
    dispatcher: &'a Dispatcher,
    caller: &'a Caller,
    policy: &'a Policy,
    tool: &'a dyn Tool,
    options: Options,
    target: Arc<ResolvedTarget>,
    proof: Option<ApprovalProof>,
    /// Why the caller must not see the tool.
    hidden: Option<Denial>,
    /// Answers a read in the place of the tool.
    source: Option<ReadSource>,
}

/// What policy decided, with the share of the budgets that was reserved for it.
struct Decided {
    verdict: Authorization<PlannedWork>,
    reservation: BudgetReservation,
}

/// What an authorized call does next.
enum Next {
    /// It is answered already: a dry run, or the replay of an earlier call.
    Answer(Reply),
    /// It reads.
    Read(Box<Work>),
    /// It changes something.
    Write(Box<Write>),
}

impl ActiveCall<'_> {
    fn is_read(&self, act: &Act) -> bool {
        !act.effect.changes() && !self.options.dry_run
    }

    /// Lets the act reach the controller as its caller, with no more access than it needs, where the controller trusts this server.
    fn act_as_caller(&self, job: &PlannedWork) -> Result<(), Refusal> {
        let Some(domain) = self.target.user_domain() else { return Ok(()) };
        let JujuAccess::Model(access) = job.juju_access() else { return Ok(()) };
        let user = self.caller.juju_user(domain).ok_or_else(|| {
            Failure::refused("this caller has no name at the controller", "sign in, or use a token of this server")
        })?;
        let roles = self.policy.permissions(self.caller).roles().to_vec();
        self.target.act_as(CallerLogin { user, roles, access });
        Ok(())
    }

    /// Checks the proof and evaluates the policy, once.
    async fn decide(&self, planned: Planned<PlannedWork>, pending: &mut PendingEntry) -> Result<Decided, Refusal> {
        if let Some(ApprovalProof::Invalid(why)) = &self.proof {
            return Err(Refusal::InvalidProof(why.clone()));
        }
        let (context, reservation) = match &self.hidden {
            None => {
                let (act, toolset) = (planned.act(), self.tool.toolset());
                let (target, counting) = (Some(&*self.target), Counting::Reserved);
                evaluation_context::gather(self.dispatcher, self.policy, self.caller, act, toolset, target, counting)
                    .await
            }
            Some(_) => evaluation_context::empty(self.dispatcher, self.tool),
        };
        let verdict = policy::authorize(self.policy, self.caller, &context, planned);
        let decision = recorded_decision(&verdict);
        spans::record_decision(&decision);
        pending.set_decision(decision);
        Ok(Decided { verdict, reservation })
    }

    /// Everything between the decision and the work: dry run, replay, approval.
    async fn proceed(mut self, decided: Decided, entry: &mut Entry) -> Result<Next, Refusal> {
        let permitted = match decided.verdict {
            Authorization::Denied(denial) => return Err(Refusal::Denied(denial)),
            Authorization::ApproverToken => return Err(Refusal::ApproverToken),
            Authorization::Permitted(permitted) if self.options.dry_run => {
                let (act, warnings) = (permitted.act(), permitted.warnings());
                let reply = dry_run(permitted.job().as_ref(), act, &[], warnings, &self.target, entry.id()).await?;
                return Ok(Next::Answer(reply));
            }
            Authorization::ApprovalRequired(required) if self.options.dry_run => {
                let (act, warnings) = (required.act(), required.warnings());
                let reply =
                    dry_run(required.job().as_ref(), act, required.requirements(), warnings, &self.target, entry.id())
                        .await?;
                return Ok(Next::Answer(reply));
            }
            Authorization::Permitted(permitted) => permitted,
            Authorization::ApprovalRequired(required) => {
                if let Some(reply) = self.find_replay(required.act()).await? {
                    return Ok(Next::Answer(reply));
                }
                // nothing is left to approve, and nothing is sent
                if let Some(answer) = required.job().already_done(&self.target).await {
                    let warnings = required.warnings().to_vec();
                    return Ok(Next::Answer(Reply::from_answer(answer, entry.id(), warnings)));
                }
                let flow = ApprovalFlow { dispatcher: self.dispatcher, caller: self.caller, target: &self.target };
                // boxed: an approval is rare, and its size would be that of every call
                Box::pin(flow.obtain_permit(required, self.proof.take(), entry)).await?
            }
        };
        self.act_as_caller(permitted.job())?;
        let changes = permitted.act().effect.changes();
        let source = self.source.filter(|_| !changes);
        let work = Work { permitted, target: self.target, source };
        if !changes {
            return Ok(Next::Read(Box::new(work)));
        }
        let (dispatcher, caller) = (self.dispatcher, self.caller);
        let key = self.options.idempotency_key.map(|name| IdempotencyKey::new(dispatcher, caller, name));
        let store = dispatcher.ledger.store().clone();
        let toolset = self.tool.toolset().to_owned();
        Ok(Next::Write(Box::new(Write { work, reservation: decided.reservation, key, store, toolset })))
    }

    /// The recorded reply, where the call repeats one by its idempotency key: no approval is requested or used up for it.
    async fn find_replay(&self, act: &Act) -> Result<Option<Reply>, Refusal> {
        match &self.options.idempotency_key {
            Some(name) if act.effect.changes() => {
                IdempotencyKey::new(self.dispatcher, self.caller, name.clone()).find_replay(&act.request_digest()).await
            }
            _ => Ok(None),
        }
    }
}

/// Work that policy permitted.
struct Work {
    permitted: Permitted<PlannedWork>,
    target: Arc<ResolvedTarget>,
    /// Answers in the place of the tool; only for a read.
    source: Option<ReadSource>,
}

/// How work ended, before the ledger entry has it.
struct Performed {
    result: Result<Answer, Failure>,
    warnings: Vec<Violation>,
    refs: JujuAuditRefs,
    /// Whether it failed without any effect on the estate.
    had_no_effect: bool,
}

impl Work {
    async fn perform(self) -> Performed {
        let Self { permitted, target, source } = self;
        let warnings = permitted.warnings().to_vec();
        let (permit, command) = permitted.into_parts();
        let result = match source {
            Some(source) => source.answer(Arc::clone(&target)).await,
            None => command.run(permit, Arc::clone(&target)).await,
        };
        let sent = target.trail().take();
        let had_no_effect = result.as_ref().err().is_some_and(|failure| had_no_effect(failure, &sent));
        Performed { result, warnings, refs: juju_audit_refs(&target, sent), had_no_effect }
    }
}

impl Performed {
    fn into_reply(self, entry: &mut Entry) -> Result<Reply, Refusal> {
        entry.set_juju_refs(self.refs);
        Ok(Reply::from_answer(self.result?, entry.id(), self.warnings))
    }
}

/// Work that changes something, with what has to be stored before and after it.
struct Write {
    work: Work,
    reservation: BudgetReservation,
    key: Option<IdempotencyKey>,
    store: store::Store,
    /// Toolset of the tool.
    toolset: String,
}

impl Write {
    async fn perform(self, entry: &mut Entry) -> Result<Reply, Refusal> {
        let Self { work, mut reservation, key, store, toolset } = self;
        let storable = reply_may_be_stored(work.permitted.act(), &toolset);
        if let Some(key) = &key
            && let Claim::Replay(reply) = key.claim(&work.permitted.act().request_digest(), entry.id()).await?
        {
            return Ok(*reply);
        }
        let result = match reservation.commit(&store, entry.id()).await {
            Ok(()) => {
                let performed = work.perform().await;
                if performed.had_no_effect {
                    reservation.give_back(&store, entry.id()).await;
                }
                performed.into_reply(entry)
            }
            Err(refusal) => Err(refusal),
        };
        if let Some(key) = key {
            key.record_outcome(&result, storable).await;
        }
        result
    }
}

/// Whether an act that failed has had no effect: the controller received no write, or refused the only one. Anything else may have
/// changed something, and keeps its share of the budgets.
fn had_no_effect(failure: &Failure, sent: &SentRequests) -> bool {
    let refused = sent.writes == 1 && failure.is_refused_by_controller();
    !failure.outcome_unknown() && (sent.accepted == 0 || refused)
}

/// Begins the ledger entries of one call.
struct EntryOpener<'a> {
    dispatcher: &'a Dispatcher,
    caller: &'a Caller,
    rights: &'a Permissions<'a>,
    trace: Option<String>,
    /// Findings in the text of the arguments.
    labels: Vec<String>,
}

impl EntryOpener<'_> {
    /// Begins an entry. It becomes an [`Entry`], without which there is no reply, once the store has it.
    async fn begin(&self, act: &Act, options: &Options) -> Result<PendingEntry, Refusal> {
        let tool_call = ToolCall {
            dry_run: options.dry_run,
            idempotency_key: options.idempotency_key.as_deref().map(redact_text),
            ..ToolCall::new(act)
        };
        let new = NewEntry::from_call(self.caller, tool_call)
            .with_roles(self.rights.roles().to_vec())
            .with_trace_id(self.trace.as_deref());
        let mut pending = self.dispatcher.ledger.begin_entry(new).instrument(spans::ledger("ledger begin")).await?;
        self.labels.iter().for_each(|label| pending.add_label(label.clone()));
        Ok(pending)
    }

    /// Records a call that is refused before its target is resolved, by the names that the caller gave.
    async fn record_refused(&self, act: &Act, options: &Options, refusal: Refusal) -> Refusal {
        let recorded = async { Ok::<Entry, Refusal>(self.begin(act, options).await?.persisted().await?) };
        match recorded.await {
            Ok(entry) => {
                entry.close(refusal.outcome(), &refusal.to_string());
                refusal
            }
            Err(unavailable) => unavailable,
        }
    }
}

/// The act of a caller that must not see the tool, with arguments that do not fit it.
fn hidden_act(tool: &dyn Tool, arguments: Map<String, Value>) -> Act {
    let bounded = |text: &str| text.chars().take(catalogue::MAX_NAME_CHARS).collect();
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(bounded);
    let location = Location::from_names(text("controller"), text("model"));
    Act::new(tool.name(), tool.least())
        .with_target(Target::from_location(location))
        .with_arguments(Value::Object(arguments))
}

/// What the ledger records of a verdict.
fn recorded_decision(verdict: &Authorization<PlannedWork>) -> RecordedDecision {
    let (recorded, rules, warnings): (_, Vec<&str>, &[Violation]) = match verdict {
        Authorization::Permitted(permitted) => (Recorded::Allow, Vec::new(), permitted.warnings()),
        Authorization::ApprovalRequired(required) => (
            Recorded::RequireApproval,
            required.requirements().iter().map(|demand| &*demand.rule).collect(),
            required.warnings(),
        ),
        Authorization::ApproverToken => (Recorded::Deny, Vec::new(), &[]),
        Authorization::Denied(denial) => (Recorded::Deny, denial.rules().collect(), &[]),
    };
    let rules = rules.into_iter().chain(warnings.iter().map(|hit| &*hit.rule));
    RecordedDecision {
        warnings: warnings.iter().map(Violation::sentence).collect(),
        ..RecordedDecision::new(recorded, rules)
    }
}

/// The identifiers by which Juju's own audit log has the requests that were sent for the act.
fn juju_audit_refs(target: &ResolvedTarget, sent: SentRequests) -> JujuAuditRefs {
    let request = |request: juju_client::SentRequest| JujuRequest {
        connection: request.connection_id.to_string(),
        request: request.request_id,
        method: request.method,
    };
    JujuAuditRefs {
        requests: sent.requests.into_iter().map(request).collect(),
        omitted_requests: sent.omitted,
        operation: target.operation().map(ToOwned::to_owned),
        user: sent.user,
    }
}
