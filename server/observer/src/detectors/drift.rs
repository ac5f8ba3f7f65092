//! Differences between the state of a model and its baseline, field by field.

use std::collections::{BTreeMap, BTreeSet};

use estate::{ApplicationNode, RelationNode};
use juju_wire::constraints::Constraints;
use serde_json::{Map, Value, json};

use crate::{
    Baseline, BaselineApplication, CauseClass, Evidence, OptionValue,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects drift.
pub(super) struct Drift;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "drift",
    about: "Options, revision, relations, constraints or exposure differ from the saved baseline.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 0.0,
        about: "How long a difference may last, for example while a change is tested",
    }],
    rank: Some(20),
    cause: Some((CauseClass::Configuration, 2.0)),
};

impl Detector for Drift {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let Some(baseline) = facts.baseline else { return Vec::new() };
        let hold = thresholds.time("lasting");
        compare_with_baseline(facts, baseline).into_iter().map(|candidate| candidate.with_hold(hold)).collect()
    }
}

/// The applications that differ from a baseline, each as one candidate with its differences as evidence.
pub(crate) fn compare_with_baseline(facts: &ModelFacts<'_>, baseline: &Baseline) -> Vec<Candidate> {
    let wanted = baseline.applications.keys().map(|name| &**name);
    let names: BTreeSet<&str> = wanted.chain(facts.graph.applications.keys().map(|name| &**name)).collect();
    let mut relations = relation_differences(facts, baseline);
    let drifted = names.into_iter().filter_map(|name| {
        let wanted = baseline.applications.get(name);
        let found = facts.graph.applications.get(name);
        let mut differences = match (wanted, found) {
            (Some(wanted), Some(found)) => differences(facts, name, wanted, found),
            (Some(_), None) => vec![evidence("application", "missing", "in the model", None)],
            _ => vec![evidence("application", "in the model", "not in the baseline", None)],
        };
        differences.extend(relations.remove(name).unwrap_or_default());
        candidate(facts, name, wanted, differences)
    });
    drifted.collect()
}

fn candidate(
    facts: &ModelFacts<'_>,
    name: &str,
    wanted: Option<&BaselineApplication>,
    mut differences: Vec<Evidence>,
) -> Option<Candidate> {
    if differences.is_empty() {
        return None;
    }
    let fields: BTreeSet<&str> =
        differences.iter().filter_map(|difference| difference.what.split(' ').next()).collect();
    let title = format!(
        "The application {name} differs from its baseline: {}.",
        fields.into_iter().collect::<Vec<_>>().join(", ")
    );
    let call = repair(facts, name, wanted, &differences);
    let rest = differences.split_off(1);
    let first = differences.pop()?;
    let mut candidate = Candidate::new(facts, facts.entity("application", name), title, first).with_call(call);
    candidate.evidence.extend(rest);
    Some(candidate)
}

fn differences(
    facts: &ModelFacts<'_>,
    name: &str,
    wanted: &BaselineApplication,
    found: &ApplicationNode,
) -> Vec<Evidence> {
    let mut differences = Vec::new();
    let (charm, revision) = charm_of(&found.charm);
    if !wanted.charm.is_empty() && charm != &*wanted.charm {
        differences.push(evidence("charm", charm, &*wanted.charm, None));
    }
    if let (Some(wanted), Some(found)) = (wanted.revision, revision)
        && wanted != found
    {
        differences.push(evidence("revision", found.to_string(), wanted.to_string(), None));
    }
    if let Some(exposed) = wanted.exposed.filter(|exposed| *exposed != found.exposed) {
        differences.push(evidence("exposed", found.exposed.to_string(), exposed.to_string(), None));
    }
    let constraints = constraints_text(found.constraints.as_deref());
    if let Some(wanted) = wanted.constraints.as_ref().filter(|wanted| !same_words(wanted, &constraints)) {
        differences.push(evidence("constraints", constraints, &**wanted, None));
    }
    if let (Some(wanted), Some(found)) = (&wanted.options, facts.reported.options.get(name)) {
        differences.extend(option_differences(wanted, found));
    }
    differences
}

fn option_differences(
    wanted: &BTreeMap<Box<str>, OptionValue>,
    found: &BTreeMap<Box<str>, OptionValue>,
) -> Vec<Evidence> {
    let names: BTreeSet<&str> = wanted.keys().chain(found.keys()).map(|name| &**name).collect();
    let differs = names.into_iter().filter(|name| wanted.get(*name) != found.get(*name));
    let text = |value: Option<&OptionValue>| match value {
        None => "the default".to_owned(),
        Some(OptionValue::Text(text)) => text.to_string(),
        Some(OptionValue::Hash(hash)) => format!("(secret, hash {hash})"),
    };
    differs
        .map(|name| evidence(format!("option {name}"), text(found.get(name)), text(wanted.get(name)), None))
        .collect()
}

/// Differences of relations by the application that requires them.
fn relation_differences(facts: &ModelFacts<'_>, baseline: &Baseline) -> BTreeMap<String, Vec<Evidence>> {
    let mut differences: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    let Some(wanted) = &baseline.relations else { return differences };
    let found: BTreeSet<String> = facts.graph.relations.values().filter_map(relation_text).collect();
    let application = |relation: &str| relation.split(':').next().unwrap_or_default().to_owned();
    for missing in wanted.iter().filter(|relation| !found.contains(&***relation)) {
        let observed = evidence(format!("relation {missing}"), "missing", "in the model", None);
        differences.entry(application(missing)).or_default().push(observed);
    }
    for other in found.iter().filter(|relation| !wanted.iter().any(|wanted| **wanted == ***relation)) {
        let observed = evidence(format!("relation {other}"), "in the model", "not in the baseline", None);
        differences.entry(application(other)).or_default().push(observed);
    }
    differences
}

/// The call that undoes the first difference that a call can undo.
fn repair(
    facts: &ModelFacts<'_>,
    name: &str,
    wanted: Option<&BaselineApplication>,
    differences: &[Evidence],
) -> crate::RecommendedCall {
    let (mut values, mut reset) = (Map::new(), Vec::new());
    for difference in differences {
        let Some(option) = difference.what.strip_prefix("option ") else { continue };
        match wanted.and_then(|wanted| wanted.options.as_ref()?.get(option)) {
            Some(OptionValue::Text(text)) => drop(values.insert(option.to_owned(), Value::from(&**text))),
            Some(OptionValue::Hash(_)) => {}
            None => reset.push(option.to_owned()),
        }
    }
    if !values.is_empty() {
        let arguments = json!({"application": name, "values": values});
        return facts.call("juju_config", arguments, "It sets the options to the values of the baseline.");
    }
    if !reset.is_empty() {
        let arguments = json!({"application": name, "reset": reset});
        return facts.call("juju_config", arguments, "It sets the options to their defaults, as in the baseline.");
    }
    for difference in differences {
        let found = match &*difference.what {
            "revision" => difference.expected.parse::<i64>().ok().map(|revision| {
                let arguments = json!({"application": name, "revision": revision});
                facts.call("juju_refresh", arguments, "It installs the revision of the baseline.")
            }),
            "constraints" => {
                let arguments = json!({"application": name, "constraints": difference.expected});
                Some(facts.call("juju_set_constraints", arguments, "It restores the constraints for new machines."))
            }
            what => what.strip_prefix("relation ").filter(|_| difference.value == "missing").map(|relation| {
                let ends: Vec<&str> = relation.split(' ').collect();
                facts.call("juju_integrate", json!({"endpoints": ends}), "It creates the relation again.")
            }),
        };
        if let Some(call) = found {
            return call;
        }
    }
    facts.call("juju_status", json!({"selectors": [name]}), "The status shows the application as it is now.")
}

/// Both ends of a relation as a baseline has them; `None` for a peer relation.
#[must_use]
pub fn relation_text(relation: &RelationNode) -> Option<String> {
    let [first, second] = &relation.endpoints[..] else { return None };
    let mut ends = [first, second].map(|end| format!("{}:{}", end.application, end.name));
    ends.sort();
    Some(ends.join(" "))
}

/// Name and revision of a charm URL, `ch:amd64/jammy/web-5`.
#[must_use]
pub fn charm_of(url: &str) -> (&str, Option<i64>) {
    let last = url.rsplit('/').next().unwrap_or(url);
    let last = last.rsplit(':').next().unwrap_or(last);
    match last.rsplit_once('-') {
        Some((name, revision)) if revision.parse::<i64>().is_ok() => (name, revision.parse().ok()),
        _ => (last, None),
    }
}

/// Constraints as Juju writes them, in the order of their names.
#[must_use]
pub fn constraints_text(constraints: Option<&Constraints>) -> String {
    let value = constraints.and_then(|constraints| serde_json::to_value(constraints).ok()).unwrap_or_default();
    let mut words: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| match (name.as_str(), value) {
            ("mem" | "root-disk", Value::Number(mebibytes)) => format!("{name}={mebibytes}M"),
            (_, Value::Array(items)) => {
                let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                format!("{name}={}", items.join(","))
            }
            (_, Value::String(text)) => format!("{name}={text}"),
            (_, other) => format!("{name}={other}"),
        })
        .collect();
    words.sort();
    words.join(" ")
}

fn same_words(left: &str, right: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    words(left) == words(right)
}
