//! Whether an approval may be used for one act, or confirmed in the asking client; and why not.

use chrono::{DateTime, Utc};

use crate::{Approval, Asker, Status};

/// What an approval is held against: who comes with it, for what, in which state of the target, and when.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// Who comes with it.
    pub asker: &'a Asker,
    /// Digest of the act.
    pub digest: &'a str,
    /// Fingerprint of the target's state now.
    pub state: &'a str,
    /// The moment.
    pub now: DateTime<Utc>,
}

/// Why an approval does not help. Each is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is none of this id.
    #[error("there is no approval `{0}`")]
    Unknown(String),
    /// Somebody else asked for it.
    #[error("the approval `{0}` was asked for by another caller")]
    OtherCaller(String),
    /// It is for another act.
    #[error("the approval `{0}` is for another act: tool, place, targets and arguments have to be the same")]
    OtherAct(String),
    /// The target has changed since a human saw it.
    #[error("the target has changed since the approval `{0}` was asked for, so it is void")]
    Changed(String),
    /// Its time is over.
    #[error("the approval `{0}` has expired")]
    Expired(String),
    /// Nobody has decided yet.
    #[error("nobody has decided about the approval `{0}` yet")]
    Pending(String),
    /// A human said no.
    #[error("the approval `{id}` was rejected by `{by}`{}", because(.reason))]
    Rejected {
        /// The approval.
        id: String,
        /// Who said no.
        by: String,
        /// Why.
        reason: String,
    },
    /// It was used before.
    #[error("the approval `{0}` was used before, and counts once")]
    Used(String),
    /// Another person has to decide.
    #[error("the approval `{0}` has to come from a second person, not from the client that asked")]
    SecondPerson(String),
    /// Confirmation by the asking client is switched off, or the command is too long to be shown there whole.
    #[error("the client that asked cannot confirm this, so the approval `{0}` waits for an approver")]
    NotInClient(String),
    /// The name that had to be typed was not.
    #[error("the name that was typed is not the one that the approval `{0}` asks for")]
    WrongWord(String),
}

fn because(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(", who says: {text}") }
}

impl Approval {
    /// Whether this approval permits an act now. Everything but using it up, which only the store can do once.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn check(&self, held: &Use<'_>) -> Result<(), Unfit> {
        self.same_act(held)?;
        let id = self.id.clone();
        match self.status_at(held.now) {
            Status::Used => Err(Unfit::Used(id)),
            Status::Rejected => Err(self.rejected()),
            Status::Expired => Err(Unfit::Expired(id)),
            _ if self.state != held.state => Err(Unfit::Changed(id)),
            Status::Pending => Err(Unfit::Pending(id)),
            Status::Approved => Ok(()),
        }
    }

    /// Whether the human before the asking client may say yes there.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn check_confirmable(&self, held: &Use<'_>) -> Result<(), Unfit> {
        match self.check(held) {
            Ok(()) | Err(Unfit::Pending(_)) if self.question.second_person() => {
                Err(Unfit::SecondPerson(self.id.clone()))
            }
            Err(Unfit::Pending(_)) if self.question.confirmable() => Ok(()),
            Err(Unfit::Pending(_)) => Err(Unfit::NotInClient(self.id.clone())),
            // a yes that is there already needs no second one, and a proof that comes again is a replay
            Ok(()) => Err(Unfit::Used(self.id.clone())),
            Err(unfit) => Err(unfit),
        }
    }

    fn same_act(&self, held: &Use<'_>) -> Result<(), Unfit> {
        if self.question.asker.key() != held.asker.key() {
            return Err(Unfit::OtherCaller(self.id.clone()));
        }
        if self.digest != held.digest {
            return Err(Unfit::OtherAct(self.id.clone()));
        }
        Ok(())
    }

    fn rejected(&self) -> Unfit {
        let by = self.decided_by.clone().unwrap_or_else(|| "a human".to_owned());
        Unfit::Rejected { id: self.id.clone(), by, reason: self.reason.clone() }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::approval::tests::approval;

    #[test]
    fn only_the_same_caller_act_and_state_in_time_may_use_an_approval_once() {
        let given = Approval { status: Status::Approved, ..approval() };
        let asker = given.question.asker.clone();
        let stranger = Asker { subject: "token:operator:9".into(), ..asker.clone() };
        let other_client = Asker { client_id: Some("other".into()), ..asker.clone() };
        let now = given.made;
        let right = Use { asker: &asker, digest: &given.digest, state: &given.state, now };
        let id = || given.id.clone();
        let with = |status| Approval { status, ..given.clone() };
        let (early, late) = (now - TimeDelta::microseconds(1), now + TimeDelta::hours(1));
        for (approval, held, expected) in [
            (given.clone(), right, Ok(())),
            (given.clone(), Use { asker: &stranger, ..right }, Err(Unfit::OtherCaller(id()))),
            (given.clone(), Use { asker: &other_client, ..right }, Err(Unfit::OtherCaller(id()))),
            (given.clone(), Use { digest: "other", ..right }, Err(Unfit::OtherAct(id()))),
            (given.clone(), Use { state: "other", ..right }, Err(Unfit::Changed(id()))),
            (given.clone(), Use { now: late, ..right }, Err(Unfit::Expired(id()))),
            (given.clone(), Use { now: early, ..right }, Err(Unfit::Expired(id()))),
            (with(Status::Pending), right, Err(Unfit::Pending(id()))),
            (with(Status::Pending), Use { now: late, ..right }, Err(Unfit::Expired(id()))),
            (with(Status::Used), right, Err(Unfit::Used(id()))),
            (with(Status::Expired), right, Err(Unfit::Expired(id()))),
        ] {
            assert_eq!(approval.check(&held), expected, "{expected:?}");
        }
        assert!(matches!(with(Status::Rejected).check(&right), Err(Unfit::Rejected { .. })));
    }

    #[test]
    fn a_client_confirms_only_what_waits_and_needs_no_second_person() {
        let waits = approval();
        let asker = waits.question.asker.clone();
        let held = Use { asker: &asker, digest: &waits.digest, state: &waits.state, now: waits.made };
        assert_eq!(waits.check_confirmable(&held), Ok(()));
        let mut other = waits.clone();
        other.question.demands[0].second_person = true;
        assert_eq!(other.check_confirmable(&held), Err(Unfit::SecondPerson(other.id.clone())));
        let mut long = waits.clone();
        long.question.command = "x".repeat(crate::LONGEST_SHOWN + 1);
        assert_eq!(long.check_confirmable(&held), Err(Unfit::NotInClient(long.id.clone())));
        let approved = Approval { status: Status::Approved, ..waits.clone() };
        assert_eq!(approved.check_confirmable(&held), Err(Unfit::Used(waits.id.clone())));
    }
}
