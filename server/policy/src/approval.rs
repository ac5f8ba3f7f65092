//! What a human is asked before an act, and what the store keeps of the asking. Pure: no clock, no store.

use chrono::{DateTime, Utc};
use identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Act, LONGEST_SHOWN};

/// One rule that wants a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Name of the rule.
    pub rule: String,
    /// What the rule says to the human, one sentence; empty where its name says all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether the yes has to come from somebody other than whoever asked. Where not, whoever sits before the asking
    /// client may give it there.
    #[serde(default)]
    pub second_person: bool,
}

/// Who asked, as far as an approval is bound to it: the same subject of the same provider through the same client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Subject of the caller; for a static token its fingerprint is part of it.
    pub subject: String,
    /// The identity provider, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The OAuth client that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user's address, where the provider has verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who holds the static token, where the configuration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What the MCP client calls itself. Shown, and never a ground for a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

impl Asker {
    /// Who this caller is.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let claims = caller.claims();
        Self {
            subject: caller.subject().to_owned(),
            issuer: claims.map(|claims| claims.issuer.clone()),
            client_id: claims.and_then(|claims| claims.client_id.clone()),
            email: claims.and_then(|claims| claims.email.clone()),
            holder: caller.owner().map(ToOwned::to_owned),
            client: caller.client().map(ToOwned::to_owned),
        }
    }

    /// What has to be the same when an approval is used: subject, provider and client, as one text.
    #[must_use]
    pub fn key(&self) -> String {
        // a list as JSON, so that no two different askers share a text
        Value::from(vec![Some(self.subject.clone()), self.issuer.clone(), self.client_id.clone()]).to_string()
    }

    /// What people call whoever asked: the verified address, the holder of the token, else the subject.
    #[must_use]
    pub fn name(&self) -> &str {
        self.email.as_deref().or(self.holder.as_deref()).unwrap_or(&self.subject)
    }

    /// Whether this is the same person, whatever token or client they come with: by account, else by the address or name
    /// that a provider or the configuration gives them.
    #[must_use]
    pub fn same_person(&self, other: &Self) -> bool {
        let names = |asker: &Self| -> Vec<String> {
            [&asker.email, &asker.holder].into_iter().flatten().map(|name| name.trim().to_lowercase()).collect()
        };
        self.subject == other.subject || names(self).iter().any(|name| names(other).contains(name))
    }

    /// Whether both came through the same OAuth client, whoever the token is for, or with the same token where there is no client.
    #[must_use]
    pub fn same_client(&self, other: &Self) -> bool {
        let through = self.client_id.is_some() && (&self.issuer, &self.client_id) == (&other.issuer, &other.client_id);
        through || self.key() == other.key()
    }
}

/// What a human is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The act, its arguments redacted.
    pub act: Act,
    /// The command line of the Juju client with the same meaning, redacted.
    pub command: String,
    /// What a dry run says that it would do.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub expected: Value,
    /// How the targets stood, where that is short enough to be read.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub standing: Value,
    /// Rules that want a human, all of them.
    pub demands: Vec<Demand>,
    /// Who asked.
    pub asker: Asker,
}

impl Question {
    /// Whether the yes has to come from somebody other than whoever asked.
    #[must_use]
    pub fn second_person(&self) -> bool {
        self.demands.iter().any(|demand| demand.second_person)
    }

    /// Whether the human before the asking client may answer it there: no rule wants somebody else, and the form there shows
    /// the whole command, because a yes to half a sentence is none.
    #[must_use]
    pub fn confirmable(&self) -> bool {
        !self.second_person() && self.command.chars().count() <= LONGEST_SHOWN
    }

    /// Names of the rules.
    #[must_use]
    pub fn rules(&self) -> String {
        let names: Vec<_> = self.demands.iter().map(|demand| demand.rule.as_str()).collect();
        names.join("`, `")
    }
}

/// Where an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody has decided yet.
    Pending,
    /// A human said yes; it was not used yet.
    Approved,
    /// A human said no.
    Rejected,
    /// It was used, once.
    Used,
    /// Its time ran out, or its target changed, before it was used.
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

    /// Reads [`Status::as_str`].
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected, Self::Used, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A question with its answer, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// UUID, ordered by time.
    pub id: String,
    /// Digest of the act; whoever decides says it back, so that they decide what they saw.
    pub digest: String,
    /// Fingerprint of the target's state when the act was shown.
    pub state: String,
    /// What was shown.
    pub question: Question,
    /// Where it stands.
    pub status: Status,
    /// When it was asked.
    pub made: DateTime<Utc>,
    /// When it ends, decided or not.
    pub expires: DateTime<Utc>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, in their own words; or why it ended without being used.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Entry in the ledger of the call that asked.
    pub asked_in: String,
    /// Entry in the ledger of the act for which it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_in: Option<String>,
}

impl Approval {
    /// Where it stands at a moment: what nobody decided or used in time has expired, and so has what was asked later than
    /// that moment, because then a clock was set back and nobody knows how much time went by.
    #[must_use]
    pub fn status_at(&self, now: DateTime<Utc>) -> Status {
        match self.status {
            Status::Pending | Status::Approved if self.expires <= now || now < self.made => Status::Expired,
            status => status,
        }
    }

    /// What a human types to confirm an act that cannot be undone: the name of its only target, else of the model or
    /// the controller. `None` where a plain yes is enough.
    #[must_use]
    pub fn word_to_type(&self) -> Option<&str> {
        let act = &self.question.act;
        if act.effect != crate::Effect::Destructive {
            return None;
        }
        let entity = match act.target.entities.as_slice() {
            [only] => only.name(),
            _ => None,
        };
        let model = act.model().and_then(|name| name.rsplit('/').next()).filter(|name| !name.is_empty());
        entity.or(model).or(act.controller()).filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Effect, Location, Target, TargetEntity};

    /// A question that waits.
    pub(crate) fn approval() -> Approval {
        let act = Act::new("juju_remove_application", Effect::Destructive)
            .with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known("application-my-web".into())]))
            .with_arguments(json!({"applications": ["my-web"]}));
        let demand = Demand { rule: "removals".into(), message: String::new(), second_person: false };
        let made = DateTime::UNIX_EPOCH;
        Approval {
            id: "1".into(),
            digest: act.digest(),
            state: "s".into(),
            question: Question {
                act,
                command: "juju remove-application my-web".into(),
                expected: Value::Null,
                standing: Value::Null,
                demands: vec![demand],
                asker: Asker::of(&Caller::local("ana", "operator")),
            },
            status: Status::Pending,
            made,
            expires: made + chrono::TimeDelta::minutes(15),
            decided_by: None,
            decided_at: None,
            reason: String::new(),
            asked_in: "e".into(),
            used_in: None,
        }
    }

    #[test]
    fn the_word_to_type_is_the_only_target_else_the_model_else_the_controller() {
        let with = |targets: &[&str], model: &str, effect| {
            let mut approval = approval();
            let location =
                Location::from_names(Some("prod".into()), Some(model.to_owned()).filter(|name| !name.is_empty()));
            let entities = targets.iter().map(|target| TargetEntity::Known((*target).to_owned())).collect();
            approval.question.act = Act { effect, target: Target { location, entities }, ..approval.question.act };
            approval.word_to_type().map(ToOwned::to_owned)
        };
        let destructive = Effect::Destructive;
        assert_eq!(with(&["application-my-web"], "admin/shop", destructive).as_deref(), Some("my-web"));
        assert_eq!(with(&["application-a", "application-b"], "admin/shop", destructive).as_deref(), Some("shop"));
        assert_eq!(with(&[], "admin/shop", destructive).as_deref(), Some("shop"));
        assert_eq!(with(&[], "", destructive).as_deref(), Some("prod"));
        assert_eq!(with(&["application-my-web"], "admin/shop", Effect::Write), None);
    }

    #[test]
    fn askers_that_differ_have_different_keys() {
        let asker = |subject: &str, client: Option<&str>| Asker {
            subject: subject.to_owned(),
            issuer: None,
            client_id: client.map(ToOwned::to_owned),
            email: None,
            holder: None,
            client: None,
        };
        assert_ne!(asker("a", None).key(), asker("a", Some("")).key());
        assert_ne!(asker("a\",null", None).key(), asker("a", None).key());
        assert_eq!(asker("a", Some("c")).key(), asker("a", Some("c")).key());
    }
}
