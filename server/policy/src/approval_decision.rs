//! Who may say yes or no to a question, and which questions can still be answered.

use chrono::{DateTime, Utc};
use identity::Caller;

use crate::{Approval, Asker, Policy, Status};

/// The role whose holders may approve.
pub const APPROVER: &str = "approver";
/// The OAuth scope that a token needs to approve, beside the role.
pub const APPROVE_SCOPE: &str = "juju:approve";

/// Why somebody may not decide about an approval. Each is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// The token has no right to approve.
    #[error(
        "this token may not approve: that needs the role `{APPROVER}`, and with an identity provider also a person's token with the scope `{APPROVE_SCOPE}`"
    )]
    NoRight,
    /// The OAuth client that asked would answer its own question, with whatever token, or the very token that asked.
    #[error(
        "the client or token that asked may not decide about it: use another one, such as the approval page or `juju-mcp approvals`"
    )]
    OwnClient,
    /// Whoever asked would approve their own question, which needs a second person.
    #[error("the rule wants a second person, so whoever asked may not decide about it")]
    OwnQuestion,
    /// There is none of this id.
    #[error("there is no approval `{0}`")]
    Unknown(String),
    /// What was said back is not what is asked.
    #[error("the digest is not that of the act which is asked for: read the approval again before deciding")]
    OtherDigest,
    /// It is too late.
    #[error("it can no longer be decided, because it is {}", .0.as_str())]
    Over(Status),
}

impl Policy {
    /// Whether a token may approve: it holds a role that approves, and where a provider gave it, the scope, and stands for a person and
    /// not for the program that got it. Such a token changes nothing, so that no token both asks and approves.
    #[must_use]
    pub fn may_approve(&self, caller: &Caller) -> bool {
        let scoped = caller.claims().is_none_or(|claims| {
            let person = claims.client_id.as_ref() != Some(&claims.subject);
            person && claims.scopes.iter().any(|scope| scope == APPROVE_SCOPE)
        });
        scoped && self.holds_approving_role(caller)
    }
}

impl Approval {
    /// Whether this caller may decide, having seen an act of this digest.
    ///
    /// # Errors
    /// [`Undecidable`].
    pub fn check_decidable(
        &self,
        policy: &Policy,
        caller: &Caller,
        digest: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Undecidable> {
        if !policy.may_approve(caller) {
            return Err(Undecidable::NoRight);
        }
        let decider = Asker::of(caller);
        if self.question.second_person() && self.question.asker.same_person(&decider) {
            return Err(Undecidable::OwnQuestion);
        }
        if self.question.asker.same_client(&decider) {
            return Err(Undecidable::OwnClient);
        }
        if self.digest != digest {
            return Err(Undecidable::OtherDigest);
        }
        match self.status_at(now) {
            Status::Pending => Ok(()),
            over => Err(Undecidable::Over(over)),
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;
    use crate::{Binding, Holder, approval::tests::approval};

    #[test]
    fn the_right_to_approve_is_the_role_of_a_static_token() {
        let policy = Policy::shipped().expect("part of the program");
        for (role, may) in [("approver", true), ("admin", false), ("operator", false), ("viewer", false)] {
            assert_eq!(policy.may_approve(&Caller::local("ana", role)), may, "{role}");
        }
        let scoped = Claims { subject: "ana".into(), scopes: vec![APPROVE_SCOPE.to_owned()], ..Claims::default() };
        assert!(!policy.may_approve(&Caller::from_claims(scoped)), "a scope alone, without the role, is not enough");
    }

    #[test]
    fn a_program_never_approves_and_neither_does_the_client_that_asked() {
        let bindings = vec![Binding { role: APPROVER.into(), issuer: None, to: vec![Holder::Group("ops".into())] }];
        let policy =
            Policy::shipped().expect("part of the program").with_bindings(bindings).expect("a role that exists");
        let by = |subject: &str, client: &str| {
            Caller::from_claims(Claims {
                issuer: "https://id.example".into(),
                subject: subject.into(),
                client_id: Some(client.into()),
                groups: vec!["ops".into()],
                scopes: vec![APPROVE_SCOPE.to_owned()],
                ..Claims::default()
            })
        };
        assert!(policy.may_approve(&by("bea", "page")));
        assert!(!policy.may_approve(&by("robot", "robot")));
        let mut asked = approval();
        asked.question.asker = Asker::of(&by("ana", "assistant"));
        let decide = |caller: &Caller| asked.check_decidable(&policy, caller, &asked.digest, asked.made);
        assert_eq!(decide(&by("bea", "assistant")), Err(Undecidable::OwnClient));
        assert_eq!(decide(&by("ana", "assistant")), Err(Undecidable::OwnClient));
        assert_eq!(decide(&by("ana", "page")), Ok(()), "no second person is wanted");
    }

    #[test]
    fn a_decision_needs_the_right_the_digest_and_time() {
        let policy = Policy::shipped().expect("part of the program");
        let waits = approval();
        let approver = Caller::local("bea", "approver");
        let decide = |approval: &Approval, caller: &Caller, digest: &str| {
            approval.check_decidable(&policy, caller, digest, approval.made)
        };
        assert_eq!(decide(&waits, &approver, &waits.digest), Ok(()));
        assert_eq!(decide(&waits, &Caller::local("bea", "admin"), &waits.digest), Err(Undecidable::NoRight));
        assert_eq!(decide(&waits, &approver, "other"), Err(Undecidable::OtherDigest));
        for status in [Status::Approved, Status::Rejected, Status::Used, Status::Expired] {
            let over = Approval { status, ..waits.clone() };
            assert_eq!(decide(&over, &approver, &waits.digest), Err(Undecidable::Over(status)));
        }
        // too late, and before it was asked, which only a clock that was set back can show
        for moment in [waits.expires, waits.made - chrono::TimeDelta::microseconds(1)] {
            let refused = waits.check_decidable(&policy, &approver, &waits.digest, moment);
            assert_eq!(refused, Err(Undecidable::Over(Status::Expired)));
        }
    }

    #[test]
    fn whoever_asked_is_never_the_second_person_by_subject_or_by_address() {
        let policy = Policy::shipped().expect("part of the program");
        let mut asked = approval();
        asked.question.demands[0].second_person = true;
        asked.question.asker = Asker::of(&Caller::local("ana", "operator"));
        let own = Caller::local("ana", "approver");
        let digest = asked.digest.clone();
        assert_eq!(asked.check_decidable(&policy, &own, &digest, asked.made), Err(Undecidable::OwnQuestion));
        let by = |subject: &str, email: Option<&str>| Asker {
            subject: subject.to_owned(),
            email: email.map(ToOwned::to_owned),
            holder: None,
            ..asked.question.asker.clone()
        };
        assert!(by("oauth:1", Some("Ana@example.com")).same_person(&by("oauth:2", Some("ana@example.com"))));
        assert!(!by("oauth:1", Some("ana@example.com")).same_person(&by("oauth:2", Some("bea@example.com"))));
        assert!(!by("oauth:1", None).same_person(&by("oauth:2", None)));
        let held = |subject: &str| Asker { holder: Some("ANA@example.com".into()), ..by(subject, None) };
        assert!(held("token:operator:1").same_person(&held("token:approver:2")));
        let untidy = Asker { holder: Some(" ana@example.com ".into()), ..by("token:approver:3", None) };
        assert!(untidy.same_person(&held("token:operator:1")));
        assert!(held("token:operator:1").same_person(&by("oauth:2", Some("ana@example.com"))));
        asked.question.demands[0].second_person = false;
        assert_eq!(asked.check_decidable(&policy, &own, &digest, asked.made), Err(Undecidable::OwnClient));
        let other = Caller::local("bea", "approver");
        assert_eq!(asked.check_decidable(&policy, &other, &digest, asked.made), Ok(()));
    }
}
