//! An act that requires approval: create a request, check an approval against the act and its target, and use it up, once.
//!
//! Everything fails closed. A store that does not answer, a target that cannot be read, a proof that does not fit: each refuses the
//! call, and the ledger has it with the approval's id.

use audit::{Entry, Outcome};
use catalogue::{PlannedWork, ResolvedTarget};
use chrono::{DateTime, TimeDelta, Utc};
use identity::Caller;
use policy::{
    Approval, ApprovalInvalid, ApprovalRequest, ApprovalRequired, ApprovalRequirement, ApprovalUse, Permitted,
    Requester, Status, fingerprint, redact, redact_text,
};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    ApprovalProof, Decision, DecisionError, Dispatcher, PendingApproval, Refusal, approval_row,
    approvals::{CLIENT_CHANNEL, decision_entry, display_id, is_id, write_decision},
};

/// The largest number of pending requests of one caller: more would bury the one that matters.
const MAX_PENDING_PER_CALLER: i64 = 50;
/// The longest target state that an approver is shown, in characters. All of it is part of the fingerprint, shown or not.
const MAX_STATE_CHARS: usize = 4000;

/// The approval of one act.
pub(crate) struct ApprovalFlow<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) caller: &'a Caller,
    pub(crate) target: &'a Arc<ResolvedTarget>,
}

/// The request as an approver would see it now.
struct ApprovalSnapshot {
    request: ApprovalRequest,
    digest: String,
    target_fingerprint: String,
    now: DateTime<Utc>,
}

impl ApprovalSnapshot {
    fn as_use(&self) -> ApprovalUse<'_> {
        ApprovalUse {
            requester: &self.request.requester,
            digest: &self.digest,
            target_fingerprint: &self.target_fingerprint,
            now: self.now,
        }
    }
}

impl ApprovalFlow<'_> {
    /// Gives the permit where an approver has approved this very act; else creates a request, or refuses.
    pub(crate) async fn obtain_permit(
        &self,
        required: ApprovalRequired<PlannedWork>,
        proof: Option<ApprovalProof>,
        entry: &mut Entry,
    ) -> Result<Permitted<PlannedWork>, Refusal> {
        entry.mark_waiting();
        let snapshot = self.take_snapshot(&required).await?;
        let approved = match proof {
            None => self.without_proof(&snapshot, entry).await?,
            Some(ApprovalProof::Approval(id)) => self.with_approval_id(&snapshot, &id, entry).await?,
            Some(ApprovalProof::Confirmed { approval, typed_name }) => {
                self.with_client_confirmation(&snapshot, &approval, &typed_name, entry).await?
            }
            Some(ApprovalProof::Declined { approval }) => {
                return Err(self.with_client_rejection(&snapshot, &approval, entry).await);
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
        let permitted = required.grant(&approval_row::read(used).map_err(store_error)?, entry.id())?;
        entry.mark_running();
        Ok(permitted)
    }

    /// The act as an approver would see it now.
    async fn take_snapshot(&self, required: &ApprovalRequired<PlannedWork>) -> Result<ApprovalSnapshot, Refusal> {
        let act = required.act().clone();
        let requirements = required.requirements().to_vec();
        let preview = required.job().preview(self.target).await?.unwrap_or_default();
        let target_state = self.target.target_state(&act.target.entities).await?;
        let target_fingerprint =
            target_fingerprint(&self.target.controller_uuid().await?, &preview, &target_state, &requirements);
        let digest = act.digest();
        let short = target_state.to_string().len() <= MAX_STATE_CHARS;
        let request = ApprovalRequest {
            command: redact_text(&required.job().command_line(&redact(&act.arguments))),
            act: act.without_secrets(),
            preview: redact(&preview),
            target_state: if short { redact(&target_state) } else { Value::Null },
            requirements,
            requester: Requester::from_caller(self.caller),
        };
        Ok(ApprovalSnapshot { request, digest, target_fingerprint, now: self.dispatcher.clock.now() })
    }

    /// A call without a proof uses the newest request of the same act, or creates one.
    async fn without_proof(&self, snapshot: &ApprovalSnapshot, entry: &mut Entry) -> Result<Approval, Refusal> {
        let store = self.dispatcher.ledger.store();
        let row =
            store.newest_approval(&snapshot.request.requester.key(), &snapshot.digest).await.map_err(store_error)?;
        let Some(known) = row.map(approval_row::read).transpose().map_err(store_error)? else {
            return Err(self.create_request(snapshot, None, entry).await);
        };
        match known.check(&snapshot.as_use()) {
            Ok(()) => Ok(known),
            Err(ApprovalInvalid::Pending(_)) => Err(self.pending_refusal(known, None, entry)),
            Err(void @ ApprovalInvalid::TargetChanged(_)) => {
                self.expire(&known, &void).await?;
                Err(self.create_request(snapshot, Some(void), entry).await)
            }
            // an assistant must not wear an approver down by repeating a request
            Err(no @ ApprovalInvalid::Rejected { .. }) if known.expires_at > snapshot.now => {
                entry.set_approval(&known.id);
                Err(Refusal::NotApproved(no))
            }
            Err(_) => Err(self.create_request(snapshot, None, entry).await),
        }
    }

    /// A call that names its approval.
    async fn with_approval_id(
        &self,
        snapshot: &ApprovalSnapshot,
        id: &str,
        entry: &mut Entry,
    ) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check(&snapshot.as_use());
        self.expire_if_invalid(&known, checked).await?;
        Ok(known)
    }

    /// A call that brings the yes of the human before the asking client.
    async fn with_client_confirmation(
        &self,
        snapshot: &ApprovalSnapshot,
        id: &str,
        word: &str,
        entry: &mut Entry,
    ) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check_client_confirmation(&snapshot.as_use());
        self.expire_if_invalid(&known, checked).await?;
        if !self.dispatcher.approvals.client_confirmation.allows(self.caller) {
            return Err(Refusal::NotApproved(ApprovalInvalid::ClientCannotConfirm(id.to_owned())));
        }
        if known.confirmation_text().is_some_and(|wanted| wanted != word.trim()) {
            return Err(Refusal::NotApproved(ApprovalInvalid::WrongConfirmation(id.to_owned())));
        }
        self.decide(&known, true).await
    }

    /// A call that brings the no of the human before the asking client.
    async fn with_client_rejection(&self, snapshot: &ApprovalSnapshot, id: &str, entry: &mut Entry) -> Refusal {
        let known = match self.find(id, entry).await {
            Ok(known) => known,
            Err(refusal) => return refusal,
        };
        match known.check(&snapshot.as_use()) {
            Ok(()) | Err(ApprovalInvalid::Pending(_)) => {}
            Err(unfit) => return Refusal::NotApproved(unfit),
        }
        match self.decide(&known, false).await {
            Ok(no) => no
                .check(&snapshot.as_use())
                .err()
                .map_or(Refusal::NotApproved(ApprovalInvalid::Pending(no.id)), Refusal::NotApproved),
            Err(refusal) => refusal,
        }
    }

    /// Decides for the human before the asking client, with an entry of its own in the ledger.
    async fn decide(&self, known: &Approval, approve: bool) -> Result<Approval, Refusal> {
        let by = format!("{} in the asking client", self.caller.subject());
        let decision =
            Decision { approve, digest: known.digest.clone(), reason: String::new(), channel: CLIENT_CHANNEL };
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

    /// Expires an approval when its target has changed: it would otherwise become valid again when the target changes back.
    async fn expire_if_invalid(&self, known: &Approval, checked: Result<(), ApprovalInvalid>) -> Result<(), Refusal> {
        if let Err(void @ ApprovalInvalid::TargetChanged(_)) = &checked {
            self.expire(known, void).await?;
        }
        checked.map_err(Refusal::NotApproved)
    }

    async fn expire(&self, known: &Approval, why: &ApprovalInvalid) -> Result<(), Refusal> {
        self.dispatcher.ledger.store().expire_approval(&known.id, &why.to_string()).await.map(drop).map_err(store_error)
    }

    /// Creates a request, and returns the refusal that names it.
    async fn create_request(
        &self,
        snapshot: &ApprovalSnapshot,
        void: Option<ApprovalInvalid>,
        entry: &mut Entry,
    ) -> Refusal {
        let lifetime = TimeDelta::from_std(self.dispatcher.approvals.lifetime).unwrap_or(TimeDelta::minutes(15));
        let approval = Approval {
            id: uuid::Uuid::now_v7().to_string(),
            digest: snapshot.digest.clone(),
            target_fingerprint: snapshot.target_fingerprint.clone(),
            request: snapshot.request.clone(),
            status: Status::Pending,
            created_at: snapshot.now,
            expires_at: snapshot.now + lifetime,
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
        // another call was faster with the same request, or too many are pending
        match store.newest_approval(&row.requester, &row.digest).await.map(|found| found.map(approval_row::read)) {
            Ok(Some(Ok(other))) if other.status_at(snapshot.now) == Status::Pending => {
                self.pending_refusal(other, void, entry)
            }
            Ok(_) => Refusal::TooManyPending(MAX_PENDING_PER_CALLER),
            Err(error) => store_error(error),
        }
    }

    fn pending_refusal(&self, approval: Approval, void: Option<ApprovalInvalid>, entry: &mut Entry) -> Refusal {
        entry.set_approval(&approval.id);
        let client_can_confirm =
            self.dispatcher.approvals.client_confirmation.allows(self.caller) && approval.request.client_can_confirm();
        let instructions = self.dispatcher.approvals.approver_instructions(&approval.id);
        Refusal::ApprovalRequired(Box::new(PendingApproval {
            approval,
            client_can_confirm,
            instructions,
            invalidated_by: void,
        }))
    }
}

/// The fingerprint of everything that an approval depends on. Rules are part of it, because an approval under other rules is void; so
/// is the UUID of the controller, because another controller may have taken its name.
fn target_fingerprint(
    controller: &str,
    preview: &Value,
    target_state: &Value,
    requirements: &[ApprovalRequirement],
) -> String {
    let rules: Vec<_> =
        requirements.iter().map(|required| json!([required.rule, required.requires_second_approver])).collect();
    fingerprint(&json!({"controller": controller, "preview": preview, "target_state": target_state, "rules": rules}))
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
    fn target_fingerprint_covers_all_that_an_approval_depends_on() {
        let requirement = |rule: &str, requires_second_approver| {
            [ApprovalRequirement { rule: rule.to_owned(), message: String::new(), requires_second_approver }]
        };
        let (preview, target_state) = (json!({"removes": ["web/0"]}), json!({"model": "m1"}));
        let shown = target_fingerprint("c1", &preview, &target_state, &requirement("r", false));
        assert_eq!(shown, target_fingerprint("c1", &preview, &target_state, &requirement("r", false)));
        for other in [
            target_fingerprint("c2", &preview, &target_state, &requirement("r", false)),
            target_fingerprint("c1", &json!({"removes": ["web/0", "web/1"]}), &target_state, &requirement("r", false)),
            target_fingerprint("c1", &preview, &json!({"model": "m2"}), &requirement("r", false)),
            target_fingerprint("c1", &preview, &target_state, &requirement("other", false)),
            target_fingerprint("c1", &preview, &target_state, &requirement("r", true)),
            target_fingerprint("c1", &preview, &target_state, &[]),
        ] {
            assert_ne!(shown, other);
        }
    }
}
