//! What an approver decides about: the approval request, and the approval record that the store keeps. Pure: no clock, no store.

use chrono::{DateTime, Utc};
use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Act, MAX_DISPLAY_CHARS};

/// One rule that requires an approval for an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequirement {
    /// Name of the rule.
    pub rule: String,
    /// The rule's message to the approver, one sentence; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether the approver has to be another person than the requester. If not, the requester may confirm in their own
    /// MCP client.
    #[serde(default)]
    pub requires_second_approver: bool,
}

/// Who requested an act, as far as an approval is bound to it: subject, identity provider and OAuth client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Subject of the caller; for a static token it contains the token's fingerprint.
    pub subject: String,
    /// `iss` of the identity provider; `None` for a static token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The OAuth client that obtained the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user's email address, if the provider has verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Owner of the static token, if the configuration names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Name that the MCP client gives itself. Displayed only; no decision depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

impl Requester {
    /// Describes an authenticated caller.
    #[must_use]
    pub fn from_caller(caller: &Caller) -> Self {
        let claims = caller.claims();
        Self {
            subject: caller.subject().to_owned(),
            issuer: claims.map(|claims| claims.issuer.clone()),
            client_id: claims.and_then(|claims| claims.client_id.clone()),
            email: claims.and_then(|claims| claims.email.clone()),
            owner: caller.owner().map(ToOwned::to_owned),
            client: caller.client().map(ToOwned::to_owned),
        }
    }

    /// What has to be equal when an approval is used: subject, provider and client, as one string.
    #[must_use]
    pub fn key(&self) -> String {
        // a JSON list, so that two different requesters never have the same key
        Value::from(vec![Some(self.subject.clone()), self.issuer.clone(), self.client_id.clone()]).to_string()
    }

    /// The name to display: the verified email address, else the owner of the token, else the subject.
    #[must_use]
    pub fn name(&self) -> &str {
        self.email.as_deref().or(self.owner.as_deref()).unwrap_or(&self.subject)
    }

    /// Whether both are the same person, whatever token or client they use: by subject, else by email address or token owner.
    #[must_use]
    pub fn same_person(&self, other: &Self) -> bool {
        let names = |requester: &Self| -> Vec<String> {
            [&requester.email, &requester.owner].into_iter().flatten().map(|name| comparable_name(name)).collect()
        };
        self.subject == other.subject || names(self).iter().any(|name| names(other).contains(name))
    }

    /// Whether a person's name is known that can be compared: a verified email address, or the owner of the token.
    #[must_use]
    pub fn is_named_person(&self) -> bool {
        [&self.email, &self.owner].into_iter().flatten().any(|name| !name.trim().is_empty())
    }

    /// Whether both use the same OAuth client, for whichever user; without a client, the same token.
    #[must_use]
    pub fn same_client(&self, other: &Self) -> bool {
        let same_id = self.client_id.is_some() && (&self.issuer, &self.client_id) == (&other.issuer, &other.client_id);
        same_id || self.key() == other.key()
    }
}

/// A name of a person in the form in which names are compared: the case of letters, the sub-address of an email address (RFC 5233,
/// `ana+juju@example.com`) and the final dot of its domain make no other person.
fn comparable_name(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.rsplit_once('@') {
        Some((local, domain)) => {
            let mailbox = local.split_once('+').map_or(local, |(mailbox, _)| mailbox);
            format!("{}@{}", if mailbox.is_empty() { local } else { mailbox }, domain.trim_end_matches('.'))
        }
        None => name,
    }
}

/// What an approver is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The act, with redacted arguments.
    pub act: Act,
    /// The equivalent command line of the Juju client, redacted.
    pub command: String,
    /// Result of the dry run of the act.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub preview: Value,
    /// State of the targets at the time of the request, if it is short enough to read.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub target_state: Value,
    /// All rules that require an approval.
    pub requirements: Vec<ApprovalRequirement>,
    /// Who requested the act.
    pub requester: Requester,
}

impl ApprovalRequest {
    /// Whether the approver has to be another person than the requester.
    #[must_use]
    pub fn requires_second_approver(&self) -> bool {
        self.requirements.iter().any(|requirement| requirement.requires_second_approver)
    }

    /// Whether the requester may confirm in their own MCP client: no rule requires a second approver, and the form in the
    /// client can display the whole command, so that no truncated command is confirmed.
    #[must_use]
    pub fn client_can_confirm(&self) -> bool {
        !self.requires_second_approver() && self.command.chars().count() <= MAX_DISPLAY_CHARS
    }

    /// Names of the rules, separated by "`, `".
    #[must_use]
    pub fn rules(&self) -> String {
        let names: Vec<_> = self.requirements.iter().map(|requirement| requirement.rule.as_str()).collect();
        names.join("`, `")
    }
}

/// Status of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not decided yet.
    Pending,
    /// Approved, and not used yet.
    Approved,
    /// Rejected by an approver.
    Rejected,
    /// Used for its act; an approval is used once.
    Used,
    /// The time limit passed, or the target changed, before the approval was used.
    Expired,
}

impl Status {
    /// `pending`, `approved`, `rejected`, `used`, `expired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Used => "used",
            Self::Expired => "expired",
        }
    }

    /// Parses the text that [`Status::as_str`] returns.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected, Self::Used, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// An approval request with its decision, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// UUID, ordered by time.
    pub id: String,
    /// Digest of the act. The approver sends it back, which proves that they decide about what they saw.
    pub digest: String,
    /// Fingerprint of the target's state at the time of the request.
    pub target_fingerprint: String,
    /// What the approver is shown.
    pub request: ApprovalRequest,
    /// Status when the store last wrote it; [`Approval::status_at`] also takes the time limit into account.
    pub status: Status,
    /// Time of the request.
    pub created_at: DateTime<Utc>,
    /// Time at which the approval ends, decided or not.
    pub expires_at: DateTime<Utc>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Time of the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
    /// The approver's reason, or why the approval ended unused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Ledger entry of the call that requested the approval.
    pub requested_by_entry: String,
    /// Ledger entry of the act that used the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_by_entry: Option<String>,
}

impl Approval {
    /// Status at a time. A pending or unused approval expires at its time limit. It also counts as expired at a time
    /// earlier than its creation: the clock was set back, so the elapsed time is unknown.
    #[must_use]
    pub fn status_at(&self, now: DateTime<Utc>) -> Status {
        match self.status {
            Status::Pending | Status::Approved if self.expires_at <= now || now < self.created_at => Status::Expired,
            status => status,
        }
    }

    /// The text that a human has to type to confirm a destructive act: the name of its only target, else of the model or
    /// the controller. `None` for any other act.
    #[must_use]
    pub fn confirmation_text(&self) -> Option<&str> {
        let act = &self.request.act;
        if act.effect != crate::Effect::Destructive {
            return None;
        }
        let entity = match act.target.entities.as_slice() {
            [only] => only.name(),
            _ => None,
        };
        let model = act.model().and_then(|name| name.rsplit('/').next()).filter(|name| !name.is_empty());
        entity.or(model).or(act.controller()).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Effect, Location, Target, TargetEntity};

    /// A pending approval.
    pub(crate) fn approval() -> Approval {
        let act = Act::new("juju_remove_application", Effect::Destructive)
            .with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known("application-my-web".into())]))
            .with_arguments(json!({"applications": ["my-web"]}));
        let requirement =
            ApprovalRequirement { rule: "removals".into(), message: String::new(), requires_second_approver: false };
        let made = DateTime::UNIX_EPOCH;
        Approval {
            id: "1".into(),
            digest: act.digest(),
            target_fingerprint: "s".into(),
            request: ApprovalRequest {
                act,
                command: "juju remove-application my-web".into(),
                preview: Value::Null,
                target_state: Value::Null,
                requirements: vec![requirement],
                requester: Requester::from_caller(&Caller::local("ana", "operator")),
            },
            status: Status::Pending,
            created_at: made,
            expires_at: made + chrono::TimeDelta::minutes(15),
            decided_by: None,
            decided_at: None,
            reason: String::new(),
            requested_by_entry: "e".into(),
            consumed_by_entry: None,
        }
    }

    #[test]
    fn confirmation_text_is_the_target_else_the_model_else_the_controller() {
        let with = |targets: &[&str], model: &str, effect| {
            let mut approval = approval();
            let location =
                Location::from_names(Some("prod".into()), Some(model.to_owned()).filter(|name| !name.is_empty()));
            let entities = targets.iter().map(|target| TargetEntity::Known((*target).to_owned())).collect();
            approval.request.act = Act { effect, target: Target { location, entities }, ..approval.request.act };
            approval.confirmation_text().map(ToOwned::to_owned)
        };
        let destructive = Effect::Destructive;
        assert_eq!(with(&["application-my-web"], "admin/shop", destructive).as_deref(), Some("my-web"));
        assert_eq!(with(&["application-a", "application-b"], "admin/shop", destructive).as_deref(), Some("shop"));
        assert_eq!(with(&[], "admin/shop", destructive).as_deref(), Some("shop"));
        assert_eq!(with(&[], "", destructive).as_deref(), Some("prod"));
        assert_eq!(with(&["application-my-web"], "admin/shop", Effect::Write), None);
    }

    #[test]
    fn requester_keys_differ_for_different_requesters() {
        let requester = |subject: &str, client: Option<&str>| Requester {
            subject: subject.to_owned(),
            issuer: None,
            client_id: client.map(ToOwned::to_owned),
            email: None,
            owner: None,
            client: None,
        };
        assert_ne!(requester("a", None).key(), requester("a", Some("")).key());
        assert_ne!(requester("a\",null", None).key(), requester("a", None).key());
        assert_eq!(requester("a", Some("c")).key(), requester("a", Some("c")).key());
    }
}
