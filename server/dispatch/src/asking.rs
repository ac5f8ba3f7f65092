//! The act waits for a human: ask, hold what came back against what was asked, and use the yes up, once.
//!
//! Everything fails closed. A store that does not answer, a target that cannot be looked at, a proof that does not fit:
//! each refuses, and each stands in the ledger with the approval's id.

use audit::{Entry, Outcome};
use catalogue::{Job, Preview, Site};
use chrono::{DateTime, TimeDelta, Utc};
use identity::Caller;
use policy::{
    Act, Approval, ApprovalInvalid, ApprovalRequest, ApprovalRequired, ApprovalRequirement, ApprovalUse, Permitted,
    Requester, Status, fingerprint,
};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    Decision, Door, NotDecided, Proof, Refusal, Waiting,
    approvals::{decision_entry, is_id, shown_id, write_decision},
    stored,
};

/// The most questions of one asker that may wait at once: more would bury the one that matters.
const MOST_OPEN: i64 = 50;
/// The most characters of a target's standing that a human is shown; all of it counts, shown or not.
const MOST_SHOWN: usize = 4000;

/// One act that waits, and what there is to know about it.
pub(crate) struct Asking<'a> {
    pub(crate) door: &'a Door,
    pub(crate) caller: &'a Caller,
    pub(crate) site: &'a Arc<Site>,
    /// The command line, redacted.
    pub(crate) command: String,
}

/// The act as it would be shown now.
struct Seen {
    request: ApprovalRequest,
    digest: String,
    target_fingerprint: String,
    now: DateTime<Utc>,
}

impl Seen {
    fn held(&self) -> ApprovalUse<'_> {
        ApprovalUse {
            requester: &self.request.requester,
            digest: &self.digest,
            target_fingerprint: &self.target_fingerprint,
            now: self.now,
        }
    }
}

impl Asking<'_> {
    /// Gives the permit where a human has said yes to this very act; else asks, or says why not.
    ///
    /// `preview` is what a human is shown that the act does, `proof` what the call brought with it.
    pub(crate) async fn settle(
        &self,
        asked: ApprovalRequired<Job>,
        preview: Preview,
        proof: Option<Proof>,
        entry: &mut Entry,
    ) -> Result<Permitted<Job>, Refusal> {
        entry.mark_waiting();
        let seen = self.look(asked.act().clone(), asked.requirements().to_vec(), preview).await?;
        let approved = match proof {
            None => self.unproven(&seen, entry).await?,
            Some(Proof::Approval(id)) => self.named(&seen, &id, entry).await?,
            Some(Proof::Confirmed { approval, word }) => self.confirmed(&seen, &approval, &word, entry).await?,
            Some(Proof::Declined { approval }) => return Err(self.declined(&seen, &approval, entry).await),
            Some(Proof::Dismissed { approval }) => {
                entry.set_approval(&approval);
                return Err(Refusal::NotApproved(ApprovalInvalid::Pending(approval)));
            }
            Some(Proof::Forged(why)) => return Err(Refusal::Forged(why)),
        };
        entry.set_approval(&approved.id);
        let used = self
            .door
            .ledger
            .store()
            .use_approval(&approved.id, entry.id(), self.door.clock.now().timestamp_micros())
            .await;
        let used = used.map_err(lost)?.ok_or_else(|| ApprovalInvalid::AlreadyUsed(approved.id.clone()))?;
        let permitted = asked.grant(&stored::read(used).map_err(lost)?, entry.id())?;
        entry.mark_running();
        Ok(permitted)
    }

    /// Looks at the target as it is now.
    async fn look(&self, act: Act, requirements: Vec<ApprovalRequirement>, preview: Preview) -> Result<Seen, Refusal> {
        let expected = preview(Arc::clone(self.site)).await?.unwrap_or_default();
        let standing = self.site.standing(&act.target.entities).await?;
        let target_fingerprint =
            target_fingerprint(&self.site.controller_uuid().await?, &expected, &standing, &requirements);
        let digest = act.digest();
        let short = standing.to_string().len() <= MOST_SHOWN;
        let request = ApprovalRequest {
            act: Act { arguments: audit::redact(&act.arguments), ..act },
            command: self.command.clone(),
            preview: audit::redact(&expected),
            target_state: if short { standing } else { Value::Null },
            requirements,
            requester: Requester::from_caller(self.caller),
        };
        Ok(Seen { request, digest, target_fingerprint, now: self.door.clock.now() })
    }

    /// A call that brings nothing is answered by what was asked before, or asks.
    async fn unproven(&self, seen: &Seen, entry: &mut Entry) -> Result<Approval, Refusal> {
        let store = self.door.ledger.store();
        let row = store.newest_approval(&seen.request.requester.key(), &seen.digest).await.map_err(lost)?;
        let Some(known) = row.map(stored::read).transpose().map_err(lost)? else {
            return Err(self.ask(seen, None, entry).await);
        };
        match known.check(&seen.held()) {
            Ok(()) => Ok(known),
            Err(ApprovalInvalid::Pending(_)) => Err(self.waiting(known, None, entry)),
            Err(void @ ApprovalInvalid::TargetChanged(_)) => {
                self.end(&known, &void).await?;
                Err(self.ask(seen, Some(void), entry).await)
            }
            // so that an assistant cannot wear a human down by asking again and again
            Err(no @ ApprovalInvalid::Rejected { .. }) if known.expires_at > seen.now => {
                entry.set_approval(&known.id);
                Err(Refusal::NotApproved(no))
            }
            Err(_) => Err(self.ask(seen, None, entry).await),
        }
    }

    /// A call that names its approval.
    async fn named(&self, seen: &Seen, id: &str, entry: &mut Entry) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check(&seen.held());
        self.or_end(&known, checked).await?;
        Ok(known)
    }

    /// A call that brings the yes of the human before the asking client.
    async fn confirmed(&self, seen: &Seen, id: &str, word: &str, entry: &mut Entry) -> Result<Approval, Refusal> {
        let known = self.find(id, entry).await?;
        let checked = known.check_client_confirmation(&seen.held());
        self.or_end(&known, checked).await?;
        if !self.door.approvals.confirm_in_client {
            return Err(Refusal::NotApproved(ApprovalInvalid::ClientCannotConfirm(id.to_owned())));
        }
        if known.confirmation_text().is_some_and(|wanted| wanted != word.trim()) {
            return Err(Refusal::NotApproved(ApprovalInvalid::WrongConfirmation(id.to_owned())));
        }
        self.decide(&known, true).await
    }

    /// A call that brings the no of the human before the asking client.
    async fn declined(&self, seen: &Seen, id: &str, entry: &mut Entry) -> Refusal {
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
        let entry =
            decision_entry(self.door, self.caller, &known.id, Some(known), &decision).await.map_err(undecided)?;
        let written = write_decision(self.door, &known.id, &by, approve, "").await;
        match &written {
            Ok(_) => entry.close(Outcome::Done, ""),
            Err(refused) => entry.close(Outcome::Denied, &refused.to_string()),
        }
        written.map_err(|refused| match refused {
            NotDecided::DecisionDenied(_) => Refusal::NotApproved(ApprovalInvalid::AlreadyUsed(known.id.clone())),
            other => undecided(other),
        })
    }

    async fn find(&self, id: &str, entry: &mut Entry) -> Result<Approval, Refusal> {
        entry.set_approval(&shown_id(id));
        let unknown = || Refusal::NotApproved(ApprovalInvalid::Unknown(shown_id(id)));
        if !is_id(id) {
            return Err(unknown());
        }
        let row = self.door.ledger.store().approval(id).await.map_err(lost)?.ok_or_else(unknown)?;
        stored::read(row).map_err(lost)
    }

    /// An approval whose target has changed is ended: it would otherwise come back to life when the target changes back.
    async fn or_end(&self, known: &Approval, checked: Result<(), ApprovalInvalid>) -> Result<(), Refusal> {
        if let Err(void @ ApprovalInvalid::TargetChanged(_)) = &checked {
            self.end(known, void).await?;
        }
        checked.map_err(Refusal::NotApproved)
    }

    async fn end(&self, known: &Approval, why: &ApprovalInvalid) -> Result<(), Refusal> {
        self.door.ledger.store().expire_approval(&known.id, &why.to_string()).await.map(drop).map_err(lost)
    }

    /// Asks anew.
    async fn ask(&self, seen: &Seen, void: Option<ApprovalInvalid>, entry: &mut Entry) -> Refusal {
        let lifetime = TimeDelta::from_std(self.door.approvals.lifetime).unwrap_or(TimeDelta::minutes(15));
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
        let Ok(row) = stored::row(&approval) else {
            return lost(store::Error::Unreadable { what: "approval", id: approval.id });
        };
        let store = self.door.ledger.store();
        match store.add_approval(&row, MOST_OPEN).await {
            Ok(true) => return self.waiting(approval, void, entry),
            Ok(false) => {}
            Err(error) => return lost(error),
        }
        // another call was faster with the same question, or too many wait
        match store.newest_approval(&row.requester, &row.digest).await.map(|found| found.map(stored::read)) {
            Ok(Some(Ok(other))) if other.status_at(seen.now) == Status::Pending => self.waiting(other, void, entry),
            Ok(_) => Refusal::TooManyWait(MOST_OPEN),
            Err(error) => lost(error),
        }
    }

    fn waiting(&self, approval: Approval, void: Option<ApprovalInvalid>, entry: &mut Entry) -> Refusal {
        entry.set_approval(&approval.id);
        let client_can_confirm = self.door.approvals.confirm_in_client && approval.request.client_can_confirm();
        let how = self.door.approvals.how(&approval.id);
        Refusal::ApprovalNeeded(Box::new(Waiting { approval, client_can_confirm, how, void }))
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
    let rules: Vec<_> = requirements
        .iter()
        .map(|requirement| json!([requirement.rule, requirement.requires_second_approver]))
        .collect();
    fingerprint(&json!({"controller": controller, "expected": expected, "standing": standing, "rules": rules}))
}

fn lost(error: store::Error) -> Refusal {
    Refusal::ApprovalsLost(error)
}

fn undecided(error: NotDecided) -> Refusal {
    match error {
        NotDecided::LedgerClosed(cause) => Refusal::LedgerClosed(cause),
        NotDecided::Lost(cause) => Refusal::ApprovalsLost(cause),
        NotDecided::DecisionDenied(_) | NotDecided::LongReason => {
            Refusal::Forged("the decision does not fit".to_owned())
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
