//! What roles and rules say to an act, before anybody was asked for a yes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use identity::Caller;
use serde::Serialize;
use serde_json::Value;

use crate::{Act, Demand, Denial, Hit, Looked, Policy, Reserved, Response, scope};

/// What a judgement depends on beyond the policy, the caller and the act.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// The moment at which it is judged.
    pub now: DateTime<Utc>,
    /// Group of tools that the act's tool belongs to; empty where it is not known.
    pub toolset: String,
    /// What was looked up for the rules, by name; a rule that needs what is not here wants a human.
    pub facts: BTreeMap<&'static str, Value>,
    /// What was changed of late, this act included; a budget that is not known wants a human.
    pub reserved: Option<Reserved>,
}

impl Circumstances {
    /// A moment, with nothing looked up.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, toolset: String::new(), facts: BTreeMap::new(), reserved: None }
    }
}

/// What the policy says to an act of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It may be done.
    Allow {
        /// Rules that warn of it.
        warnings: Vec<Hit>,
    },
    /// It may be done after a human said yes.
    Ask {
        /// The rules that want a human, each with what it wants; never empty.
        demands: Vec<Demand>,
        /// Rules that warn of it.
        warnings: Vec<Hit>,
    },
    /// It may not be done.
    Deny(Denial),
}

/// A judgement with its reasons, for whoever wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `allow`, `ask` or `deny`.
    pub decision: &'static str,
    /// Whether the yes has to come from somebody other than whoever asks.
    pub second_person: bool,
    /// Whether the place is a production one.
    pub production: bool,
    /// Roles of the caller.
    pub roles: Vec<String>,
    /// What decided about the right to it, in one sentence.
    pub right: String,
    /// What each rule said, in the order in which they are asked.
    pub rules: Vec<Looked>,
}

impl Policy {
    /// Judges an act. Pure; what no role allows is denied, and all rules are asked, so that all reasons are told at once.
    #[must_use]
    pub fn judge(&self, caller: &Caller, act: &Act, circumstances: &Circumstances) -> Judgement {
        let roles = self.roles_of(caller);
        if let Some(denial) = scope::lacking(caller, act.effect) {
            return Judgement::Deny(denial);
        }
        let matter = self.matter(act, &circumstances.toolset, &roles);
        if let Err(denial) = self.roles().judge(&matter) {
            return Judgement::Deny(denial);
        }
        let hits = self.rules().iter().filter_map(|rule| rule.hit(&matter, self.settings(), circumstances));
        let (mut denies, mut asks, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for hit in hits {
            match hit.response {
                Response::Deny => denies.push(hit),
                Response::Approve => asks.push(hit),
                Response::Warn => warnings.push(hit),
            }
        }
        if !denies.is_empty() {
            return Judgement::Deny(Denial::Rules(denies));
        }
        let demands: Vec<Demand> = asks.iter().map(Hit::demand).collect();
        if demands.is_empty() { Judgement::Allow { warnings } } else { Judgement::Ask { demands, warnings } }
    }

    /// Judges an act and says what each role and rule had to say.
    #[must_use]
    pub fn explain(&self, caller: &Caller, act: &Act, circumstances: &Circumstances) -> Explanation {
        let roles = self.roles_of(caller);
        let matter = self.matter(act, &circumstances.toolset, &roles);
        let approver = act.effect.changes() && self.may_approve(caller);
        let right = match (scope::lacking(caller, act.effect), self.roles().judge(&matter)) {
            (Some(denial), _) | (None, Err(denial)) => denial.to_string(),
            (None, Ok(_)) if approver => "a token that may approve changes nothing".to_owned(),
            (None, Ok(role)) => format!("role `{role}` allows it"),
        };
        let (decision, second_person) = match self.judge(caller, act, circumstances) {
            _ if approver => ("deny", false),
            Judgement::Allow { .. } => ("allow", false),
            Judgement::Ask { demands, .. } => ("ask", demands.iter().any(|demand| demand.second_person)),
            Judgement::Deny(_) => ("deny", false),
        };
        let look = |rule: &crate::Rule| rule.look(&matter, self.settings(), circumstances);
        let looked = self.rules().iter().map(look).collect();
        let production = matter.production;
        Explanation { decision, second_person, production, roles: roles.clone(), right, rules: looked }
    }
}

impl Explanation {
    /// What the rules said that gave this answer, `deny`, `approve` or `warn`: a sentence each.
    pub fn sentences(&self, answer: &str) -> impl Iterator<Item = String> {
        let gave = self.rules.iter().filter(move |looked| looked.answer == answer);
        gave.map(|looked| format!("rule `{}`: {}", looked.rule, looked.detail))
    }
}

impl Hit {
    fn demand(&self) -> Demand {
        Demand { rule: self.rule.clone(), message: self.sentence(), second_person: self.second_person }
    }
}
