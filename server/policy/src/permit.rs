//! The proof that policy allowed one act. What runs is what was judged, because both travel together.

use identity::Caller;
use serde::Serialize;

use crate::{Act, Circumstances, Demand, Denial, Judgement, Policy};

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
    job: Job,
}

impl<Job> Permitted<Job> {
    /// What was allowed.
    pub fn act(&self) -> &Act {
        &self.permit.act
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

/// What policy says to an act.
#[derive(Debug)]
pub enum Verdict<Job> {
    /// Do it.
    Permit(Permitted<Job>),
    /// A human has to say yes first.
    Ask(Question),
    /// Not by this caller, and why.
    Deny(Denial),
}

/// What a human is asked before an act.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// The act that waits; an approval is bound to its digest.
    pub act: Act,
    /// The rules that want a human.
    pub demands: Vec<Demand>,
}

/// Judges an act for a caller, and joins the permit to the work where it may be done.
pub fn decide<Job>(
    policy: &Policy,
    caller: &Caller,
    circumstances: &Circumstances,
    Planned { act, job }: Planned<Job>,
) -> Verdict<Job> {
    match policy.judge(caller, &act, circumstances) {
        Judgement::Allow => Verdict::Permit(Permitted { permit: Permit { act }, job }),
        Judgement::Ask { demands } => Verdict::Ask(Question { act, demands }),
        Judgement::Deny(denial) => Verdict::Deny(denial),
    }
}
