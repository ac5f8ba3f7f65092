//! Measures: the values of an act that checks compare, from its impact, its target, its arguments and looked-up facts.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{
    cost::{self, MonthlyCost},
    foreign,
    settings::Settings,
    text::{BlockedPattern, MAX_SEARCHED_BYTES},
    value::{MeasureValue, listed},
};
use crate::{
    Act,
    fact::Fact,
    is_secret_name, is_secret_reference, redact, redact_text,
    selector::{EvaluationInput, argument, scalar_leaves, texts_and_names},
};

/// All measures except `arguments.NAME`, each with its meaning.
pub const MEASURES: &[(&str, &str)] = &[
    ("blocked_pattern", "whether an argument contains a text that matches one of `blocked_patterns`"),
    ("channel.unpinned", "whether the channel is absent, has no track, or another risk than stable"),
    ("constraints.given", "whether the act states the size of what it deploys or adds"),
    (
        "containers.privileged",
        "whether a container in the manifest is privileged (`k8s_apply`, `k8s_patch`, `validate_action`)",
    ),
    (
        "containers.run_as_root",
        "whether a container in the manifest runs as root or does not exclude it (`k8s_apply`, `k8s_patch`, `validate_action`)",
    ),
    ("cost.monthly", "monthly price of what the act adds, by the table of prices"),
    ("expose.public", "whether the act opens an application to the public internet"),
    ("force", "whether an argument skips safety checks of Juju: `force`, `no_wait`, `destroy_storage` and the like"),
    ("gpu", "whether the act requests GPUs"),
    (
        "images.unpinned",
        "whether an image in the manifest has no tag or `latest` (`k8s_apply`, `k8s_patch`, `validate_action`)",
    ),
    ("machines.added", "number of machines or nodes that the act adds"),
    ("nodes.added", "number of units, machines or nodes that the act adds"),
    (
        "pod.host_namespaces",
        "whether a pod in the manifest shares namespaces of its host (`k8s_apply`, `k8s_patch`, `validate_action`)",
    ),
    (
        "resources.limits",
        "whether every container in the manifest has limits for CPU and memory (`k8s_apply`, `k8s_patch`, `validate_action`)",
    ),
    ("revision.pinned", "whether the act names a charm revision"),
    (
        "secrets.plaintext",
        "whether a configuration option contains what looks like a password, token or key in plain text",
    ),
    ("trust", "whether the act gives an application access to cloud credentials"),
    ("units.added", "number of units that the act adds"),
    ("units.total", "number of units that the application has after the act; may need the fact `units.now`"),
];

/// One measure of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Measure {
    BlockedPattern,
    ChannelUnpinned,
    ConstraintsGiven,
    ContainersPrivileged,
    ContainersRunAsRoot,
    CostMonthly,
    ExposePublic,
    Force,
    Gpu,
    ImagesUnpinned,
    MachinesAdded,
    NodesAdded,
    PodHostNamespaces,
    ResourcesLimits,
    RevisionPinned,
    SecretsPlaintext,
    Trust,
    UnitsAdded,
    UnitsTotal,
    Argument(String),
}

impl Measure {
    /// Whether it depends on the constraints of the units that an act adds.
    pub(crate) fn reads_size(&self) -> bool {
        matches!(self, Self::CostMonthly | Self::Gpu)
    }

    /// Parses the name of a measure.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "blocked_pattern" => Self::BlockedPattern,
            "channel.unpinned" => Self::ChannelUnpinned,
            "constraints.given" => Self::ConstraintsGiven,
            "containers.privileged" => Self::ContainersPrivileged,
            "containers.run_as_root" => Self::ContainersRunAsRoot,
            "cost.monthly" => Self::CostMonthly,
            "expose.public" => Self::ExposePublic,
            "force" => Self::Force,
            "gpu" => Self::Gpu,
            "images.unpinned" => Self::ImagesUnpinned,
            "machines.added" => Self::MachinesAdded,
            "nodes.added" => Self::NodesAdded,
            "pod.host_namespaces" => Self::PodHostNamespaces,
            "resources.limits" => Self::ResourcesLimits,
            "revision.pinned" => Self::RevisionPinned,
            "secrets.plaintext" => Self::SecretsPlaintext,
            "trust" => Self::Trust,
            "units.added" => Self::UnitsAdded,
            "units.total" => Self::UnitsTotal,
            other => Self::Argument(other.strip_prefix("arguments.").filter(|name| !name.is_empty())?.to_owned()),
        })
    }

    fn name(&self) -> String {
        if let Self::Argument(name) = self {
            return format!("arguments.{name}");
        }
        let name = MEASURES.iter().find(|(name, _)| Self::parse(name).as_ref() == Some(self));
        name.map(|(name, _)| (*name).to_owned()).unwrap_or_default()
    }

    /// Whether it reads a Kubernetes manifest.
    pub(crate) fn reads_manifest(&self) -> bool {
        matches!(
            self,
            Self::ContainersPrivileged
                | Self::ContainersRunAsRoot
                | Self::ImagesUnpinned
                | Self::PodHostNamespaces
                | Self::ResourcesLimits
        )
    }

    /// The fact that it needs for this act, and that the act does not contain.
    pub(crate) fn needs_fact(&self, act: &Act) -> Option<Fact> {
        let adds_to_existing = act.impact.scale.is_none() && act.impact.units_added > 0;
        (*self == Self::UnitsTotal && adds_to_existing).then_some(Fact::UnitsNow)
    }

    /// The value for an act.
    pub(crate) fn evaluate(
        &self,
        input: &EvaluationInput<'_>,
        settings: &Settings,
        facts: &BTreeMap<Fact, u64>,
    ) -> MeasureValue {
        let act = input.act;
        let arguments = &act.arguments;
        match self {
            Self::BlockedPattern => blocked_patterns(&settings.blocked_patterns, &texts_and_names(arguments)),
            Self::ChannelUnpinned => channel_unpinned(act),
            Self::ConstraintsGiven if adds_new_size(act) => flag(act.impact.constraints.is_some()),
            Self::ContainersPrivileged => foreign::in_pods(input, foreign::privileged),
            Self::ContainersRunAsRoot => foreign::in_pods(input, foreign::run_as_root),
            Self::CostMonthly => monthly_cost(act, settings),
            Self::ExposePublic => expose_public(act),
            Self::Force => {
                listed(&foreign::skipped_checks(act).iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
            }
            Self::Gpu => gpu(input),
            Self::ImagesUnpinned => foreign::in_pods(input, foreign::unpinned_images),
            Self::MachinesAdded => count(foreign::machines_added(act)),
            Self::NodesAdded => count(foreign::machines_added(act).saturating_add(act.impact.units_added)),
            Self::PodHostNamespaces => foreign::in_pods(input, foreign::host_namespaces),
            Self::ResourcesLimits => match foreign::in_pods(input, foreign::without_limits) {
                MeasureValue::Flag(found, names) => MeasureValue::Flag(!found, names),
                other => other,
            },
            Self::RevisionPinned => {
                act.impact.charm.as_ref().map_or(MeasureValue::Absent, |charm| flag(charm.revision.is_some()))
            }
            Self::SecretsPlaintext => listed(&plaintext_secrets(arguments)),
            Self::Trust => flag(act.impact.trust == Some(true)),
            Self::UnitsAdded => count(act.impact.units_added),
            Self::UnitsTotal => units_total(act, facts),
            Self::Argument(name) => argument_value(argument(arguments, name)),
            Self::ConstraintsGiven => MeasureValue::Absent,
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name())
    }
}

fn blocked_patterns(patterns: &[BlockedPattern], texts: &[String]) -> MeasureValue {
    let found = patterns.iter().filter(|pattern| pattern.matches_any(texts));
    let found: Vec<_> = found.map(|pattern| format!("`{}`", pattern.text())).collect();
    if found.is_empty() && !patterns.is_empty() && texts.iter().any(|text| text.len() > MAX_SEARCHED_BYTES) {
        return MeasureValue::Unknown(format!("the content of a text after {MAX_SEARCHED_BYTES} bytes"));
    }
    listed(&found)
}

fn flag(set: bool) -> MeasureValue {
    MeasureValue::Flag(set, String::new())
}

fn count(number: u64) -> MeasureValue {
    if number > 0 { MeasureValue::Count(number) } else { MeasureValue::Absent }
}

fn argument_value(value: Option<&Value>) -> MeasureValue {
    match value {
        None => MeasureValue::Absent,
        Some(Value::Bool(set)) => flag(*set),
        Some(Value::Number(number)) => number.as_f64().map_or(MeasureValue::Absent, MeasureValue::Number),
        Some(Value::String(text)) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => MeasureValue::Number(number),
            _ => MeasureValue::Text(vec![text.clone()]),
        },
        Some(other) => MeasureValue::Text(scalar_leaves(other)),
    }
}

/// Whether the act adds applications or machines and can state their size; an added unit has the size of its application.
fn adds_new_size(act: &Act) -> bool {
    act.impact.machines_added > 0 || act.impact.charm.as_ref().is_some_and(|charm| !charm.refresh)
}

fn expose_public(act: &Act) -> MeasureValue {
    let Some(exposure) = &act.impact.exposure else { return MeasureValue::Absent };
    let networks = if exposure.cidrs.is_empty() { "no network".to_owned() } else { exposure.cidrs.join(", ") };
    MeasureValue::Flag(exposure.is_public(), networks)
}

fn units_total(act: &Act, facts: &BTreeMap<Fact, u64>) -> MeasureValue {
    match (act.impact.scale, act.impact.units_added) {
        (Some(scale), _) => MeasureValue::Count(scale),
        (None, 0) => MeasureValue::Absent,
        (None, added) => match facts.get(&Fact::UnitsNow) {
            Some(now) => MeasureValue::Count(now.saturating_add(added)),
            None => MeasureValue::Unknown(format!("`{}`", Fact::UnitsNow.as_str())),
        },
    }
}

fn channel_unpinned(act: &Act) -> MeasureValue {
    let Some(charm) = &act.impact.charm else { return MeasureValue::Absent };
    match &charm.channel {
        // a refresh without a channel keeps the channel of the application
        None if charm.refresh => flag(false),
        None => MeasureValue::Flag(true, "no channel".to_owned()),
        Some(channel) => {
            let (track, risk) = channel.split_once('/').unwrap_or((channel.as_str(), "stable"));
            let risk_only = matches!(track, "stable" | "candidate" | "beta" | "edge");
            let unpinned = risk_only || track == "latest" || !risk.starts_with("stable");
            MeasureValue::Flag(unpinned, format!("channel `{channel}`"))
        }
    }
}

fn gpu(input: &EvaluationInput<'_>) -> MeasureValue {
    match cost::requested_gpu(input.act) {
        Some(reason) => MeasureValue::Flag(true, reason),
        None => foreign::gpu(input),
    }
}

fn monthly_cost(act: &Act, settings: &Settings) -> MeasureValue {
    match MonthlyCost::of_act(act, &settings.prices) {
        None => MeasureValue::Absent,
        Some(MonthlyCost { unknown: Some(what), .. }) => MeasureValue::Unknown(what),
        Some(cost) => MeasureValue::Number(cost.hundredths.in_units()),
    }
}

/// Names of options and arguments that contain what looks like a secret in plain text, at any depth.
fn plaintext_secrets(arguments: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in arguments.as_object().into_iter().flatten() {
        match value {
            // the schema chooses the name of an argument, so the name alone does not make it a secret
            Value::String(text) if has_secret_form(text) => found.push(format!("`{name}`")),
            Value::Object(_) | Value::Array(_) => find_secrets(value, name, &mut found),
            _ => {}
        }
    }
    found
}

/// Adds the names of the members of a value that have a secret, or `name` for a text in a list.
fn find_secrets(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let is_pair =
                redact(value) != *value && members.values().all(|value| !value.is_object() && !value.is_array());
            let before = found.len();
            for (name, value) in members {
                if is_secret_name(name)
                    && !value.is_object()
                    && scalar_leaves(value).iter().any(|text| is_plain_secret(text))
                {
                    found.push(format!("`{name}`"));
                } else {
                    find_secrets(value, name, found);
                }
            }
            // `{"name": "password", "value": "x"}`
            if is_pair && found.len() == before {
                found.push(format!("`{name}`"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find_secrets(item, name, found)),
        Value::String(text) if has_secret_form(text) || redact_text(text) != *text => found.push(format!("`{name}`")),
        _ => {}
    }
}

/// Whether a text is a secret whatever its name: a private key, a token of a known service.
fn has_secret_form(text: &str) -> bool {
    text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----")
        || (!text.contains([' ', '=', ':']) && redact_text(text) != text)
}

/// A reference to a Juju secret is the correct form; true, false and an empty text contain no secret.
fn is_plain_secret(text: &str) -> bool {
    !text.is_empty() && !is_secret_reference(text) && text != "true" && text != "false"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plaintext_secrets_are_found_under_any_argument_and_name() {
        let found = |arguments: Value| plaintext_secrets(&arguments);
        for (arguments, names) in [
            (json!({"values": {"admin-password": "x"}}), vec!["`admin-password`"]),
            (json!({"annotations": {"nested": {"api_key": "x"}}}), vec!["`api_key`"]),
            (json!({"env": [{"name": "password", "value": "x"}]}), vec!["`env`"]),
            (json!({"values": {"proxy": "http://u:x@h"}}), vec!["`proxy`"]),
            (json!({"args": ["a", "db-password=x"]}), vec!["`args`"]),
            (json!({"note": "ghp_abcdefghijklmnopqrstuv"}), vec!["`note`"]),
            (json!({"values": {"ghp_abcdefghijklmnopqrstuv": "x"}}), vec!["`values`"]),
        ] {
            assert_eq!(found(arguments.clone()), names, "{arguments}");
        }
        for clean in [
            json!({"credential": "aws", "values": {"title": "Shop", "admin-password": "secret:9m4e2mr0ui3e8a215n4g"}}),
            json!({"values": {"use-token": true, "password": ""}, "command": "uptime"}),
        ] {
            assert!(found(clean.clone()).is_empty(), "{clean}");
        }
    }

    #[test]
    fn blocked_pattern_is_found_in_names_of_members() {
        let patterns = [BlockedPattern::parse("rm -rf").expect("a pattern")];
        let texts = texts_and_names(&json!({"params": {"rm -rf /": [1]}}));
        assert!(matches!(blocked_patterns(&patterns, &texts), MeasureValue::Flag(true, _)));
    }

    #[test]
    fn every_listed_measure_parses_and_displays_its_name() {
        for (name, _) in MEASURES {
            assert_eq!(Measure::parse(name).expect(name).to_string(), *name);
        }
        assert_eq!(Measure::parse("arguments./a/b").expect("an argument").to_string(), "arguments./a/b");
        assert_eq!(Measure::parse("colour"), None);
    }

    #[test]
    fn blocked_patterns_of_a_long_text_are_found_or_unknown_and_never_passed() {
        let patterns = [BlockedPattern::parse("rm -rf").expect("good")];
        let long = |text: &str| blocked_patterns(&patterns, &[format!("{text}{}", " ".repeat(MAX_SEARCHED_BYTES + 1))]);
        assert_eq!(long("rm -rf /"), MeasureValue::Flag(true, "`rm -rf`".to_owned()));
        assert!(matches!(long(""), MeasureValue::Unknown(_)));
        assert_eq!(blocked_patterns(&patterns, &["ls".to_owned()]), MeasureValue::Flag(false, String::new()));
    }
}
