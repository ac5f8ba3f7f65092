//! Authorization policy: an [`Act`] goes in; a permit, an approval requirement or a denial comes out. No I/O, no clock.
//!
//! The terms:
//! * An **actor** is an [`identity::Caller`], with **roles** from its static token or from **role bindings**
//!   ([`RoleBinding`]: this role for these groups, users and clients of the identity provider).
//! * An **act** ([`Act`]) is one fully described intended operation: tool, effect, **target** ([`Target`]: controller,
//!   model and the entities there), **impact** ([`Impact`]: resource changes and capabilities), arguments.
//! * A **role** ([`Roles`]) allows and forbids acts by [`Selector`]. What no role allows is denied.
//! * A **rule** ([`Rule`]) is a condition that acts have to satisfy, whichever actor requests them, for example
//!   `units.added <= 10`. A **violation** ([`Violation`]) leads to a warning, an approval requirement or a denial.
//! * A [`Permit`] proves that the policy authorized one act. Only this crate can create one, and tools need one to run.
//!
//! [`authorize`] evaluates roles, then scopes, then all rules. [`Policy::explain`] returns the same decision with the result
//! of each rule. An act that needs an approval is shown to a human as an [`ApprovalRequest`]; [`ApprovalRequired::grant`]
//! exchanges the used [`Approval`] for a permit. [`Budget`] counts changes for rules such as `budget "60 acts per 1h per
//! caller"`; [`ActivePolicy`] holds the policy that a reload replaces.
//!
//! ```
//! use identity::Caller;
//! use policy::{Act, Authorization, BuiltinRules, Effect, EvaluationContext, Planned, Policy, Target, authorize};
//!
//! let rules = "rules:
//!   - {name: no-deploys, severity: critical, check: 'false', message: Deployments are frozen, applies_to: {tools: deploy}}
//!   - {name: removals, severity: high, check: 'false', message: Removals need an approval, applies_to: {effects: destructive}}";
//! let policy = Policy::read(&[("policy.yaml", rules)], BuiltinRules::None)?;
//! let context = EvaluationContext::new(chrono::DateTime::UNIX_EPOCH);
//! let decide = |role: &str, tool: &str, effect| {
//!     let act = Act::new(tool, effect).with_target(Target::in_model("prod", "admin/shop", []));
//!     authorize(&policy, &Caller::local("ana", role), &context, Planned::new(act, "the work to do"))
//! };
//! assert!(matches!(decide("operator", "juju_expose", Effect::Write), Authorization::Permitted(_)));
//! assert!(matches!(decide("operator", "juju_deploy", Effect::Write), Authorization::Denied(_)), "by a rule");
//! assert!(matches!(decide("operator", "juju_remove_unit", Effect::Destructive), Authorization::Denied(_)), "by role");
//! assert!(matches!(decide("admin", "juju_remove_unit", Effect::Destructive), Authorization::ApprovalRequired(_)));
//! # Ok::<(), policy::InvalidPolicy>(())
//! ```

mod act;
mod active;
mod approval;
mod approval_decision;
mod approval_use;
mod builtin;
mod context;
mod decision;
mod denial;
mod diff;
mod display;
mod document;
mod fact;
mod fingerprint;
mod impact;
mod invalid_policy;
mod manifest;
mod names;
mod option_mask;
mod pattern;
mod permissions;
mod permit;
mod policy;
mod redact;
mod role_binding;
mod roles;
mod rules;
mod scope;
mod scope_check;
mod secret_name;
mod selector;
mod target;
mod violation;

pub use act::{Act, Effect};
pub use active::ActivePolicy;
pub use approval::{Approval, ApprovalRequest, ApprovalRequirement, Requester, Status};
pub use approval_decision::{APPROVER, DecisionDenied};
pub use approval_use::{ApprovalInvalid, ApprovalUse};
pub use builtin::BuiltinRules;
pub use context::EvaluationContext;
pub use decision::{Explanation, PolicyDecision};
pub use denial::Denial;
pub use diff::{NameChanges, PolicyDiff};
pub use display::{MAX_DISPLAY_CHARS, confusable_warning, display_safe, display_safe_truncated};
pub use fact::Fact;
pub use fingerprint::fingerprint;
pub use impact::{Capability, CharmChange, Exposure, Impact};
pub use invalid_policy::{InvalidPolicy, tab_problem};
pub use names::{KnownNames, KnownTool, UnknownName, nearest_tool};
pub use option_mask::OptionMask;
pub use pattern::Pattern;
pub use permissions::Permissions;
pub use permit::{ApprovalRequired, Authorization, Permit, Permitted, Planned, authorize};
pub use policy::{Lookups, Policy, UnknownRole};
pub use redact::{REDACTED, redact, redact_text};
pub use role_binding::{RoleBinding, Subject};
pub use roles::Roles;
pub use rules::{Budget, CountedChange, MEASURES, Prices, Reservation, Rule, RuleResult};
pub use scope::{APPROVE_SCOPE, is_scoped, required_scope};
pub use scope_check::missing_scope;
pub use secret_name::{is_secret_name, is_secret_reference};
pub use selector::{Condition, Selector};
pub use target::{EntityKind, Location, Target, TargetEntity, UnknownEntity};
pub use violation::{Enforcement, Severity, Violation};
