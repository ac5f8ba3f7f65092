//! Who may decide about an approval request, and which requests can still be decided.

use chrono::{DateTime, Utc};
use identity::Caller;

use crate::{APPROVE_SCOPE, Approval, Policy, Requester, Status};

/// The built-in role that can approve.
pub const APPROVER: &str = "approver";

/// Why a caller may not decide about an approval. Each is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionDenied {
    /// The token cannot approve.
    #[error(
        "this token cannot approve: it needs the role `{APPROVER}`, and if an identity provider issued it, it has to be a person's token with the scope `{APPROVE_SCOPE}`"
    )]
    NotApprover,
    /// The request came from the same OAuth client, with whatever token, or from the same static token.
    #[error(
        "the client or token that requested this act cannot decide about it: use another one, such as the approval page or `juju-mcp approvals`"
    )]
    SameClient,
    /// The requester would approve their own request, and a rule requires a second approver.
    #[error("a rule requires a second approver, so the requester cannot decide about their own request")]
    SelfApproval,
    /// A rule requires a second approver, and it is unknown whether the requester and the approver are two people.
    #[error(
        "a rule requires a second approver, and it cannot be verified that the requester and the approver are two people: both need an email address that the identity provider has verified, or an `owner` of their static token"
    )]
    IdentityUnknown,
    /// No approval has this id.
    #[error("there is no approval `{0}`")]
    Unknown(String),
    /// The digest that the approver sent is not the digest of the act.
    #[error("the digest does not match the requested act: read the approval again before you decide")]
    DigestMismatch,
    /// The approval is not pending any more.
    #[error("it can no longer be decided, because it is {}", .0.as_str())]
    AlreadyClosed(Status),
}

impl Policy {
    /// Whether a token may approve: the caller has a role that can approve, and a token of an identity provider also has
    /// the scope and belongs to a person, not to the OAuth client itself. Such a token cannot make changes, so one token
    /// can never both request and approve (separation of duties).
    #[must_use]
    pub fn may_approve(&self, caller: &Caller) -> bool {
        let scoped = caller.claims().is_none_or(|claims| {
            let person = !claims.is_service_account && claims.client_id.as_ref() != Some(&claims.subject);
            person && claims.scopes.iter().any(|scope| scope == APPROVE_SCOPE)
        });
        scoped && self.has_approving_role(caller)
    }
}

impl Approval {
    /// Checks that this caller may decide now. `digest` is the digest of the act that the caller saw.
    ///
    /// # Errors
    /// [`DecisionDenied`].
    pub fn check_decision(
        &self,
        policy: &Policy,
        caller: &Caller,
        digest: &str,
        now: DateTime<Utc>,
    ) -> Result<(), DecisionDenied> {
        if !policy.may_approve(caller) {
            return Err(DecisionDenied::NotApprover);
        }
        let approver = Requester::from_caller(caller);
        if self.request.requires_second_approver() && self.request.requester.same_person(&approver) {
            return Err(DecisionDenied::SelfApproval);
        }
        if self.request.requires_second_approver()
            && !(self.request.requester.is_named_person() && approver.is_named_person())
        {
            return Err(DecisionDenied::IdentityUnknown);
        }
        if self.request.requester.same_client(&approver) {
            return Err(DecisionDenied::SameClient);
        }
        if self.digest != digest {
            return Err(DecisionDenied::DigestMismatch);
        }
        match self.status_at(now) {
            Status::Pending => Ok(()),
            closed => Err(DecisionDenied::AlreadyClosed(closed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::Claims;

    use super::*;
    use crate::{RoleBinding, Subject, approval::tests::approval};

    #[test]
    fn may_approve_depends_on_role_and_scope() {
        let policy = Policy::builtin().expect("built-in policy");
        for (role, may) in [("approver", true), ("admin", false), ("operator", false), ("viewer", false)] {
            assert_eq!(policy.may_approve(&Caller::local("ana", role)), may, "{role}");
        }
        let scoped = Claims { subject: "ana".into(), scopes: vec![APPROVE_SCOPE.to_owned()], ..Claims::default() };
        assert!(!policy.may_approve(&Caller::from_claims(scoped)), "a scope alone, without the role, is not enough");
    }

    #[test]
    fn decision_by_a_program_or_the_same_client_is_denied() {
        let bindings =
            vec![RoleBinding { role: APPROVER.into(), issuer: None, subjects: vec![Subject::Group("ops".into())] }];
        let policy =
            Policy::builtin().expect("built-in policy").with_role_bindings(bindings).expect("a role that exists");
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
        asked.request.requester = Requester::from_caller(&by("ana", "assistant"));
        let authorize = |caller: &Caller| asked.check_decision(&policy, caller, &asked.digest, asked.created_at);
        assert_eq!(authorize(&by("bea", "assistant")), Err(DecisionDenied::SameClient));
        assert_eq!(authorize(&by("ana", "assistant")), Err(DecisionDenied::SameClient));
        assert_eq!(authorize(&by("ana", "page")), Ok(()), "no rule requires a second approver");
    }

    #[test]
    fn decision_needs_an_approver_the_digest_and_a_pending_request() {
        let policy = Policy::builtin().expect("built-in policy");
        let waits = approval();
        let approver = Caller::local("bea", "approver");
        let authorize = |approval: &Approval, caller: &Caller, digest: &str| {
            approval.check_decision(&policy, caller, digest, approval.created_at)
        };
        assert_eq!(authorize(&waits, &approver, &waits.digest), Ok(()));
        assert_eq!(authorize(&waits, &Caller::local("bea", "admin"), &waits.digest), Err(DecisionDenied::NotApprover));
        assert_eq!(authorize(&waits, &approver, "other"), Err(DecisionDenied::DigestMismatch));
        for status in [Status::Approved, Status::Rejected, Status::Used, Status::Expired] {
            let over = Approval { status, ..waits.clone() };
            assert_eq!(authorize(&over, &approver, &waits.digest), Err(DecisionDenied::AlreadyClosed(status)));
        }
        // after the time limit, and before the creation, if the clock was set back
        for moment in [waits.expires_at, waits.created_at - chrono::TimeDelta::microseconds(1)] {
            let refused = waits.check_decision(&policy, &approver, &waits.digest, moment);
            assert_eq!(refused, Err(DecisionDenied::AlreadyClosed(Status::Expired)));
        }
    }

    #[test]
    fn second_approver_is_never_the_requester() {
        let policy = Policy::builtin().expect("built-in policy");
        let mut asked = approval();
        asked.request.requirements[0].requires_second_approver = true;
        asked.request.requester = Requester::from_caller(&Caller::local("ana", "operator"));
        let own = Caller::local("ana", "approver");
        let digest = asked.digest.clone();
        assert_eq!(asked.check_decision(&policy, &own, &digest, asked.created_at), Err(DecisionDenied::SelfApproval));
        let by = |subject: &str, email: Option<&str>| Requester {
            subject: subject.to_owned(),
            email: email.map(ToOwned::to_owned),
            owner: None,
            ..asked.request.requester.clone()
        };
        assert!(by("oauth:1", Some("Ana@example.com")).same_person(&by("oauth:2", Some("ana@example.com"))));
        assert!(!by("oauth:1", Some("ana@example.com")).same_person(&by("oauth:2", Some("bea@example.com"))));
        assert!(!by("oauth:1", None).same_person(&by("oauth:2", None)));
        for other in ["ana+juju@example.com", "ANA+1+2@Example.COM.", " ana@example.com."] {
            let (one, other) = (by("oauth:1", Some("ana@example.com")), by("oauth:2", Some(other)));
            assert!(one.same_person(&other) && other.same_person(&one), "{other:?}");
        }
        for other in ["+ana@example.com", "ana@example.org", "anna+ana@example.com", "example.com"] {
            assert!(!by("oauth:1", Some("ana@example.com")).same_person(&by("oauth:2", Some(other))), "{other}");
        }
        let held = |subject: &str| Requester { owner: Some("ANA@example.com".into()), ..by(subject, None) };
        assert!(held("token:operator:1").same_person(&held("token:approver:2")));
        let untidy = Requester { owner: Some(" ana@example.com ".into()), ..by("token:approver:3", None) };
        assert!(untidy.same_person(&held("token:operator:1")));
        assert!(held("token:operator:1").same_person(&by("oauth:2", Some("ana@example.com"))));
        let person = |email: Option<&str>| {
            let claims = Claims {
                issuer: "https://id.example".into(),
                subject: "bea".into(),
                email: email.map(ToOwned::to_owned),
                ..Claims::default()
            };
            Requester::from_caller(&Caller::from_claims(claims))
        };
        for (requester, is_named) in [(person(None), false), (person(Some(" ")), false), (person(Some("b@x")), true)] {
            assert_eq!(requester.is_named_person(), is_named);
            let mut pending = asked.clone();
            pending.request.requester = requester;
            let decided = pending.check_decision(&policy, &own, &digest, pending.created_at);
            assert_eq!(decided, if is_named { Ok(()) } else { Err(DecisionDenied::IdentityUnknown) });
        }
        asked.request.requirements[0].requires_second_approver = false;
        assert_eq!(asked.check_decision(&policy, &own, &digest, asked.created_at), Err(DecisionDenied::SameClient));
        let other = Caller::local("bea", "approver");
        assert_eq!(asked.check_decision(&policy, &other, &digest, asked.created_at), Ok(()));
    }
}
