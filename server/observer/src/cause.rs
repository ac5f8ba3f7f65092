//! The class of a cause, from what was observed: each observation has a weight, and the heaviest class wins.

use chrono::{DateTime, TimeDelta};
use estate::{EntityChange, EntityName};

use crate::{
    CauseClass, FindingCause,
    detector::{Candidate, DetectorDescription},
    facts::ModelFacts,
};

/// How long before a condition a change of its application counts as a cause.
const CHANGE_WINDOW: TimeDelta = TimeDelta::hours(2);
/// Weight of what is not known: it lowers the confidence.
const UNKNOWN: f64 = 1.0;
/// Weight of an own observation from which on the cause is in the entity itself.
const OWN_CAUSE: f64 = 3.0;
/// How much all words of one class can weigh.
const MAX_WORDS: f64 = 4.0;

/// Words of messages and log lines, in lower case, with the class that they point to and their weight.
const WORDS: &[(CauseClass, f64, &[&str])] = &[
    (
        CauseClass::Infrastructure,
        3.0,
        &[
            "no space left",
            "disk full",
            "out of memory",
            "oom",
            "cannot allocate memory",
            "read-only file system",
            "input/output error",
            "no route to host",
            "network is unreachable",
            "name resolution",
            "quota",
            "insufficient cpu",
            "insufficient memory",
            "insufficient capacity",
            "insufficient resources",
            "insufficientinstance",
            "low on resource",
            "nodes are available",
            "untolerated taint",
            "certificate has expired",
            "machine is down",
            "host is down",
            "evicted",
            "agent is not communicating",
            "filesystem for storage instance",
            "volume for storage instance",
        ],
    ),
    (
        CauseClass::Infrastructure,
        1.5,
        &["timed out", "timeout", "connection refused", "connection reset", "unreachable", "throttl", "no quorum"],
    ),
    (
        CauseClass::Configuration,
        3.0,
        &[
            "invalid value",
            "invalid config",
            "invalid option",
            "must be between",
            "must be one of",
            "must be set",
            "must not be",
            "unknown option",
            "not a valid",
            "is not valid",
            "misconfigur",
            "missing relation",
            "relation missing",
            "relation is missing",
            "missing required",
            "required relation",
            "waiting for relation",
            "no such option",
            "unsupported value",
            "bad value",
            "suspended",
            "insufficient permission",
            "not granted",
            "juju trust",
            "check your",
        ],
    ),
    (
        CauseClass::Configuration,
        2.0,
        &[
            "config option",
            "configuration",
            "option ",
            "settings",
            "is forbidden",
            "too many clients",
            "too many connections",
            "connection slots",
            "authentication failed",
            "password",
            "permission denied",
            "access denied",
            "unauthorized",
            "not related",
            "port already in use",
            "address already in use",
        ],
    ),
    (
        CauseClass::Charm,
        3.0,
        &[
            "traceback",
            "uncaught exception",
            "keyerror",
            "typeerror",
            "attributeerror",
            "modulenotfounderror",
            "importerror",
            "nameerror",
            "indexerror",
            "assertionerror",
            "unboundlocalerror",
            "notimplementederror",
            "zerodivisionerror",
            "nil pointer",
            "segmentation fault",
            "panic:",
            "syntaxerror",
            "command not found",
            "no module named",
        ],
    ),
    // the cloud can create machines, and not what was asked for
    (
        CauseClass::Configuration,
        4.0,
        &["matching constraints", "no matching instance type", "cannot satisfy constraints"],
    ),
    (CauseClass::Charm, 2.0, &["too many open files", "out of file descriptors", "deadlock", "stack overflow"]),
    (CauseClass::Charm, 1.5, &["valueerror", "runtimeerror", "exit status 127", "exit status 139", "unhandled"]),
];

/// Sums of weights with the reasons.
#[derive(Default)]
struct Weights {
    sums: [f64; 3],
    reasons: Vec<(CauseClass, f64, String)>,
}

impl Weights {
    fn add(&mut self, class: CauseClass, weight: f64, reason: impl Into<String>) {
        self.sums[index(class)] += weight;
        self.reasons.push((class, weight, reason.into()));
    }

    fn cause(mut self) -> Option<FindingCause> {
        let classes = [CauseClass::Charm, CauseClass::Configuration, CauseClass::Infrastructure];
        let best = classes.into_iter().max_by(|a, b| self.sums[index(*a)].total_cmp(&self.sums[index(*b)]))?;
        let weight = self.sums[index(best)];
        if weight <= 0.0 {
            return None;
        }
        let total: f64 = self.sums.iter().sum();
        self.reasons.sort_by(|a, b| b.1.total_cmp(&a.1));
        let reasons = self.reasons.into_iter().filter(|(class, ..)| *class == best).map(|(.., reason)| reason);
        let confidence = (weight / (total + UNKNOWN) * 100.0).round() / 100.0;
        Some(FindingCause { class: best, confidence, reasons: reasons.take(4).collect() })
    }
}

fn index(class: CauseClass) -> usize {
    match class {
        CauseClass::Charm => 0,
        CauseClass::Configuration => 1,
        CauseClass::Infrastructure => 2,
    }
}

/// Fills the cause of a candidate.
pub(crate) fn classify(facts: &ModelFacts<'_>, description: &DetectorDescription, candidate: &mut Candidate) {
    if description.rank.is_none() {
        return;
    }
    let mut weights = Weights::default();
    if let Some((class, weight)) = description.cause {
        weights.add(class, weight, format!("the kind of finding: {}", description.name));
    }
    let application = application_of(candidate);
    let own = changes(facts, candidate, application, &mut weights) + words(facts, candidate, &mut weights);
    machine(facts, candidate, &mut weights);
    // a container that fails has the status `error` too, without a hook
    if matches!(description.name, "hook_failed" | "hook_retries") && candidate.title.contains("hook") {
        weights.add(CauseClass::Charm, 1.0, "a hook fails");
        let at_configuration = candidate.title.contains("config-changed");
        if at_configuration {
            weights.add(CauseClass::Configuration, 1.0, "the hook config-changed fails");
        }
    }
    candidate.has_own_cause |= own >= OWN_CAUSE;
    candidate.cause = weights.cause();
}

/// The application of the entity of a candidate.
fn application_of(candidate: &Candidate) -> Option<&str> {
    match &*candidate.entity.kind {
        "application" => Some(&candidate.entity.name),
        "unit" => candidate.entity.name.split_once('/').map(|(application, _)| application),
        _ => None,
    }
}

/// Changes of the application before the condition; returns their weight.
fn changes(facts: &ModelFacts<'_>, candidate: &Candidate, application: Option<&str>, weights: &mut Weights) -> f64 {
    let Some(name) = application else { return 0.0 };
    let begin = candidate.since.checked_sub_signed(CHANGE_WINDOW).unwrap_or(DateTime::UNIX_EPOCH);
    let end = candidate.since + TimeDelta::minutes(2);
    let entity = EntityName::Application(name.into());
    let mut own = 0.0;
    for entry in facts.history.of(&entity, begin).filter(|entry| entry.time <= end) {
        match &entry.change {
            EntityChange::Fields { fields } if fields.contains(&"charm") => {
                weights.add(CauseClass::Charm, 3.5, format!("the charm of {name} was changed before"));
                own += 3.5;
            }
            EntityChange::Options { options } => {
                let reason = format!("options of {name} were changed before: {}", options.join(", "));
                weights.add(CauseClass::Configuration, 4.0, reason);
                own += 4.0;
            }
            EntityChange::Fields { fields } if fields.contains(&"constraints") => {
                weights.add(CauseClass::Configuration, 4.0, format!("constraints of {name} were changed before"));
                own += 4.0;
            }
            _ => {}
        }
    }
    for entry in facts.history.since(begin).filter(|entry| entry.time <= end) {
        let (EntityName::Relation(id), EntityChange::Removed {}) = (&entry.entity, &entry.change) else { continue };
        let is_own = facts.history.relation(*id).is_some_and(|relation| {
            relation.endpoints.iter().any(|end| &*end.application == name && &*end.role == "requirer")
        });
        if is_own {
            weights.add(CauseClass::Configuration, 4.0, format!("a relation of {name} was removed before"));
            own += 4.0;
        }
    }
    own
}

/// Words in the evidence and in the log of the entity; returns the weight of those that point to the entity itself.
fn words(facts: &ModelFacts<'_>, candidate: &Candidate, weights: &mut Weights) -> f64 {
    let mut texts: Vec<String> = candidate
        .evidence
        .iter()
        .filter(|observed| !observed.what.starts_with("option ") && !observed.what.starts_with("units on"))
        .map(|observed| observed.value.to_lowercase())
        .collect();
    let units: Vec<EntityName> = match &*candidate.entity.kind {
        "unit" => vec![EntityName::Unit((&*candidate.entity.name).into())],
        "machine" => vec![EntityName::Machine((&*candidate.entity.name).into())],
        "application" => {
            facts.graph.units_of(&candidate.entity.name).map(|(name, _)| EntityName::Unit(name.into())).collect()
        }
        _ => Vec::new(),
    };
    let begin = candidate.since.checked_sub_signed(TimeDelta::minutes(30)).unwrap_or(DateTime::UNIX_EPOCH);
    for unit in &units {
        let lines = facts.logs_of(unit).filter(|group| group.last_seen >= begin && &*group.level == "ERROR");
        texts.extend(lines.map(|group| group.sample.to_lowercase()));
    }
    let (mut own, mut used) = (0.0, [0.0; 3]);
    for (class, weight, words) in WORDS {
        for word in words.iter().filter(|word| texts.iter().any(|text| text.contains(**word))) {
            let left = (MAX_WORDS - used[index(*class)]).max(0.0);
            let added = weight.min(left);
            if added > 0.0 {
                used[index(*class)] += added;
                weights.add(*class, added, format!("a message has \"{}\"", word.trim()));
                own += if *class == CauseClass::Infrastructure { 0.0 } else { added };
            }
        }
    }
    own
}

/// The machine of the unit.
fn machine(facts: &ModelFacts<'_>, candidate: &Candidate, weights: &mut Weights) {
    if &*candidate.entity.kind != "unit" {
        return;
    }
    let Some(unit) = facts.graph.units.get(&*candidate.entity.name) else { return };
    let Some(machine) = facts.graph.machines.get(&*unit.machine) else { return };
    if matches!(&*machine.agent.current, "down" | "lost") {
        weights.add(CauseClass::Infrastructure, 4.0, format!("the machine {} is lost", unit.machine));
    } else if machine.instance.current.contains("error") {
        weights.add(CauseClass::Infrastructure, 4.0, format!("the cloud does not create the machine {}", unit.machine));
    }
}
