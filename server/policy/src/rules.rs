//! Rules (guardrails): what an act has to fulfil, whoever asks for it; roles say who may, rules say how.

mod budget;
mod check;
mod cost;
mod manifest;
mod measure;
mod text;
mod window;

use serde::{Deserialize, Serialize};

use crate::{
    Circumstances, Selector,
    selector::{Matter, Of},
};

pub use budget::{Budget, Change, Reserved};
pub(crate) use check::{Check, Finding};
pub use cost::Prices;
pub use measure::{MEASURES, known as known_facts};
pub(crate) use text::Blocked;

/// How much is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// A habit to keep.
    Low,
    /// Likely to be regretted.
    Medium,
    /// Harm to be expected.
    High,
    /// Harm that cannot be undone.
    Critical,
}

/// What follows where an act does not fulfil a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// It is done, and the answer and the ledger say so.
    Warn,
    /// A human has to say yes first.
    Approve,
    /// It is not done.
    Deny,
}

impl Response {
    /// `warn`, `approve`, `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

impl Severity {
    /// `info`, `low`, `medium`, `high`, `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One rule as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, which the ledger and every question carry.
    pub name: String,
    /// How much is at stake.
    pub severity: Severity,
    /// What an act has to fulfil.
    pub(crate) check: Check,
    /// What to tell whoever asked, one sentence.
    pub message: String,
    /// Why there is this rule, for whoever reads the list of rules.
    #[serde(default)]
    pub explanation: String,
    /// Acts that it is about; all unless given.
    #[serde(default)]
    pub applies_to: Selector,
    /// Acts among those that it is not about.
    pub unless: Option<Selector>,
    /// What follows where it is not fulfilled; unless given, by severity: `deny` for critical, `approve` for high, else `warn`.
    pub effect: Option<Response>,
    /// Whether the yes has to come from somebody other than whoever asked.
    #[serde(default)]
    pub second_person: bool,
}

/// A rule that an act does not fulfil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Name of the rule.
    pub rule: String,
    /// How much is at stake.
    pub severity: Severity,
    /// What follows.
    pub response: Response,
    /// What the rule says.
    pub message: String,
    /// What was found in this act.
    pub detail: String,
    /// Whether the yes has to come from somebody else.
    pub second_person: bool,
}

impl Hit {
    /// What the rule says and what was found, as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.message.trim_end_matches('.'), self.detail.as_str()) {
            ("", detail) => detail.to_owned(),
            (message, "") => message.to_owned(),
            (message, detail) => format!("{message} ({detail})"),
        }
    }
}

/// What a rule said to an act, for whoever wants to know why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// Name of the rule.
    pub rule: String,
    /// `not about this`, `fulfilled`, `warn`, `approve`, `deny`.
    pub answer: &'static str,
    /// What was found.
    pub detail: String,
}

/// What rules need to know of the site beside the act.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) production: Vec<crate::Pattern>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) prices: Prices,
}

impl Rule {
    /// What follows where it is not fulfilled.
    #[must_use]
    pub fn response(&self) -> Response {
        self.effect.unwrap_or(match self.severity {
            Severity::Critical => Response::Deny,
            Severity::High => Response::Approve,
            Severity::Medium | Severity::Low | Severity::Info => Response::Warn,
        })
    }

    /// The acts that it is about, in words.
    #[must_use]
    pub fn about(&self) -> String {
        match &self.unless {
            None => self.applies_to.to_string(),
            Some(unless) => format!("{}, unless {unless}", self.applies_to),
        }
    }

    /// The check as it is written.
    #[must_use]
    pub fn check(&self) -> &str {
        self.check.text()
    }

    /// Whether it denies all acts of some tools, so that they need not be shown.
    pub(crate) fn shuts(&self, tool: &str, toolset: &str, effect: crate::Effect) -> bool {
        self.response() == Response::Deny
            && self.check.is_never()
            && self.unless.is_none()
            && self.applies_to.is_about_tools()
            && self.applies_to.reaches(tool, toolset, effect)
    }

    /// What is wrong with it, in one sentence.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.name.trim().is_empty() {
            Some("has no name")
        } else if self.unless.as_ref().is_some_and(|unless| *unless == Selector::default()) {
            Some("has an empty `unless`, which would switch it off; leave it out")
        } else if self.second_person && self.response() != Response::Approve {
            Some("wants a second person without asking for a yes; give it `effect: approve`")
        } else {
            None
        }
    }

    /// What it says to all acts of the tools that it shuts.
    pub(crate) fn shut(&self) -> Hit {
        self.as_hit(self.response(), String::new())
    }

    fn as_hit(&self, response: Response, detail: String) -> Hit {
        Hit {
            rule: self.name.clone(),
            severity: self.severity,
            response,
            message: self.message.clone(),
            detail,
            second_person: self.second_person,
        }
    }

    fn is_about(&self, matter: &Matter<'_>) -> bool {
        let spared = self.unless.as_ref().is_some_and(|unless| unless.meets(matter, Of::All));
        self.applies_to.meets(matter, Of::Any) && !spared
    }

    /// What it says to an act: nothing where it is fulfilled or about others.
    pub(crate) fn hit(&self, matter: &Matter<'_>, settings: &Settings, circumstances: &Circumstances) -> Option<Hit> {
        if !self.is_about(matter) {
            return None;
        }
        match self.check.find(matter, settings, circumstances) {
            Finding::Fulfilled => None,
            Finding::Broken(detail) => Some(self.as_hit(self.response(), detail)),
            // what cannot be known is for a human to judge, or at least to read
            Finding::Unknown(detail) => {
                let response = self.response().min(Response::Approve);
                Some(self.as_hit(response, format!("{detail} is not known here")))
            }
        }
    }

    /// The same, in words for every outcome.
    pub(crate) fn look(&self, matter: &Matter<'_>, settings: &Settings, circumstances: &Circumstances) -> Looked {
        let (answer, detail) = match self.hit(matter, settings, circumstances) {
            Some(hit) => (hit.response.as_str(), hit.sentence()),
            None if self.is_about(matter) => ("fulfilled", String::new()),
            None => ("not about this", String::new()),
        };
        Looked { rule: self.name.clone(), answer, detail }
    }
}
