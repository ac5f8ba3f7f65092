//! Selectors: which acts a grant of a role or a rule applies to, by tool, effect, capability, location and arguments.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IntoDeserializer, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::{Act, Capability, Effect, EntityKind, Pattern, Target, TargetEntity, manifest::Manifest};

/// Selects acts. An absent key does not restrict; of several values for one key, one has to match.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// Names of tools, `juju_add_unit`, or commands of the Juju client, `add-unit`.
    #[serde(deserialize_with = "one_or_many")]
    pub tools: Vec<Pattern>,
    /// Names of toolsets, `deploy`.
    #[serde(deserialize_with = "one_or_many")]
    pub toolsets: Vec<Pattern>,
    /// Effects of the act.
    #[serde(deserialize_with = "one_or_many")]
    pub effects: Vec<Effect>,
    /// Capabilities of the act: what it does, whichever tool does it.
    #[serde(deserialize_with = "one_or_many")]
    pub capabilities: Vec<Capability>,
    /// Names of controllers.
    #[serde(deserialize_with = "one_or_many")]
    pub controllers: Vec<Pattern>,
    /// Names of models: `prod*` without the owner, `ana/prod*` with it.
    #[serde(deserialize_with = "one_or_many")]
    pub models: Vec<Pattern>,
    /// Names of applications that the act touches, directly or through their units.
    #[serde(deserialize_with = "one_or_many")]
    pub applications: Vec<Pattern>,
    /// Conditions for arguments, by name or by JSON pointer (`/config/port`).
    pub arguments: BTreeMap<String, Condition>,
    /// Roles of the caller. Only for rules.
    #[serde(deserialize_with = "one_or_many")]
    pub roles: Vec<String>,
    /// Whether the act is in a production model. Only for rules.
    pub production: Option<bool>,
}

/// A condition for one argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The value matches one of these patterns.
    Matches(Vec<Pattern>),
    /// The value is a number between these bounds, both included.
    Between {
        /// Lower bound.
        min: Option<f64>,
        /// Upper bound; an absent argument satisfies it.
        max: Option<f64>,
    },
    /// The argument is present, or absent.
    Present(bool),
}

/// What an evaluation knows about an act.
#[derive(Debug)]
pub(crate) struct EvaluationInput<'a> {
    pub(crate) act: &'a Act,
    pub(crate) toolset: &'a str,
    pub(crate) roles: &'a [String],
    pub(crate) production: bool,
    /// The act's Kubernetes manifest, for rules that read it.
    pub(crate) manifest: Manifest,
}

impl<'a> EvaluationInput<'a> {
    pub(crate) fn new(act: &'a Act, toolset: &'a str, roles: &'a [String], production: bool) -> Self {
        Self { act, toolset, roles, production, manifest: Manifest::default() }
    }
}

/// How many of several targets or values have to match: all, for what is allowed; any, for what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
}

impl Quantifier {
    fn is_satisfied<T>(self, items: impl IntoIterator<Item = T>, test: impl Fn(T) -> bool) -> bool {
        let mut items = items.into_iter().peekable();
        match self {
            Self::All => items.peek().is_some() && items.all(test),
            Self::Any => items.any(test),
        }
    }
}

impl Selector {
    /// Whether the selector matches an act.
    pub(crate) fn matches(&self, input: &EvaluationInput<'_>, quantifier: Quantifier) -> bool {
        let act = input.act;
        let targets = [Some(&act.target), act.source.as_ref()];
        self.may_match(&act.tool, input.toolset, act.effect)
            && (self.capabilities.is_empty() || self.capabilities.iter().any(|capability| act.impact.has(*capability)))
            && quantifier.is_satisfied(targets.into_iter().flatten(), |target| self.matches_target(target, quantifier))
            && self
                .arguments
                .iter()
                .all(|(name, condition)| condition.is_satisfied(argument(&act.arguments, name), quantifier))
            && (self.roles.is_empty() || self.roles.iter().any(|role| input.roles.contains(role)))
            && self.production.is_none_or(|production| production == input.production)
    }

    /// Whether controller, model and applications of a target match. What is not known matches for [`Quantifier::Any`], which
    /// forbids, and does not for [`Quantifier::All`], which allows.
    fn matches_target(&self, target: &Target, quantifier: Quantifier) -> bool {
        let controller = target.location.controller().unwrap_or_default();
        (self.controllers.is_empty() || any(&self.controllers, controller))
            && (self.models.is_empty() || self.matches_models(target, quantifier))
            && (self.applications.is_empty()
                || quantifier.is_satisfied(&target.entities, |entity| match (entity, quantifier) {
                    // a machine belongs to no application that could match; the dispatcher adds the units on it
                    (TargetEntity::Known(_), _) => {
                        entity.application().is_some_and(|name| any(&self.applications, name))
                    }
                    (TargetEntity::All(kind) | TargetEntity::Unresolved { kind, .. }, Quantifier::Any) => {
                        !matches!(kind, EntityKind::Model | EntityKind::User)
                    }
                    (_, Quantifier::All) => false,
                }))
    }

    /// Whether the model of a target matches; for an act on the controller, the models and offers among its entities; for one on a
    /// Kubernetes cluster, the namespaces.
    fn matches_models(&self, target: &Target, quantifier: Quantifier) -> bool {
        let named = |name: &str| self.models.iter().any(|pattern| matches_model(pattern, name, quantifier));
        if let Some(model) = target.location.model() {
            return named(model);
        }
        quantifier.is_satisfied(&target.entities, |entity| match entity {
            TargetEntity::Known(tag) => {
                // the namespace of a model on Kubernetes has its name, without the owner
                tag.strip_prefix("model-").or_else(|| tag.strip_prefix("namespace-")).is_some_and(named)
            }
            TargetEntity::All(kind) | TargetEntity::Unresolved { kind, .. } => {
                quantifier == Quantifier::Any && *kind != EntityKind::User
            }
        })
    }

    /// Whether the selector could match acts of this tool, in some model with some arguments.
    pub(crate) fn may_match(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        self.selects(tool, toolset) && (self.effects.is_empty() || self.effects.contains(&effect))
    }

    /// Whether the selector names this tool, or no other one.
    pub(crate) fn selects(&self, tool: &str, toolset: &str) -> bool {
        (self.tools.is_empty() || self.tools.iter().any(|pattern| matches_tool(pattern, tool)))
            && (self.toolsets.is_empty() || any(&self.toolsets, toolset))
    }

    /// Whether the selector depends on tool and effect only, not on location, arguments or caller.
    pub(crate) fn depends_on_tool_only(&self) -> bool {
        let tool_keys = Self {
            tools: self.tools.clone(),
            toolsets: self.toolsets.clone(),
            effects: self.effects.clone(),
            ..Self::default()
        };
        *self == tool_keys
    }
}

/// In words: `tools deploy, refresh; production`; `all acts` for the empty selector.
impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effects: Vec<_> = self.effects.iter().map(|effect| effect.as_str()).collect();
        let capabilities: Vec<_> = self.capabilities.iter().map(|capability| capability.as_str()).collect();
        let lists = [
            ("tools", join_patterns(&self.tools)),
            ("toolsets", join_patterns(&self.toolsets)),
            ("effects", effects.join(", ")),
            ("capabilities", capabilities.join(", ")),
            ("controllers", join_patterns(&self.controllers)),
            ("models", join_patterns(&self.models)),
            ("applications", join_patterns(&self.applications)),
            ("roles", self.roles.join(", ")),
        ];
        let lists = lists.into_iter().filter(|(_, values)| !values.is_empty());
        let arguments = self.arguments.iter().map(|(name, condition)| format!("argument {name} {condition}"));
        let production =
            self.production.map(|inside| if inside { "production" } else { "outside production" }.to_owned());
        let parts = lists.map(|(key, values)| format!("{key} {values}")).chain(arguments).chain(production);
        let parts: Vec<_> = parts.collect();
        formatter.write_str(if parts.is_empty() { "all acts" } else { "" })?;
        formatter.write_str(&parts.join("; "))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches(patterns) => formatter.write_str(&join_patterns(patterns)),
            Self::Between { min, max } => {
                let bound = |bound: &Option<f64>| bound.map(|number| number.to_string()).unwrap_or_default();
                write!(formatter, "{}..{}", bound(min), bound(max))
            }
            Self::Present(true) => formatter.write_str("present"),
            Self::Present(false) => formatter.write_str("absent"),
        }
    }
}

fn join_patterns(patterns: &[Pattern]) -> String {
    patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ")
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// Whether a pattern matches the name of a tool, or its command.
pub(crate) fn matches_tool(pattern: &Pattern, tool: &str) -> bool {
    let command = tool.strip_prefix("juju_").unwrap_or(tool).replace('_', "-");
    pattern.matches(tool) || pattern.matches(&command)
}

/// A pattern without an owner matches the model of any owner. A model with an unknown owner may have any: it matches a pattern
/// with an owner only for [`Quantifier::Any`].
pub(crate) fn matches_model(pattern: &Pattern, model: &str, quantifier: Quantifier) -> bool {
    if model.is_empty() {
        return false;
    }
    match (pattern.as_str().split_once('/'), model.rsplit_once('/')) {
        (None, Some((_, name))) => pattern.matches(name),
        (Some((_, name)), None) => quantifier == Quantifier::Any && Pattern::new(name).matches(model),
        (None, None) | (Some(_), Some(_)) => pattern.matches(model),
    }
}

/// An argument by name, or by JSON pointer.
pub(crate) fn argument<'a>(arguments: &'a Value, name: &str) -> Option<&'a Value> {
    let found = if name.starts_with('/') { arguments.pointer(name) } else { arguments.get(name) };
    found.filter(|value| !value.is_null())
}

impl Condition {
    fn is_satisfied(&self, value: Option<&Value>, quantifier: Quantifier) -> bool {
        match (self, value) {
            (Self::Present(expected), value) => value.is_some() == *expected,
            // an absent flag is false
            (Self::Matches(patterns), None) => any(patterns, "false"),
            (Self::Matches(patterns), Some(value)) => {
                quantifier.is_satisfied(scalar_leaves(value), |text| any(patterns, &text))
            }
            (Self::Between { min, .. }, None) => min.is_none(),
            (Self::Between { min, max }, Some(value)) => quantifier.is_satisfied(scalar_leaves(value), |text| {
                // a value that is no number is outside all bounds
                text.parse::<f64>()
                    .is_ok_and(|number| min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max))
            }),
        }
    }
}

/// All strings, numbers and booleans in a value, as text.
pub(crate) fn scalar_leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(scalar_leaves).collect(),
        Value::Object(map) => map.values().flat_map(scalar_leaves).collect(),
        other => vec![other.to_string()],
    }
}

/// All texts of a value, the names of its members included: a caller chooses those too.
pub(crate) fn texts_and_names(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts_and_names).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(name, value)| std::iter::once(name.clone()).chain(texts_and_names(value))).collect()
        }
        scalar => scalar_leaves(scalar),
    }
}

/// The map form of [`Condition`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionMap {
    min: Option<f64>,
    max: Option<f64>,
    present: Option<bool>,
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// One scalar, a list, or a map. A serde `untagged` enum would lose the line number and the reason of an error.
        struct ConditionVisitor;
        impl<'de> Visitor<'de> for ConditionVisitor {
            type Value = Condition;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a pattern, a list of patterns, or a map with `min` and `max`, or with `present`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Condition, E> {
                Ok(Condition::Matches(vec![Pattern::new(text)]))
            }
            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Condition, E> {
                self.visit_str(&flag.to_string())
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Condition, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Condition, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Condition, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Condition, A::Error> {
                OneOrMany(PhantomData).visit_seq(list).map(Condition::Matches)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Condition, A::Error> {
                match ConditionMap::deserialize(MapAccessDeserializer::new(map))? {
                    ConditionMap { min: None, max: None, present: Some(present) } => Ok(Condition::Present(present)),
                    ConditionMap { min: None, max: None, present: None } | ConditionMap { present: Some(_), .. } => {
                        Err(A::Error::custom("expected either `min` or `max`, or `present`"))
                    }
                    ConditionMap { min, max, present: None } => Ok(Condition::Between { min, max }),
                }
            }
        }
        deserializer.deserialize_any(ConditionVisitor)
    }
}

/// Accepts one value as a list of one.
struct OneOrMany<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a list of strings")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        T::deserialize(text.into_deserializer()).map(|item| vec![item])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        // an empty list could mean all or none
        if items.is_empty() {
            Err(A::Error::custom("the list is empty; remove the key to select all"))
        } else {
            Ok(items)
        }
    }
}

/// Deserializes one string or a list of strings.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Impact, Location};

    fn act() -> Act {
        let entities = ["application-web", "unit-db-main-0"].map(|tag| TargetEntity::Known(tag.into()));
        let act = Act::new("juju_add_unit", Effect::Write)
            .with_target(Target::in_model("eu", "ana/prod-shop", entities))
            .with_arguments(
                json!({"application": "web", "num_units": 3, "to": ["0", "lxd:1"], "config": {"port": "80"}}),
            );
        Act { impact: Impact::default().with_capability(Capability::OpensShell), ..act }
    }

    fn matches_act(text: &str, quantifier: Quantifier) -> bool {
        let selector: Selector = serde_yaml::from_str(text).expect(text);
        let roles = ["operator".to_owned()];
        selector.matches(&EvaluationInput::new(&act(), "deploy", &roles, true), quantifier)
    }

    #[test]
    fn selector_key_restricts_the_acts() {
        for (text, meant) in [
            ("{}", true),
            ("tools: juju_add_*", true),
            ("tools: [deploy, add-unit]", true),
            ("tools: remove-*", false),
            ("toolsets: deploy", true),
            ("toolsets: users", false),
            ("effects: [write, destructive]", true),
            ("effects: read", false),
            ("capabilities: opens_shell", true),
            ("capabilities: [exposes_to_public, opens_shell]", true),
            ("capabilities: exposes_to_public", false),
            ("controllers: e?", true),
            ("controllers: us", false),
            ("models: prod*", true),
            ("models: ana/prod*", true),
            ("models: [bob/*, dev]", false),
            ("arguments: {num_units: {max: 3}}", true),
            ("arguments: {num_units: {min: 4}}", false),
            ("arguments: {absent: {max: 3}}", true),
            ("arguments: {absent: {min: 1}}", false),
            ("arguments: {application: [web, api]}", true),
            ("arguments: {force: false}", true),
            ("arguments: {force: true}", false),
            ("arguments: {/config/port: 80}", true),
            ("arguments: {/config/port: {present: false}}", false),
            ("roles: [admin, operator]", true),
            ("roles: admin", false),
            ("production: true", true),
            ("production: false", false),
        ] {
            assert_eq!(matches_act(text, Quantifier::All), meant, "{text}");
        }
    }

    #[test]
    fn quantifier_all_needs_every_target_and_any_needs_one() {
        for (text, all, any) in [
            ("applications: web", false, true),
            ("applications: [web, db-*]", true, true),
            ("applications: cache", false, false),
            ("arguments: {to: '0'}", false, true),
        ] {
            assert_eq!((matches_act(text, Quantifier::All), matches_act(text, Quantifier::Any)), (all, any), "{text}");
        }
    }

    #[test]
    fn application_grant_does_not_match_a_machine() {
        let selector: Selector = serde_yaml::from_str("applications: 'web*'").expect("good");
        let matches_act = |targets: &[&str], quantifier: Quantifier| {
            let entities = targets.iter().map(|tag| TargetEntity::Known((*tag).to_owned()));
            let act = act().with_target(Target::in_model("eu", "ana/prod-shop", entities));
            selector.matches(&EvaluationInput::new(&act, "", &[], false), quantifier)
        };
        for (targets, all, any) in [
            (&["unit-web-0", "application-web-2"][..], true, true),
            (&["unit-web-0", "machine-3"], false, true),
            (&["machine-3"], false, false),
            (&[], false, false),
        ] {
            assert_eq!(
                (matches_act(targets, Quantifier::All), matches_act(targets, Quantifier::Any)),
                (all, any),
                "{targets:?}"
            );
        }
    }

    #[test]
    fn unknown_target_is_forbidden_and_not_allowed() {
        let matches_act = |text: &str, location: &Location, entity: TargetEntity| {
            let selector: Selector = serde_yaml::from_str(text).expect(text);
            let act = act().with_target(Target { location: location.clone(), entities: vec![entity] });
            [Quantifier::All, Quantifier::Any]
                .map(|quantifier| selector.matches(&EvaluationInput::new(&act, "", &[], false), quantifier))
        };
        let model = Location::from_names(Some("eu".into()), Some("ana/shop".into()));
        let controller = Location::from_names(Some("eu".into()), None);
        let (known, unknown, absent) = ([true, true], [false, true], [false, false]);
        let tag = |tag: &str| TargetEntity::Known(tag.into());
        for (text, location, entity, expected) in [
            ("applications: web", &model, tag("unit-web-0"), known),
            ("applications: web", &model, TargetEntity::All(EntityKind::Application), unknown),
            ("applications: web", &model, TargetEntity::All(EntityKind::Offer), unknown),
            ("applications: web", &model, TargetEntity::unresolved(EntityKind::Relation, "3"), unknown),
            ("applications: web", &model, TargetEntity::unresolved(EntityKind::Unit, "web/x/0"), unknown),
            ("applications: web", &controller, TargetEntity::All(EntityKind::Model), absent),
            ("models: shop", &controller, tag("model-shop"), known),
            ("models: ana/shop", &controller, tag("model-ana/shop"), known),
            ("models: ana/shop", &controller, tag("model-shop"), unknown),
            ("models: ana/shop", &controller, tag("model-bob/shop"), absent),
            ("models: shop", &controller, TargetEntity::All(EntityKind::Model), unknown),
            ("models: shop", &controller, TargetEntity::unresolved(EntityKind::Offer, "x"), unknown),
            ("models: shop", &controller, TargetEntity::All(EntityKind::User), absent),
        ] {
            assert_eq!(matches_act(text, location, entity.clone()), expected, "{text} {entity}");
        }
    }

    #[test]
    fn source_of_an_act_is_evaluated_like_its_target() {
        let source = Target::in_model("us", "bob/store", [TargetEntity::unresolved(EntityKind::Offer, "db")]);
        let act = Act { source: Some(source), ..act() };
        for (text, expected) in [
            ("models: '*/prod-shop'", [false, true]),
            ("models: bob/store", [false, true]),
            ("models: [ana/*, bob/*]", [true, true]),
            ("controllers: eu", [false, true]),
            ("controllers: us", [false, true]),
            ("{controllers: eu, models: bob/store}", [false, false]),
            ("controllers: mars", [false, false]),
        ] {
            let selector: Selector = serde_yaml::from_str(text).expect(text);
            let matched = [Quantifier::All, Quantifier::Any]
                .map(|quantifier| selector.matches(&EvaluationInput::new(&act, "", &[], false), quantifier));
            assert_eq!(matched, expected, "{text}");
        }
    }

    #[test]
    fn selector_displays_its_keys() {
        for (text, words) in [
            ("{}", "all acts"),
            ("{tools: [deploy, refresh], production: true}", "tools deploy, refresh; production"),
            (
                "{roles: admin, arguments: {to: {present: false}, units: {max: 3}}}",
                "roles admin; argument to absent; argument units ..3",
            ),
        ] {
            assert_eq!(serde_yaml::from_str::<Selector>(text).expect(text).to_string(), words);
        }
    }

    #[test]
    fn ambiguous_selector_is_rejected() {
        for text in [
            "models: []",
            "capabilities: flies",
            "arguments: {x: []}",
            "arguments: {x: {}}",
            "arguments: {x: {max: 1, present: true}}",
        ] {
            assert!(serde_yaml::from_str::<Selector>(text).is_err(), "{text}");
        }
        assert!(serde_yaml::from_str::<Selector>("model: prod").is_err());
    }
}
