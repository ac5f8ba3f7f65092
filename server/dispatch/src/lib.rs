//! Executes calls: every effect on an estate passes through [`execute`].
//!
//! ```text
//! Call --> plan ----> resolve target --> begin entry --> authorize --> perform --> close entry --> Reply
//!           |               |               (ledger)       |   |                      (ledger)
//!           |               |                              |   +-- dry run, replay: answered without work
//!           +-- refused ----+-- refused, recorded ---------+------ denied, approval required
//! ```
//!
//! 1. *Plan*: the tool checks the arguments against its closed schema and states what they would do (`catalogue::Plan`). The
//!    detector of prompt injections reads arguments that fit, once.
//! 2. *Resolve*: the names in the arguments become a controller and the full name of a model, so that policy and ledger never
//!    see an alias.
//! 3. *Begin*: the ledger has the act before anything is done. If it cannot record it, the call is refused.
//! 4. *Authorize*: scopes, roles, rules and budgets decide once (`policy::authorize`). An act that requires approval goes through
//!    `approval_flow`: the permit is given only for an approval of this very act on this very state of its target.
//! 5. *Perform*: a read runs within the request; a write claims its idempotency key and runs in a task of its own.
//! 6. *Close*: one function ends the entry by the result, whatever it is.
//!
//! ```no_run
//! # async fn example(dispatcher: dispatch::Dispatcher, caller: identity::Caller) -> Result<(), dispatch::Refusal> {
//! let arguments = serde_json::json!({"model": "shop", "application": "web"});
//! let call = dispatch::Call::new("juju_add_unit", arguments.as_object().cloned().unwrap_or_default());
//! let reply = dispatch::execute(&dispatcher, &caller, call).await?;
//! println!("{} (ledger entry {})", reply.text, reply.entry);
//! # Ok(())
//! # }
//! ```
//!
//! A read of the live estate passes the same stages ([`read_live`]): the tool that reads the same decides about permission and is
//! what the ledger records; only the answer comes from memory ([`ReadSource`]).
//!
//! The rest of the crate records events that are no calls (rejected tokens, exceeded limits, policy reloads), lists and decides
//! approvals for approvers ([`Approvals`]), and simulates policy decisions ([`validate`]).

mod alerts;
mod approval_flow;
mod approval_row;
mod approval_settings;
mod approvals;
mod auth_failure;
mod auth_failures;
mod baselines;
mod blocking;
mod budget_reservation;
mod call;
mod changes;
mod clock;
mod content_scan;
mod dispatcher;
mod dry_run;
mod evaluation_context;
mod event_stream;
mod execute;
mod findings;
mod idempotency;
mod insufficient_scope;
mod live;
mod live_log;
mod panic_event;
mod policy_change;
mod policy_simulation;
mod rate_limit_event;
mod refusal;
mod security_events;
mod spans;
mod upgrade_plans;
mod writes_in_progress;

pub use alerts::{ALERTS_TOOL, AlertMessage, AlertsReceived, receive_alerts};
pub use approval_settings::{ApprovalSettings, ClientConfirmation};
pub use approvals::{Approvals, Decision, DecisionError};
pub use auth_failures::AuthFailureRecorder;
pub use baselines::{
    BASELINE_TOOL, BaselineChange, BaselineQuery, BaselineView, SAVE_BASELINE_TOOL, SaveBaselineQuery, baseline,
    save_baseline,
};
pub use budget_reservation::restore_budget;
pub use call::{ApprovalProof, Call, CallPermit, PendingApproval, Provenance, ReadSource, Reply};
pub use changes::{ChangesQuery, TOOL as CHANGES_TOOL, TOOLSET as CHANGES_TOOLSET, changes};
pub use clock::Clock;
pub use dispatcher::{Dispatcher, estates_of, logs_of};
pub use event_stream::{EventStream, ModelSelector, StreamedEvent};
pub use execute::execute;
pub use findings::{
    DIAGNOSE_TOOL, DiagnoseQuery, EXPLAIN_TOOL, ExplainQuery, FINDINGS_TOOL, FindingsQuery, OBSERVER_TOOLSET,
    WantedState, diagnose, explain, findings, findings_document, may_see_model, visible_findings,
};
pub use idempotency::{complete_keys, outcomes_of_open_entries};
pub use insufficient_scope::{InsufficientScope, insufficient_scope};
pub use juju_client::ModelEntry;
pub use live::{
    Document, LiveError, LiveRead, LiveReply, find_offered, live_estate, may_list_models, model_list, read_live,
    visible_models,
};
pub use live_log::{follow_log, read_log};
pub use panic_event::record_panic;
pub use policy_change::apply_policy;
pub use policy_simulation::{SimulatedCall, validate};
pub use rate_limit_event::{RateLimitEvent, record_rate_limited};
pub use refusal::{Refusal, RefusalKind, RefusedCall};
pub use security_events::SecurityEvents;
pub use upgrade_plans::{PLANS_TOOL, PlansQuery, maintenance_plans};
pub use writes_in_progress::WritesInProgress;
