//! Rules: conditions that an act has to satisfy, whichever caller requests it. Roles decide who may act, rules decide how.

mod budget;
mod check;
mod cost;
mod foreign;
mod measure;
mod settings;
mod text;
mod value;
mod window;

use serde::{Deserialize, Serialize};

use crate::{
    Act, Effect, Enforcement, EvaluationContext, Selector, Severity, Violation,
    fact::Fact,
    selector::{EvaluationInput, Quantifier},
};

pub use budget::{Budget, CountedChange, Reservation};
pub(crate) use check::{Check, CheckResult};
pub use cost::Prices;
pub use measure::MEASURES;
pub(crate) use settings::Settings;
pub(crate) use text::BlockedPattern;

/// One rule of a policy file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name of the rule, which approval requests and the ledger contain.
    pub name: String,
    /// How serious a violation is.
    pub severity: Severity,
    /// The condition that an act has to satisfy.
    pub(crate) check: Check,
    /// What the requester and the approver read, one sentence.
    pub message: String,
    /// Why the rule exists, for readers of the list of rules.
    #[serde(default)]
    pub explanation: String,
    /// Acts that the rule applies to; default: all.
    #[serde(default)]
    pub applies_to: Selector,
    /// Acts among those that the rule does not apply to.
    pub except: Option<Selector>,
    /// What follows a violation; default: by severity, `deny` for critical, `require_approval` for high, else `warn`.
    pub enforcement: Option<Enforcement>,
    /// Whether the approver has to be another person than the requester.
    #[serde(default)]
    pub require_second_approver: bool,
}

/// The result of one rule for one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleResult {
    /// Name of the rule.
    pub rule: String,
    /// `not_evaluated`, `not_applicable`, `passed`, `warn`, `require_approval`, `deny`.
    pub result: &'static str,
    /// Message and detail of the violation.
    pub detail: String,
}

/// The toolset with manifests among the arguments of its tools.
const KUBERNETES: &str = "kubernetes";

impl Rule {
    /// What follows a violation.
    #[must_use]
    pub fn enforcement(&self) -> Enforcement {
        self.enforcement.unwrap_or(match self.severity {
            Severity::Critical => Enforcement::Deny,
            Severity::High => Enforcement::RequireApproval,
            Severity::Medium | Severity::Low | Severity::Info => Enforcement::Warn,
        })
    }

    /// Names of the arguments that the check reads.
    pub(crate) fn check_arguments(&self) -> impl Iterator<Item = &str> {
        self.check.arguments()
    }

    /// The acts that the rule applies to, in words.
    #[must_use]
    pub fn scope(&self) -> String {
        match &self.except {
            None => self.applies_to.to_string(),
            Some(except) => format!("{}, except {except}", self.applies_to),
        }
    }

    /// The check as it is written.
    #[must_use]
    pub fn check(&self) -> &str {
        self.check.text()
    }

    /// Whether an act of this tool could violate the rule. A check of a manifest is for tools of Kubernetes, and for acts of other MCP
    /// servers, which `validate_action` evaluates.
    #[must_use]
    pub fn may_concern(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        self.applies_to.may_match(tool, toolset, effect)
            && (toolset == KUBERNETES || !self.check.reads_only_manifests())
    }

    /// Whether it denies all acts of a tool with this effect, so that the tool is not listed.
    pub(crate) fn always_denies(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        self.enforcement() == Enforcement::Deny
            && self.check.is_always_false()
            && self.except.is_none()
            && self.applies_to.depends_on_tool_only()
            && self.applies_to.may_match(tool, toolset, effect)
    }

    /// Why the rule is invalid, in one sentence.
    pub(crate) fn validation_error(&self) -> Option<&'static str> {
        if self.name.trim().is_empty() {
            Some("has no name")
        } else if self.except.as_ref().is_some_and(|except| *except == Selector::default()) {
            Some("has an empty `except`, which would disable it; remove the key")
        } else if self.require_second_approver && self.enforcement() != Enforcement::RequireApproval {
            Some("requires a second approver without an approval; add `enforcement: require_approval`")
        } else {
            None
        }
    }

    /// The violation of any act of a tool that the rule always denies.
    pub(crate) fn unconditional_violation(&self) -> Violation {
        self.violation(self.enforcement(), String::new())
    }

    fn violation(&self, enforcement: Enforcement, detail: String) -> Violation {
        Violation {
            rule: self.name.clone(),
            severity: self.severity,
            enforcement,
            message: self.message.clone(),
            detail,
            requires_second_approver: self.require_second_approver,
        }
    }

    fn is_applicable(&self, input: &EvaluationInput<'_>) -> bool {
        let excepted = self.except.as_ref().is_some_and(|except| except.matches(input, Quantifier::All));
        self.applies_to.matches(input, Quantifier::Any) && !excepted
    }

    /// Whether the rule can only be evaluated for this act if the dispatcher looks up the fact.
    pub(crate) fn needs_fact(&self, fact: Fact, act: &Act) -> bool {
        self.check.needs_facts(act).contains(&fact)
    }

    /// Whether the rule compares the size of units, or its cost.
    pub(crate) fn reads_sizes(&self) -> bool {
        self.check.reads_sizes()
    }

    /// Evaluates the rule. `None` if it does not apply, or the act satisfies it.
    pub(crate) fn evaluate(
        &self,
        input: &EvaluationInput<'_>,
        settings: &Settings,
        context: &EvaluationContext,
    ) -> Option<Violation> {
        if !self.is_applicable(input) {
            return None;
        }
        match self.check.evaluate(input, settings, context) {
            CheckResult::Passed => None,
            CheckResult::Violated(detail) => Some(self.violation(self.enforcement(), detail)),
            // an unknown value never passes, and never denies: a human decides, or at least reads about it
            CheckResult::Unknown(detail) => {
                let enforcement = self.enforcement().min(Enforcement::RequireApproval);
                Some(self.violation(enforcement, format!("{detail} is unknown")))
            }
        }
    }

    /// The result of an evaluation as a row of an explanation.
    pub(crate) fn result(&self, input: &EvaluationInput<'_>, violation: Option<&Violation>) -> RuleResult {
        let (result, detail) = match violation {
            Some(violation) => (violation.enforcement.as_str(), violation.sentence()),
            None if self.is_applicable(input) => ("passed", String::new()),
            None => ("not_applicable", String::new()),
        };
        RuleResult { rule: self.name.clone(), result, detail }
    }

    /// The row of an explanation for an act that the roles deny.
    pub(crate) fn not_evaluated(&self) -> RuleResult {
        RuleResult { rule: self.name.clone(), result: "not_evaluated", detail: String::new() }
    }
}
