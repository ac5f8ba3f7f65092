//! [`carry_out`], and what stands behind the door.

use std::sync::Arc;

use audit::{
    Entry, JujuAuditRefs, JujuRequest, Ledger, NewEntry, Outcome, PendingEntry, RecordedDecision, ToolCall,
    Verdict as Ruling,
};
use catalogue::{Answer, Catalogue, Job, Options, Preview, Site, Tool};
use identity::Caller;
use juju_client::Controllers;
use policy::{
    Act, ActivePolicy, ApprovalRequirement, Authorization, Denial, Effect, Location, Permissions, Permitted, Target,
    Violation,
};
use serde_json::{Map, Value, json};

use crate::{
    ApprovalTerms, Call, Clock, Proof, Refusal, Reply, asking::Asking, circumstances, repetition::Key,
    spending::Spending, text::Text,
};

/// What stands behind the door.
pub struct Door {
    /// All tools.
    pub catalogue: Catalogue,
    /// Who may do what.
    pub policy: ActivePolicy,
    /// Where every act is written down.
    pub ledger: Ledger,
    /// Where acts are done.
    pub controllers: Controllers,
    /// How humans are asked.
    pub approvals: ApprovalTerms,
    /// What time it is.
    pub clock: Clock,
}

impl Door {
    /// The controllers as the caller reaches them: with the credential of the strongest of their roles, where it has one.
    pub(crate) fn controllers_of(&self, rights: &Permissions<'_>) -> &Controllers {
        rights.strongest_role().map_or(&self.controllers, |role| self.controllers.of(role))
    }
}

/// Carries out one call for one caller: plan, find the place, open the ledger, judge, run, close the ledger.
///
/// A read ends when the returned future is dropped; a write goes on to its end, and the ledger has it.
///
/// # Errors
/// A [`Refusal`]; each but an unknown tool and bad arguments stands in the ledger too.
pub async fn carry_out(door: &Door, caller: &Caller, call: Call) -> Result<Reply, Refusal> {
    let tool = door.catalogue.get(&call.tool).ok_or(Refusal::UnknownTool(call.tool))?;
    let policy = door.policy.current();
    let text = Text::of_call(&door.catalogue, tool.scope(), &call.arguments);
    let rights = policy.permissions(caller);
    let registrar = Registrar { door, caller, rights: &rights, trace: call.trace, labels: text.labels() };
    // who may not call it at all is told so, whatever else there is to say
    let hidden = rights.check_visibility(tool.name(), tool.toolset(), tool.least()).err();
    let plan = match &hidden {
        None => tool.plan(call.arguments)?,
        Some(denial) => match tool.plan(call.arguments.clone()) {
            Ok(plan) => plan,
            Err(_) => return Err(unseen(&registrar, tool, call.arguments, denial.clone()).await),
        },
    };
    let options = plan.options.clone();
    let (command_line, speak) = (plan.command_line.clone(), plan.speak);
    let site = match Site::find(door.controllers_of(&rights), tool.scope(), &options.place, call.progress).await {
        Ok(site) => Arc::new(site),
        Err(failure) => {
            let refusal = hidden.map_or_else(|| failure.into(), Refusal::Denied);
            return Err(nowhere(&registrar, plan.act_nowhere(), &options, refusal).await);
        }
    };
    let (planned, preview) = plan.at(&site);
    let mut pending = registrar.announce(planned.act(), &options).await?;
    // the store keeps the beginning of a read while the controller is asked: before it has it, nobody is answered
    if planned.act().effect != Effect::Read || options.dry_run || call.proof.is_some() {
        pending.wait_persisted().await.map_err(Refusal::LedgerClosed)?;
    }
    if let Some(Proof::Forged(why)) = call.proof {
        return Err(close(pending.persisted().await.map_err(Refusal::LedgerClosed)?, Refusal::Forged(why)));
    }
    let (circumstances, spending) = match hidden {
        None => circumstances::look(door, &policy, caller, planned.act(), (tool, &site)).await,
        Some(_) => circumstances::unknown(tool),
    };
    let verdict = policy::authorize(&policy, caller, &circumstances, planned);
    pending.set_decision(decision(&verdict));
    let verdict = match verdict {
        Authorization::Permitted(permitted) if permitted.act().effect == Effect::Read && !options.dry_run => {
            let most_bytes = call.most_bytes.unwrap_or(usize::MAX);
            return run(permitted, site, (pending.persisted(), text), most_bytes).await;
        }
        other => other,
    };
    let mut entry = pending.persisted().await.map_err(Refusal::LedgerClosed)?;
    let permitted = match verdict {
        Authorization::Permitted(permitted) if options.dry_run => {
            let told = Would { act: permitted.act(), requirements: &[], warnings: permitted.warnings() };
            return told.tell(preview, site, command_line, entry, text).await;
        }
        Authorization::ApprovalRequired(asked) if options.dry_run => {
            let told = Would { act: asked.act(), requirements: asked.requirements(), warnings: asked.warnings() };
            return told.tell(preview, site, command_line, entry, text).await;
        }
        Authorization::Permitted(permitted) => permitted,
        Authorization::ApprovalRequired(asked) => {
            match repeated(door, caller, &options, asked.act()).await {
                Ok(None) => {}
                Ok(Some(recorded)) => return Ok(answered(entry, recorded)),
                Err(refusal) => return Err(close(entry, refusal)),
            }
            let command = speak(&audit::redact(&asked.act().arguments), &options);
            let asking = Asking { door, caller, site: &site, command };
            // boxed: asking is rare, and its size would be that of every call
            match Box::pin(asking.settle(asked, preview, call.proof, &mut entry)).await {
                Ok(permitted) => permitted,
                Err(refusal) => return Err(close(entry, refusal)),
            }
        }
        Authorization::ApproverToken => return Err(close(entry, Refusal::Approver)),
        Authorization::Denied(denial) => return Err(close(entry, Refusal::Denied(denial))),
    };
    if permitted.act().effect.changes() {
        write(door, caller, (permitted, spending), site, (entry, text), options.idempotency_key).await
    } else {
        let entry = std::future::ready(Ok(entry));
        run(permitted, site, (entry, text), call.most_bytes.unwrap_or(usize::MAX)).await
    }
}

/// The recorded answer, where the call repeats one by its idempotency key; a refusal where the key stands for something else.
async fn repeated(door: &Door, caller: &Caller, options: &Options, act: &Act) -> Result<Option<Reply>, Refusal> {
    match options.idempotency_key.as_deref() {
        Some(key) if act.effect.changes() => Key::look(door.ledger.store(), caller, key, &act.digest()).await,
        _ => Ok(None),
    }
}

/// The end of a call that is answered from the record of an earlier one.
fn answered(entry: Entry, recorded: Reply) -> Reply {
    entry.close(Outcome::Done, &format!("answered from entry {}", recorded.entry));
    recorded
}

/// Opens entries for one request.
struct Registrar<'a> {
    door: &'a Door,
    caller: &'a Caller,
    rights: &'a Permissions<'a>,
    trace: Option<String>,
    /// What was noticed about the text of the arguments.
    labels: Vec<String>,
}

impl Registrar<'_> {
    async fn begin(&self, act: &Act, options: &Options) -> Result<Entry, Refusal> {
        self.announce(act, options).await?.persisted().await.map_err(Refusal::LedgerClosed)
    }

    /// Opens an entry that nobody may be answered before it stands.
    async fn announce(&self, act: &Act, options: &Options) -> Result<PendingEntry, Refusal> {
        let tool_call = ToolCall {
            dry_run: options.dry_run,
            idempotency_key: options.idempotency_key.clone(),
            ..ToolCall::new(act)
        };
        let new = NewEntry::from_call(self.caller, tool_call)
            .with_roles(self.rights.roles().to_vec())
            .with_trace_id(self.trace.as_deref());
        let mut pending = self.door.ledger.begin_entry(new).await.map_err(Refusal::LedgerClosed)?;
        self.labels.iter().for_each(|label| pending.add_label(label.clone()));
        Ok(pending)
    }
}

/// What the ledger keeps of a verdict.
fn decision(verdict: &Authorization<Job>) -> RecordedDecision {
    let (ruling, rules, warnings): (_, Vec<&str>, &[Violation]) = match verdict {
        Authorization::Permitted(permitted) => (Ruling::Allow, Vec::new(), permitted.warnings()),
        Authorization::ApprovalRequired(asked) => (
            Ruling::RequireApproval,
            asked.requirements().iter().map(|requirement| &*requirement.rule).collect(),
            asked.warnings(),
        ),
        Authorization::ApproverToken => (Ruling::Deny, Vec::new(), &[]),
        Authorization::Denied(denial) => (Ruling::Deny, denial.rules().collect(), &[]),
    };
    let rules = rules.into_iter().chain(warnings.iter().map(|hit| &*hit.rule));
    RecordedDecision {
        warnings: warnings.iter().map(Violation::sentence).collect(),
        ..RecordedDecision::new(ruling, rules)
    }
}

fn close(entry: Entry, refusal: Refusal) -> Refusal {
    entry.close(refusal.outcome(), &refusal.to_string());
    refusal
}

/// An act whose place cannot be found is refused, and stands in the ledger by the names that the caller gave.
async fn nowhere(registrar: &Registrar<'_>, act: Act, options: &Options, refusal: Refusal) -> Refusal {
    match registrar.begin(&act, options).await {
        Ok(entry) => close(entry, refusal),
        Err(closed) => closed,
    }
}

/// A call of somebody who may not call the tool at all, with arguments that do not fit it.
async fn unseen(registrar: &Registrar<'_>, tool: &dyn Tool, arguments: Map<String, Value>, denial: Denial) -> Refusal {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let location = Location::from_names(text("controller"), text("model"));
    let act = Act::new(tool.name(), tool.least())
        .with_target(Target::from_location(location))
        .with_arguments(Value::Object(arguments));
    nowhere(registrar, act, &Options::default(), Refusal::Denied(denial)).await
}

/// An act that is only told of.
struct Would<'a> {
    act: &'a Act,
    requirements: &'a [ApprovalRequirement],
    warnings: &'a [Violation],
}

impl Would<'_> {
    /// Says what the act would do.
    async fn tell(
        &self,
        preview: Preview,
        site: Arc<Site>,
        command_line: String,
        mut entry: Entry,
        text: Text,
    ) -> Result<Reply, Refusal> {
        let expected = match preview(site).await {
            Ok(expected) => expected,
            Err(failure) => return Err(close(entry, failure.into())),
        };
        let (act, requirements) = (self.act, self.requirements);
        let mut value = json!({"would": act, "command": command_line});
        let mut told = format!("nothing was changed; this would run `{command_line}`\n");
        let mut removed = 0;
        if let Some(mut expected) = expected {
            removed = content::clean_value(&mut expected);
            told = format!("{told}{expected:#}\n");
            value["expected"] = expected;
        }
        if !requirements.is_empty() {
            let names: Vec<_> = requirements.iter().map(|requirement| requirement.rule.as_str()).collect();
            told = format!("{told}a human has to approve it first, under `{}`\n", names.join("`, `"));
            value["needs_approval"] = json!(requirements);
        }
        let answer = Answer { value, text: told, removed };
        let reply = text.judge(Reply::of(answer, entry.id(), self.warnings.to_vec()), &mut entry);
        entry.close(Outcome::Done, "");
        Ok(reply)
    }
}

/// Does a write in a task of its own, so that a caller that goes away leaves neither half an act nor an open entry.
async fn write(
    door: &Door,
    caller: &Caller,
    (permitted, spending): (Permitted<Job>, Spending),
    site: Arc<Site>,
    (entry, text): (Entry, Text),
    key: Option<String>,
) -> Result<Reply, Refusal> {
    let (store, caller) = (door.ledger.store().clone(), caller.clone());
    let work = tokio::spawn(async move {
        let key = match key {
            None => None,
            Some(key) => match Key::claim(&store, &caller, &key, &permitted.act().digest(), entry.id()).await {
                Ok(Ok(key)) => Some(key),
                Ok(Err(recorded)) => return Ok(answered(entry, recorded)),
                Err(refusal) => return Err(close(entry, refusal)),
            },
        };
        let result = match spending.keep(&store, entry.id()).await {
            Ok(()) => run(permitted, site, (std::future::ready(Ok(entry)), text), usize::MAX).await,
            Err(refusal) => Err(close(entry, refusal)),
        };
        if let Some(key) = key {
            key.settle(&result).await;
        }
        result
    });
    work.await.unwrap_or(Err(Refusal::WorkLost))
}

async fn run(
    permitted: Permitted<Job>,
    site: Arc<Site>,
    (entry, text): (impl Future<Output = Result<Entry, audit::Error>>, Text),
    most_bytes: usize,
) -> Result<Reply, Refusal> {
    let warnings = permitted.warnings().to_vec();
    let (permit, job) = permitted.into_parts();
    let (answer, entry) = tokio::join!(job(permit, Arc::clone(&site), most_bytes), entry);
    let mut entry = entry.map_err(Refusal::LedgerClosed)?;
    entry.set_juju_refs(found_by(&site));
    match answer {
        Ok(answer) => {
            let reply = text.judge(Reply::of(answer, entry.id(), warnings), &mut entry);
            entry.close(Outcome::Done, "");
            Ok(reply)
        }
        Err(failure) => Err(close(entry, failure.into())),
    }
}

/// By what the act that was done here is found in Juju's own records.
fn found_by(site: &Site) -> JujuAuditRefs {
    let left = site.trail().take();
    let request = |sent: juju_client::Sent| JujuRequest {
        connection: sent.connection.to_string(),
        request: sent.request,
        method: sent.method,
    };
    JujuAuditRefs {
        requests: left.requests.into_iter().map(request).collect(),
        omitted_requests: left.more,
        operation: site.operation().map(ToOwned::to_owned),
    }
}
