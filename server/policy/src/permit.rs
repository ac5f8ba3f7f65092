//! The permit: proof that policy authorized one act. Act and work travel together, so the authorized act is the one that runs.

use identity::Caller;

use crate::{
    Act, Approval, ApprovalInvalid, ApprovalRequirement, Denial, EvaluationContext, Policy, PolicyDecision, Status,
    Violation,
};

/// An act together with the work that performs it.
#[derive(Debug)]
pub struct Planned<Job> {
    act: Act,
    job: Job,
}

impl<Job> Planned<Job> {
    /// Joins an act to the work that was created from the same arguments.
    pub fn new(act: Act, job: Job) -> Self {
        Self { act, job }
    }

    /// The intended act.
    pub fn act(&self) -> &Act {
        &self.act
    }
}

/// An authorized act, still joined to its work.
#[derive(Debug)]
pub struct Permitted<Job> {
    permit: Permit,
    warnings: Vec<Violation>,
    job: Job,
}

impl<Job> Permitted<Job> {
    /// The authorized act.
    pub fn act(&self) -> &Act {
        &self.permit.act
    }

    /// The work that it is joined to. It cannot run without the permit.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Rules that warn about it.
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }

    /// Returns the permit and the work that it authorizes.
    pub fn into_parts(self) -> (Permit, Job) {
        (self.permit, self.job)
    }
}

/// Proof that policy authorized one act. Nothing runs without one, and no other crate can create one:
///
/// ```compile_fail
/// # fn forge(act: policy::Act) -> policy::Permit {
/// policy::Permit { act }
/// # }
/// ```
#[derive(Debug)]
pub struct Permit {
    act: Act,
}

impl Permit {
    /// The authorized act.
    #[must_use]
    pub fn act(&self) -> &Act {
        &self.act
    }
}

/// An act that needs an approval, still joined to its work.
#[derive(Debug)]
pub struct ApprovalRequired<Job> {
    act: Act,
    requirements: Vec<ApprovalRequirement>,
    warnings: Vec<Violation>,
    job: Job,
}

impl<Job> ApprovalRequired<Job> {
    /// The act that needs the approval.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// The rules that require the approval.
    pub fn requirements(&self) -> &[ApprovalRequirement] {
        &self.requirements
    }

    /// The work that it is joined to. It cannot run without the permit.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Rules that warn about it.
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }

    /// Grants the permit for an approval of exactly this act, which the store has marked as used by this ledger entry, and
    /// which is at least as strict as the rules now require.
    ///
    /// # Errors
    /// [`ApprovalInvalid`].
    pub fn grant(self, approval: &Approval, entry: &str) -> Result<Permitted<Job>, ApprovalInvalid> {
        let id = || approval.id.clone();
        if approval.status != Status::Used || approval.consumed_by_entry.as_deref() != Some(entry) {
            return Err(ApprovalInvalid::AlreadyUsed(id()));
        }
        if approval.digest != self.act.digest() {
            return Err(ApprovalInvalid::ActMismatch(id()));
        }
        if self.requires_second_approver() && !approval.request.requires_second_approver() {
            return Err(ApprovalInvalid::SecondApproverRequired(id()));
        }
        Ok(Permitted { permit: Permit { act: self.act }, warnings: self.warnings, job: self.job })
    }

    /// Whether the approver has to be another person than the requester.
    pub fn requires_second_approver(&self) -> bool {
        self.requirements.iter().any(|requirement| requirement.requires_second_approver)
    }
}

/// The result of [`authorize`].
#[derive(Debug)]
pub enum Authorization<Job> {
    /// The act is authorized.
    Permitted(Permitted<Job>),
    /// The act needs an approval first.
    ApprovalRequired(ApprovalRequired<Job>),
    /// The act is denied to this caller.
    Denied(Denial),
    /// The token can approve, so it cannot make changes or request approvals (separation of duties).
    ApproverToken,
}

/// Evaluates the policy for an act, and issues the permit if the caller may perform it.
pub fn authorize<Job>(
    policy: &Policy,
    caller: &Caller,
    context: &EvaluationContext,
    Planned { act, job }: Planned<Job>,
) -> Authorization<Job> {
    match policy.evaluate(caller, &act, context) {
        PolicyDecision::Deny(denial) => Authorization::Denied(denial),
        decision
            if (act.effect.changes() || matches!(decision, PolicyDecision::RequireApproval { .. }))
                && policy.may_approve(caller) =>
        {
            Authorization::ApproverToken
        }
        PolicyDecision::Allow { warnings } => {
            Authorization::Permitted(Permitted { permit: Permit { act }, warnings, job })
        }
        PolicyDecision::RequireApproval { requirements, warnings } => {
            Authorization::ApprovalRequired(ApprovalRequired { act, requirements, warnings, job })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::tests::approval;

    fn asked(act: Act, requires_second_approver: bool) -> ApprovalRequired<()> {
        let requirement =
            ApprovalRequirement { rule: "removals".into(), message: String::new(), requires_second_approver };
        ApprovalRequired { act, requirements: vec![requirement], warnings: Vec::new(), job: () }
    }

    #[test]
    fn approver_token_cannot_request_an_approval_even_for_a_read() {
        let rule = "rules: [{name: reads, severity: high, check: 'false', message: Reads need an approval}]";
        let policy = Policy::read(&[("reads.yaml", rule)], crate::BuiltinRules::None).expect("a policy");
        let context = EvaluationContext::new(chrono::DateTime::UNIX_EPOCH);
        let read = Act { effect: crate::Effect::Read, ..approval().request.act };
        let verdict =
            |role: &str| authorize(&policy, &Caller::local("ana", role), &context, Planned::new(read.clone(), ()));
        assert!(matches!(verdict("approver"), Authorization::ApproverToken));
        assert!(matches!(verdict("viewer"), Authorization::ApprovalRequired(_)));
    }

    #[test]
    fn grant_needs_an_approval_used_for_this_act_and_entry() {
        let act = approval().request.act;
        let used = Approval { status: Status::Used, consumed_by_entry: Some("entry".into()), ..approval() };
        assert!(asked(act.clone(), false).grant(&used, "entry").is_ok());
        assert!(asked(act.clone(), false).grant(&used, "another entry").is_err());
        for status in [Status::Pending, Status::Approved, Status::Rejected, Status::Expired] {
            let other = Approval { status, ..used.clone() };
            assert!(asked(act.clone(), false).grant(&other, "entry").is_err(), "{status:?}");
        }
        let other = Act { arguments: serde_json::json!({"applications": ["db"]}), ..act.clone() };
        assert!(asked(other, false).grant(&used, "entry").is_err());
        assert!(
            asked(act, true).grant(&used, "entry").is_err(),
            "the rules are stricter than at the time of the request"
        );
    }
}
