//! The act waits for a human: ask, hold what came back against what was asked, and use the yes up, once.
//!
//! Everything fails closed. A store that does not answer, a target that cannot be looked at, a proof that does not fit:
//! each refuses, and each stands in the ledger with the approval's id.

use audit::{Entry, Outcome};
use catalogue::{PlannedWork, Site};
use chrono::{DateTime, TimeDelta, Utc};
use identity::Caller;
use policy::{
    Act, Approval, ApprovalInvalid, ApprovalRequest, ApprovalRequired, ApprovalRequirement, ApprovalUse, Permitted,
    Requester, Status, fingerprint,
};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    ApprovalProof, Decision, DecisionError, Dispatcher, PendingApproval, Refusal, approval_row,
    approvals::{decision_entry, display_id, is_id, write_decision},
};

/// The most questions of one asker that may wait at once: more would bury the one that matters.
const MAX_PENDING_PER_CALLER: i64 = 50;
/// The most characters of a target's standing that a human is shown; all of it counts, shown or not.
const MAX_STATE_CHARS: usize = 4000;

/// One act that waits, and what there is to know about it.
pub(crate) struct ApprovalFlow<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) caller: &'a Caller,
    pub(crate) site: &'a Arc<Site>,
}

/// The act as it would be shown now.
struct ApprovalSnapshot {
    request: ApprovalRequest,
    digest: String,
    target_fingerprint: String,
    now: DateTime<Utc>,
}

impl ApprovalSnapshot {
    fn held(&self) -> ApprovalUse<'_> {
        ApprovalUse {
            requester: &self.request.requester,
            digest: &self.digest,
            target_fingerprint: &self.target_fingerprint,
            now: self.now,
        }
    }
}

impl ApprovalFlow<'_> {
    /// Gives the permit where a human has said yes to this very act; else asks, or says why not.
    ///
    /// `preview` is what a human is shown that the act does, `proof` what the call brought with it.
    pub(crate) async fn obtain_permit(
        &self,
        asked: ApprovalRequired<PlannedWork>,
        proof: Option<ApprovalProof>,
        entry: &mut Entry,
    ) -> Result<Permitted<PlannedWork>, Refusal> {
        entry.mark_waiting();
        let seen = self.take_snapshot(&asked).await?;
        let approved = match proof {
            None => self.without_proof(&seen, entry).await?,
            Some(ApprovalProof::Approval(id)) => self.with_approval_id(&seen, &id, entry).await?,
            Some(ApprovalProof::Confirmed { approval, typed_name }) => {
                self.with_client_confirmation(&seen, &approval, &typed_name, entry).await?
            }
            Some(ApprovalProof::Declined { approval }) => {
                return Err(self.with_client_rejection(&seen, &approval, entry).await);
            }
            Some(ApprovalProof::Unanswered { approval }) => {
                entry.set_approval(&approval);
                return Err(Refusal::NotApproved(ApprovalInvalid::Pending(approval)));
            }
            Some(ApprovalProof::Invalid(why)) => return Err(Refusal::InvalidProof(why)),
        };
        entry.set_approval(&approved.id);
        let used = self
            .dispatcher
            .ledger
            .store()
            .use_approval(&approved.id, entry.id(), self.dispatcher.clock.now().timestamp_micros())
            .await;
        let used = used.map_err(store_error)?.ok_or_else(|| ApprovalInvalid::AlreadyUsed(approved.id.clone()))?;
        let permitted = asked.grant(&approval_row::read(used).map_err(store_error)?, entry.id())?;
        entry.mark_running();
        Ok(permitted)
    }

    /// The act as an approver would see it now.
    async fn take_snapshot(&self, asked: &ApprovalRequired<PlannedWork>) -> Result<ApprovalSnapshot, Refusal> {
        let act = asked.act().clone();
        let requirements = asked.requirements().to_vec();
        let expected = asked.job().preview(self.site).await?.unwrap_or_default();
        let standing = self.site.standing(&act.target.entities).await?;
        let target_fingerprint =
            target_fingerprint(&self.site.controller_uuid().await?, &expected, &standing, &requirements);
        let digest = act.digest();
        let short = standing.to_string().len() <= MAX_STATE_CHARS;
        let request = ApprovalRequest {
            command: asked.job().command_line(&audit::redact(&act.arguments)),
            act: Act { arguments: audit::redact(&act.arguments), ..act },
            preview: audit::redact(&expected),
            target_state: if short { standing } else { Value::Null },
            requirements,
            requester: Requester::from_caller(self.caller),
        };
        Ok(ApprovalSnapshot { request, digest, target_fingerprint, now: self.dispatcher.clock.now() })
    }

    /// A call that brings nothing is answered by what was asked before, or asks.
    async fn without_proof(&self, seen: &ApprovalSnapshot, entry: &mut Entry) -> Result<Approval, Refusal> {
        let store = self.dispatcher.ledger.store();
        let row = store.newest_approval(&seen.request.requester.key(), &seen.digest).await.map_err(store_error)?;
        let Some(known) = row.map(approval_row::read).transpose().map_err(store_error)? else {
            return Err(self.create_request(seen, None, entry).await);
        };
        match known.check(&seen.held()) {
            Ok(()) => Ok(known),
            Err(ApprovalInvalid::Pending(_)) => Err(self.pending_refusal(known, None, entry)),
            Err(void @ ApprovalInvalid::TargetChanged(_)) => {
                self.expire(&known, &void).await?;
                Err(self.create_request(seen, Some(void), entry).await)
            }
            // so that an assistant cannot wear a human down by asking again and again
            Err(no @ ApprovalInvalid::Rejected { .. }) if known.expires_at > seen.now => {
                entry.set_approval(&known.id);
                Err(Refusal::NotApproved(no))
            }
            Err(_) => Err(self.create_request(seen, None, entry).await),
        }
    }

    /// A call that names its approval.
    async fn with_approval_id(
        &self,
        seen: &ApprovalSnapshot,
        id: &str,
        entry: &mut Entry,
    ) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check(&seen.held());
        self.expire_if_invalid(&known, checked).await?;
        Ok(known)
    }

    /// A call that brings the yes of the human before the asking client.
    async fn with_client_confirmation(
        &self,
        seen: &ApprovalSnapshot,
        id: &str,
        word: &str,
        entry: &mut Entry,
    ) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check_client_confirmation(&seen.held());
        self.expire_if_invalid(&known, checked).await?;
        if !self.dispatcher.approvals.confirm_in_client {
            return Err(Refusal::NotApproved(ApprovalInvalid::ClientCannotConfirm(id.to_owned())));
        }
        if known.confirmation_text().is_some_and(|wanted| wanted != word.trim()) {
            return Err(Refusal::NotApproved(ApprovalInvalid::WrongConfirmation(id.to_owned())));
        }
        self.decide(&known, true).await
    }

    /// A call that brings the no of the human before the asking client.
    async fn with_client_rejection(&self, seen: &ApprovalSnapshot, id: &str, entry: &mut Entry) -> Refusal {
        let known = match self.find(id, entry).await {
            Ok(known) => known,
            Err(refusal) => return refusal,
        };
        match known.check(&seen.held()) {
            Ok(()) | Err(ApprovalInvalid::Pending(_)) => {}
            Err(unfit) => return Refusal::NotApproved(unfit),
        }
        match self.decide(&known, false).await {
            Ok(no) => no
                .check(&seen.held())
                .err()
                .map_or(Refusal::NotApproved(ApprovalInvalid::Pending(no.id)), Refusal::NotApproved),
            Err(refusal) => refusal,
        }
    }

    /// Decides for the human before the asking client, with an entry of its own in the ledger.
    async fn decide(&self, known: &Approval, approve: bool) -> Result<Approval, Refusal> {
        let by = format!("{} in the asking client", self.caller.subject());
        let decision = Decision { approve, digest: known.digest.clone(), reason: String::new(), channel: "client" };
        let entry = decision_entry(self.dispatcher, self.caller, &known.id, Some(known), &decision)
            .await
            .map_err(decision_error)?;
        let written = write_decision(self.dispatcher, &known.id, &by, approve, "").await;
        match &written {
            Ok(_) => entry.close(Outcome::Done, ""),
            Err(refused) => entry.close(Outcome::Denied, &refused.to_string()),
        }
        written.map_err(|refused| match refused {
            DecisionError::DecisionDenied(_) => Refusal::NotApproved(ApprovalInvalid::AlreadyUsed(known.id.clone())),
            other => decision_error(other),
        })
    }

    async fn find(&self, id: &str, entry: &mut Entry) -> Result<Approval, Refusal> {
        entry.set_approval(&display_id(id));
        let unknown = || Refusal::NotApproved(ApprovalInvalid::Unknown(display_id(id)));
        if !is_id(id) {
            return Err(unknown());
        }
        let row = self.dispatcher.ledger.store().approval(id).await.map_err(store_error)?.ok_or_else(unknown)?;
        approval_row::read(row).map_err(store_error)
    }

    /// An approval whose target has changed is ended: it would otherwise come back to life when the target changes back.
    async fn expire_if_invalid(&self, known: &Approval, checked: Result<(), ApprovalInvalid>) -> Result<(), Refusal> {
        if let Err(void @ ApprovalInvalid::TargetChanged(_)) = &checked {
            self.expire(known, void).await?;
        }
        checked.map_err(Refusal::NotApproved)
    }

    async fn expire(&self, known: &Approval, why: &ApprovalInvalid) -> Result<(), Refusal> {
        self.dispatcher.ledger.store().expire_approval(&known.id, &why.to_string()).await.map(drop).map_err(store_error)
    }

    /// Asks anew.
    async fn create_request(
        &self,
        seen: &ApprovalSnapshot,
        void: Option<ApprovalInvalid>,
        entry: &mut Entry,
    ) -> Refusal {
        let lifetime = TimeDelta::from_std(self.dispatcher.approvals.lifetime).unwrap_or(TimeDelta::minutes(15));
        let approval = Approval {
            id: uuid::Uuid::now_v7().to_string(),
            digest: seen.digest.clone(),
            target_fingerprint: seen.target_fingerprint.clone(),
            request: seen.request.clone(),
            status: Status::Pending,
            created_at: seen.now,
            expires_at: seen.now + lifetime,
            decided_by: None,
            decided_at: None,
            reason: String::new(),
            requested_by_entry: entry.id().to_owned(),
            consumed_by_entry: None,
        };
        let Ok(row) = approval_row::row(&approval) else {
            return store_error(store::Error::Unreadable { what: "approval", id: approval.id });
        };
        let store = self.dispatcher.ledger.store();
        match store.add_approval(&row, MAX_PENDING_PER_CALLER).await {
            Ok(true) => return self.pending_refusal(approval, void, entry),
            Ok(false) => {}
            Err(error) => return store_error(error),
        }
        // another call was faster with the same question, or too many wait
        match store.newest_approval(&row.requester, &row.digest).await.map(|found| found.map(approval_row::read)) {
            Ok(Some(Ok(other))) if other.status_at(seen.now) == Status::Pending => {
                self.pending_refusal(other, void, entry)
            }
            Ok(_) => Refusal::TooManyPending(MAX_PENDING_PER_CALLER),
            Err(error) => store_error(error),
        }
    }

    fn pending_refusal(&self, approval: Approval, void: Option<ApprovalInvalid>, entry: &mut Entry) -> Refusal {
        entry.set_approval(&approval.id);
        let client_can_confirm = self.dispatcher.approvals.confirm_in_client && approval.request.client_can_confirm();
        let instructions = self.dispatcher.approvals.approver_instructions(&approval.id);
        Refusal::ApprovalRequired(Box::new(PendingApproval {
            approval,
            client_can_confirm,
            instructions,
            invalidated_by: void,
        }))
    }
}

/// The fingerprint of what a yes takes for granted. Rules are part of it, because a yes given under other rules is void; and so is
/// the controller itself, because another one may have come under its name.
fn target_fingerprint(
    controller: &str,
    expected: &Value,
    standing: &Value,
    requirements: &[ApprovalRequirement],
) -> String {
    let rules: Vec<_> =
        requirements.iter().map(|required| json!([required.rule, required.requires_second_approver])).collect();
    fingerprint(&json!({"controller": controller, "expected": expected, "standing": standing, "rules": rules}))
}

fn store_error(error: store::Error) -> Refusal {
    Refusal::ApprovalStore(error)
}

fn decision_error(error: DecisionError) -> Refusal {
    match error {
        DecisionError::LedgerUnavailable(cause) => Refusal::LedgerUnavailable(cause),
        DecisionError::StoreUnavailable(cause) => Refusal::ApprovalStore(cause),
        DecisionError::DecisionDenied(_) | DecisionError::ReasonTooLong => {
            Refusal::InvalidProof("the decision does not fit".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_yes_takes_for_granted_is_part_of_its_state() {
        let requirement = |rule: &str, requires_second_approver| {
            [ApprovalRequirement { rule: rule.to_owned(), message: String::new(), requires_second_approver }]
        };
        let (expected, standing) = (json!({"removes": ["web/0"]}), json!({"model": "m1"}));
        let shown = target_fingerprint("c1", &expected, &standing, &requirement("r", false));
        assert_eq!(shown, target_fingerprint("c1", &expected, &standing, &requirement("r", false)));
        for other in [
            target_fingerprint("c2", &expected, &standing, &requirement("r", false)),
            target_fingerprint("c1", &json!({"removes": ["web/0", "web/1"]}), &standing, &requirement("r", false)),
            target_fingerprint("c1", &expected, &json!({"model": "m2"}), &requirement("r", false)),
            target_fingerprint("c1", &expected, &standing, &requirement("other", false)),
            target_fingerprint("c1", &expected, &standing, &requirement("r", true)),
            target_fingerprint("c1", &expected, &standing, &[]),
        ] {
            assert_ne!(shown, other);
        }
    }
}
