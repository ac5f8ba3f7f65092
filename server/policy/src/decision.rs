//! Evaluates the roles and rules of a policy for an act, before any approval is taken into account.

use identity::Caller;
use serde::Serialize;

use crate::{
    Act, ApprovalRequirement, Denial, Enforcement, EvaluationContext, Policy, Rule, RuleResult, Violation,
    missing_scope,
};

/// What the policy decides about an act of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDecision {
    /// The act is allowed.
    Allow {
        /// Rules that warn about it.
        warnings: Vec<Violation>,
    },
    /// The act is allowed after an approval.
    RequireApproval {
        /// The rules that require the approval; never empty.
        requirements: Vec<ApprovalRequirement>,
        /// Rules that warn about it.
        warnings: Vec<Violation>,
    },
    /// The act is denied.
    Deny(Denial),
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `allow`, `require_approval` or `deny`.
    pub decision: &'static str,
    /// Whether the approver has to be another person than the requester.
    pub requires_second_approver: bool,
    /// Whether the act is in a production model.
    pub production: bool,
    /// Roles of the caller.
    pub roles: Vec<String>,
    /// Which role or scope decided, in one sentence.
    pub role_decision: String,
    /// Result of each rule, in the order of evaluation.
    pub rules: Vec<RuleResult>,
}

impl Policy {
    /// Decides about an act. Pure. An act that no role allows is denied. All rules are evaluated, so that the caller
    /// receives all violations at once.
    #[must_use]
    pub fn evaluate(&self, caller: &Caller, act: &Act, context: &EvaluationContext) -> PolicyDecision {
        let roles = self.roles_of(caller);
        if let Some(denial) = missing_scope(caller, act.effect) {
            return PolicyDecision::Deny(denial);
        }
        let input = self.evaluation_input(act, &context.toolset, &roles);
        if let Err(denial) = self.roles().check_act(&input) {
            return PolicyDecision::Deny(denial);
        }
        let violations = self.rules().iter().filter_map(|rule| rule.evaluate(&input, self.settings(), context));
        let (mut denials, mut requirements, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for violation in violations {
            match violation.enforcement {
                Enforcement::Deny => denials.push(violation),
                Enforcement::RequireApproval => requirements.push(requirement(&violation)),
                Enforcement::Warn => warnings.push(violation),
            }
        }
        if !denials.is_empty() {
            return PolicyDecision::Deny(Denial::Rules(denials));
        }
        if requirements.is_empty() {
            PolicyDecision::Allow { warnings }
        } else {
            PolicyDecision::RequireApproval { requirements, warnings }
        }
    }

    /// Decides about an act and explains what each role and rule contributed.
    #[must_use]
    pub fn explain(&self, caller: &Caller, act: &Act, context: &EvaluationContext) -> Explanation {
        let roles = self.roles_of(caller);
        let input = self.evaluation_input(act, &context.toolset, &roles);
        let approver_token = act.effect.changes() && self.may_approve(caller);
        let role_decision = match (missing_scope(caller, act.effect), self.roles().check_act(&input)) {
            (Some(denial), _) | (None, Err(denial)) => denial.to_string(),
            (None, Ok(_)) if approver_token => "a token that can approve cannot make changes".to_owned(),
            (None, Ok(role)) => format!("role `{role}` allows it"),
        };
        let (decision, requires_second_approver) = match self.evaluate(caller, act, context) {
            _ if approver_token => ("deny", false),
            PolicyDecision::Allow { .. } => ("allow", false),
            PolicyDecision::RequireApproval { requirements, .. } => {
                ("require_approval", requirements.iter().any(|requirement| requirement.requires_second_approver))
            }
            PolicyDecision::Deny(_) => ("deny", false),
        };
        let explain = |rule: &Rule| rule.explain(&input, self.settings(), context);
        let rule_results = self.rules().iter().map(explain).collect();
        Explanation {
            decision,
            requires_second_approver,
            production: input.production,
            roles: roles.clone(),
            role_decision,
            rules: rule_results,
        }
    }
}

impl Explanation {
    /// One sentence for each rule with this result: `deny`, `require_approval` or `warn`.
    pub fn sentences(&self, result: &str) -> impl Iterator<Item = String> {
        let matching = self.rules.iter().filter(move |rule| rule.result == result);
        matching.map(|rule| format!("rule `{}`: {}", rule.rule, rule.detail))
    }
}

fn requirement(violation: &Violation) -> ApprovalRequirement {
    ApprovalRequirement {
        rule: violation.rule.clone(),
        message: violation.sentence(),
        requires_second_approver: violation.requires_second_approver,
    }
}
