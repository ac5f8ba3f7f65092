//! The proof that policy allowed one act. What runs is what was judged, because both travel together.

use identity::Caller;

use crate::{Act, Approval, Circumstances, Demand, Denial, Hit, Judgement, Policy, Status, Unfit};

/// An act together with the work that would do it.
#[derive(Debug)]
pub struct Planned<Job> {
    act: Act,
    job: Job,
}

impl<Job> Planned<Job> {
    /// Joins an act to the work that was made from the same arguments.
    pub fn new(act: Act, job: Job) -> Self {
        Self { act, job }
    }

    /// What is intended.
    pub fn act(&self) -> &Act {
        &self.act
    }
}

/// An act that policy allowed, still joined to its work.
#[derive(Debug)]
pub struct Permitted<Job> {
    permit: Permit,
    warnings: Vec<Hit>,
    job: Job,
}

impl<Job> Permitted<Job> {
    /// What was allowed.
    pub fn act(&self) -> &Act {
        &self.permit.act
    }

    /// Rules that warn of it.
    pub fn warnings(&self) -> &[Hit] {
        &self.warnings
    }

    /// Gives out the permit and the one piece of work that it is for.
    pub fn redeem(self) -> (Permit, Job) {
        (self.permit, self.job)
    }
}

/// Proof that policy allowed one act. Nothing runs without one, and no other room can make one:
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
    /// What was allowed.
    #[must_use]
    pub fn act(&self) -> &Act {
        &self.act
    }
}

/// An act that waits for a human, still joined to its work.
#[derive(Debug)]
pub struct Asked<Job> {
    act: Act,
    demands: Vec<Demand>,
    warnings: Vec<Hit>,
    job: Job,
}

impl<Job> Asked<Job> {
    /// What waits.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// The rules that want a human.
    pub fn demands(&self) -> &[Demand] {
        &self.demands
    }

    /// Rules that warn of it.
    pub fn warnings(&self) -> &[Hit] {
        &self.warnings
    }

    /// Gives the permit, for an approval of this very act that the store says was used up for this very entry of the
    /// ledger, and that is as strict as the rules now are.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn grant(self, approval: &Approval, entry: &str) -> Result<Permitted<Job>, Unfit> {
        let id = || approval.id.clone();
        if approval.status != Status::Used || approval.used_in.as_deref() != Some(entry) {
            return Err(Unfit::Used(id()));
        }
        if approval.digest != self.act.digest() {
            return Err(Unfit::OtherAct(id()));
        }
        if self.second_person() && !approval.question.second_person() {
            return Err(Unfit::SecondPerson(id()));
        }
        Ok(Permitted { permit: Permit { act: self.act }, warnings: self.warnings, job: self.job })
    }

    /// Whether the yes has to come from somebody other than whoever asked.
    pub fn second_person(&self) -> bool {
        self.demands.iter().any(|demand| demand.second_person)
    }
}

/// What policy says to an act.
#[derive(Debug)]
pub enum Verdict<Job> {
    /// Do it.
    Permit(Permitted<Job>),
    /// A human has to say yes first.
    Ask(Asked<Job>),
    /// Not by this caller, and why.
    Deny(Denial),
    /// Not with a token that may approve: it changes nothing and asks nobody, so that no token both asks and approves.
    Approver,
}

/// Judges an act for a caller, and joins the permit to the work where it may be done.
pub fn decide<Job>(
    policy: &Policy,
    caller: &Caller,
    circumstances: &Circumstances,
    Planned { act, job }: Planned<Job>,
) -> Verdict<Job> {
    match policy.judge(caller, &act, circumstances) {
        Judgement::Deny(denial) => Verdict::Deny(denial),
        judgement
            if (act.effect.changes() || matches!(judgement, Judgement::Ask { .. })) && policy.may_approve(caller) =>
        {
            Verdict::Approver
        }
        Judgement::Allow { warnings } => Verdict::Permit(Permitted { permit: Permit { act }, warnings, job }),
        Judgement::Ask { demands, warnings } => Verdict::Ask(Asked { act, demands, warnings, job }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::tests::approval;

    fn asked(act: Act, second_person: bool) -> Asked<()> {
        let demand = Demand { rule: "removals".into(), message: String::new(), second_person };
        Asked { act, demands: vec![demand], warnings: Vec::new(), job: () }
    }

    #[test]
    fn a_token_that_may_approve_asks_for_nothing_not_even_for_a_read() {
        let rule = "policies: [{name: reads, severity: high, check: never, message: Reads need a yes}]";
        let policy = Policy::read(&[("reads.yaml", rule)], crate::Profile::None).expect("a policy");
        let circumstances = Circumstances::at(chrono::DateTime::UNIX_EPOCH);
        let read = Act { effect: crate::Effect::Read, ..approval().question.act };
        let verdict =
            |role: &str| decide(&policy, &Caller::local("ana", role), &circumstances, Planned::new(read.clone(), ()));
        assert!(matches!(verdict("approver"), Verdict::Approver));
        assert!(matches!(verdict("viewer"), Verdict::Ask(_)));
    }

    #[test]
    fn a_permit_needs_an_approval_that_was_used_up_for_this_act_and_entry() {
        let act = approval().question.act;
        let used = Approval { status: Status::Used, used_in: Some("entry".into()), ..approval() };
        assert!(asked(act.clone(), false).grant(&used, "entry").is_ok());
        assert!(asked(act.clone(), false).grant(&used, "another entry").is_err());
        for status in [Status::Pending, Status::Approved, Status::Rejected, Status::Expired] {
            let other = Approval { status, ..used.clone() };
            assert!(asked(act.clone(), false).grant(&other, "entry").is_err(), "{status:?}");
        }
        let other = Act { arguments: serde_json::json!({"applications": ["db"]}), ..act.clone() };
        assert!(asked(other, false).grant(&used, "entry").is_err());
        assert!(asked(act, true).grant(&used, "entry").is_err(), "the rules became stricter since it was asked");
    }
}
