//! Evaluates the roles and rules of a policy for an act, before any approval is taken into account.

use identity::Caller;
use serde::Serialize;

use crate::{
    Act, ApprovalRequirement, Denial, Enforcement, EvaluationContext, Policy, Rule, RuleResult, Violation,
    missing_scope, selector::EvaluationInput,
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
    /// Result of each rule, in the order of evaluation; `not_evaluated` if the roles deny the act.
    pub rules: Vec<RuleResult>,
}

impl Policy {
    /// Decides about an act. Pure. An act that no role allows is denied without a look at the rules; else all rules are
    /// evaluated, so that the caller receives all violations at once.
    #[must_use]
    pub fn evaluate(&self, caller: &Caller, act: &Act, context: &EvaluationContext) -> PolicyDecision {
        let roles = self.roles_of(caller);
        let input = self.evaluation_input(act, &context.toolset, &roles);
        match self.check_rights(caller, &input) {
            Ok(_) => decide(self.evaluate_rules(&input, context).into_iter().filter_map(|(_, violation)| violation)),
            Err(denial) => PolicyDecision::Deny(denial),
        }
    }

    /// Decides about an act and explains what each role and rule contributed.
    #[must_use]
    pub fn explain(&self, caller: &Caller, act: &Act, context: &EvaluationContext) -> Explanation {
        let roles = self.roles_of(caller);
        let input = self.evaluation_input(act, &context.toolset, &roles);
        let production = input.production;
        let role_decision = match self.check_rights(caller, &input) {
            Ok(_) if act.effect.changes() && self.may_approve(caller) => {
                Err("a token that can approve cannot make changes".to_owned())
            }
            Ok(role) => Ok(format!("role `{role}` allows it")),
            Err(denial) => Err(denial.to_string()),
        };
        let role_decision = match role_decision {
            Ok(allowed) => allowed,
            Err(role_decision) => {
                let rule_results = self.rules().iter().map(Rule::not_evaluated).collect();
                let requires_second_approver = false;
                return Explanation {
                    decision: "deny",
                    requires_second_approver,
                    production,
                    roles,
                    role_decision,
                    rules: rule_results,
                };
            }
        };
        let results = self.evaluate_rules(&input, context);
        let rule_results = results.iter().map(|(rule, violation)| rule.result(&input, violation.as_ref())).collect();
        let (decision, requires_second_approver) = match decide(results.into_iter().filter_map(|(_, found)| found)) {
            PolicyDecision::Allow { .. } => ("allow", false),
            PolicyDecision::RequireApproval { requirements, .. } => {
                ("require_approval", requirements.iter().any(|requirement| requirement.requires_second_approver))
            }
            PolicyDecision::Deny(_) => ("deny", false),
        };
        Explanation {
            decision,
            requires_second_approver,
            production,
            roles: roles.clone(),
            role_decision,
            rules: rule_results,
        }
    }

    /// The role that allows an act, by the roles of the caller and the scopes of the token. Roles come first: a sign-in for a
    /// further scope does not help a caller without a role for the act.
    fn check_rights<'a>(&'a self, caller: &Caller, input: &EvaluationInput<'_>) -> Result<&'a str, Denial> {
        let role = self.roles().check_act(input)?;
        missing_scope(caller, input.act.effect).map_or(Ok(role), Err)
    }

    fn evaluate_rules(
        &self,
        input: &EvaluationInput<'_>,
        context: &EvaluationContext,
    ) -> Vec<(&Rule, Option<Violation>)> {
        self.rules().iter().map(|rule| (rule, rule.evaluate(input, self.settings(), context))).collect()
    }
}

/// The decision that follows from the violations of an act that a role allows.
fn decide(violations: impl Iterator<Item = Violation>) -> PolicyDecision {
    let (mut denials, mut requirements, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for violation in violations {
        match violation.enforcement {
            Enforcement::Deny => denials.push(violation),
            Enforcement::RequireApproval => requirements.push(requirement(&violation)),
            Enforcement::Warn => warnings.push(violation),
        }
    }
    if !denials.is_empty() {
        PolicyDecision::Deny(Denial::Rules(denials))
    } else if requirements.is_empty() {
        PolicyDecision::Allow { warnings }
    } else {
        PolicyDecision::RequireApproval { requirements, warnings }
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
