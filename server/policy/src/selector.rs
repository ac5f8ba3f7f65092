//! Which acts a grant or a rule speaks of: by tool, effect, place, application and arguments.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IntoDeserializer, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::{Act, Effect, Pattern};

/// Which acts are meant. What is left out does not narrow; several words for one thing mean any of them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// Names of tools, `juju_add_unit`, or the client's words, `add-unit`.
    #[serde(deserialize_with = "one_or_many")]
    pub tools: Vec<Pattern>,
    /// Groups of tools, `deploy`.
    #[serde(deserialize_with = "one_or_many")]
    pub toolsets: Vec<Pattern>,
    /// What the act does.
    #[serde(deserialize_with = "one_or_many")]
    pub effects: Vec<Effect>,
    /// Names of controllers.
    #[serde(deserialize_with = "one_or_many")]
    pub controllers: Vec<Pattern>,
    /// Names of models: `prod*` without the owner, `ana/prod*` with it.
    #[serde(deserialize_with = "one_or_many")]
    pub models: Vec<Pattern>,
    /// Names of applications that the act touches, by themselves or by their units.
    #[serde(deserialize_with = "one_or_many")]
    pub applications: Vec<Pattern>,
    /// What arguments have to be, by name or by JSON pointer (`/config/port`).
    pub arguments: BTreeMap<String, Condition>,
    /// Roles of the caller, of which one is enough. For rules only.
    #[serde(deserialize_with = "one_or_many")]
    pub roles: Vec<String>,
    /// Whether the place is a production one. For rules only.
    pub production: Option<bool>,
}

/// What an argument has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// It fits one of these patterns.
    Fits(Vec<Pattern>),
    /// It is a number in these bounds, both included.
    Within {
        /// The least.
        min: Option<f64>,
        /// The most; an argument that is not given stays below it.
        max: Option<f64>,
    },
    /// It is given, or is not.
    Given(bool),
}

/// What is known of an act when it is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matter<'a> {
    pub(crate) act: &'a Act,
    pub(crate) toolset: &'a str,
    pub(crate) roles: &'a [String],
    pub(crate) production: bool,
}

/// Whether every one of several applications or values has to fit, as for what is allowed, or any, as for what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    All,
    Any,
}

impl Of {
    fn fits<T>(self, items: impl IntoIterator<Item = T>, test: impl Fn(T) -> bool) -> bool {
        let mut items = items.into_iter().peekable();
        match self {
            Self::All => items.peek().is_some() && items.all(test),
            Self::Any => items.any(test),
        }
    }
}

impl Selector {
    /// Whether the act is meant.
    pub(crate) fn meets(&self, matter: &Matter<'_>, of: Of) -> bool {
        let act = matter.act;
        let named = |patterns: &[Pattern], text: &str| patterns.is_empty() || any(patterns, text);
        self.reaches(&act.tool, matter.toolset, act.effect)
            && named(&self.controllers, act.controller().unwrap_or_default())
            && (self.models.is_empty()
                || self.models.iter().any(|pattern| fits_model(pattern, act.model().unwrap_or_default())))
            && (self.applications.is_empty()
                // a machine among the targets is no application that fits
                || of.fits(&act.target.entities, |entity| entity.application().is_some_and(|name| any(&self.applications, name))))
            && self.arguments.iter().all(|(name, condition)| condition.holds(argument(&act.arguments, name), of))
            && (self.roles.is_empty() || self.roles.iter().any(|role| matter.roles.contains(role)))
            && self.production.is_none_or(|production| production == matter.production)
    }

    /// Whether acts of this tool could be meant, wherever and with whatever arguments.
    pub(crate) fn reaches(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        (self.tools.is_empty() || self.tools.iter().any(|pattern| fits_tool(pattern, tool)))
            && (self.toolsets.is_empty() || any(&self.toolsets, toolset))
            && (self.effects.is_empty() || self.effects.contains(&effect))
    }

    /// Whether it depends on the tool and what it does alone, not on place, arguments or caller.
    pub(crate) fn is_about_tools(&self) -> bool {
        let tools = Self {
            tools: self.tools.clone(),
            toolsets: self.toolsets.clone(),
            effects: self.effects.clone(),
            ..Self::default()
        };
        *self == tools
    }
}

/// In words: `tools deploy, refresh; production`; `everything` where nothing narrows.
impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effects: Vec<_> = self.effects.iter().map(|effect| effect.as_str()).collect();
        let named = [
            ("tools", joined(&self.tools)),
            ("toolsets", joined(&self.toolsets)),
            ("effects", effects.join(", ")),
            ("controllers", joined(&self.controllers)),
            ("models", joined(&self.models)),
            ("applications", joined(&self.applications)),
            ("roles", self.roles.join(", ")),
        ];
        let named = named.into_iter().filter(|(_, words)| !words.is_empty());
        let arguments = self.arguments.iter().map(|(name, condition)| format!("argument {name} {condition}"));
        let production = self.production.map(|yes| if yes { "production" } else { "outside production" }.to_owned());
        let parts = named.map(|(word, words)| format!("{word} {words}")).chain(arguments).chain(production);
        let parts: Vec<_> = parts.collect();
        formatter.write_str(if parts.is_empty() { "everything" } else { "" })?;
        formatter.write_str(&parts.join("; "))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits(patterns) => formatter.write_str(&joined(patterns)),
            Self::Within { min, max } => {
                let bound = |bound: &Option<f64>| bound.map(|number| number.to_string()).unwrap_or_default();
                write!(formatter, "{}..{}", bound(min), bound(max))
            }
            Self::Given(true) => formatter.write_str("given"),
            Self::Given(false) => formatter.write_str("not given"),
        }
    }
}

fn joined(patterns: &[Pattern]) -> String {
    patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ")
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

fn fits_tool(pattern: &Pattern, tool: &str) -> bool {
    let word = tool.strip_prefix("juju_").unwrap_or(tool).replace('_', "-");
    pattern.matches(tool) || pattern.matches(&word)
}

/// A pattern without an owner means the model of any owner.
pub(crate) fn fits_model(pattern: &Pattern, model: &str) -> bool {
    let name = if pattern.as_str().contains('/') { model } else { model.rsplit('/').next().unwrap_or(model) };
    !model.is_empty() && pattern.matches(name)
}

/// An argument by its name, or by a JSON pointer.
pub(crate) fn argument<'a>(arguments: &'a Value, name: &str) -> Option<&'a Value> {
    let found = if name.starts_with('/') { arguments.pointer(name) } else { arguments.get(name) };
    found.filter(|value| !value.is_null())
}

impl Condition {
    fn holds(&self, value: Option<&Value>, of: Of) -> bool {
        match (self, value) {
            (Self::Given(wanted), value) => value.is_some() == *wanted,
            // a flag that is not given is not set
            (Self::Fits(patterns), None) => any(patterns, "false"),
            (Self::Fits(patterns), Some(value)) => of.fits(leaves(value), |text| any(patterns, &text)),
            (Self::Within { min, .. }, None) => min.is_none(),
            (Self::Within { min, max }, Some(value)) => of.fits(leaves(value), |text| {
                // what is no number is in no bounds
                text.parse::<f64>().is_ok_and(|number| {
                    min.is_none_or(|least| number >= least) && max.is_none_or(|most| number <= most)
                })
            }),
        }
    }
}

/// All texts, numbers and flags in a value.
pub(crate) fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        other => vec![other.to_string()],
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
    given: Option<bool>,
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Condition;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a pattern, a list of patterns, or a map with `min` and `max`, or with `given`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Condition, E> {
                Ok(Condition::Fits(vec![Pattern::new(text)]))
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
                Many(PhantomData).visit_seq(list).map(Condition::Fits)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Condition, A::Error> {
                match Bounds::deserialize(MapAccessDeserializer::new(map))? {
                    Bounds { min: None, max: None, given: Some(given) } => Ok(Condition::Given(given)),
                    Bounds { min: None, max: None, given: None } | Bounds { given: Some(_), .. } => {
                        Err(A::Error::custom("either `min` or `max`, or `given`, is wanted"))
                    }
                    Bounds { min, max, given: None } => Ok(Condition::Within { min, max }),
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

struct Many<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Many<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a list of texts")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        T::deserialize(text.into_deserializer()).map(|item| vec![item])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        // an empty list could be read as all or as none
        if items.is_empty() { Err(A::Error::custom("the list is empty; leave it out to mean all")) } else { Ok(items) }
    }
}

/// Reads one word or a list of words.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Many(PhantomData))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Target, TargetEntity};

    fn act() -> Act {
        let entities = ["application-web", "unit-db-main-0"].map(|tag| TargetEntity::Known(tag.into()));
        Act::new("juju_add_unit", Effect::Write)
            .with_target(Target::in_model("eu", "ana/prod-shop", entities))
            .with_arguments(
                json!({"application": "web", "num_units": 3, "to": ["0", "lxd:1"], "config": {"port": "80"}}),
            )
    }

    fn meets(text: &str, of: Of) -> bool {
        let selector: Selector = serde_yaml::from_str(text).expect(text);
        let roles = ["operator".to_owned()];
        selector.meets(&Matter { act: &act(), toolset: "deploy", roles: &roles, production: true }, of)
    }

    #[test]
    fn every_word_narrows() {
        for (text, meant) in [
            ("{}", true),
            ("tools: juju_add_*", true),
            ("tools: [deploy, add-unit]", true),
            ("tools: remove-*", false),
            ("toolsets: deploy", true),
            ("toolsets: users", false),
            ("effects: [write, destructive]", true),
            ("effects: read", false),
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
            ("arguments: {/config/port: {given: false}}", false),
            ("roles: [admin, operator]", true),
            ("roles: admin", false),
            ("production: true", true),
            ("production: false", false),
        ] {
            assert_eq!(meets(text, Of::All), meant, "{text}");
        }
    }

    #[test]
    fn of_several_all_have_to_fit_where_it_is_allowed_and_any_where_it_is_not() {
        for (text, all, any) in [
            ("applications: web", false, true),
            ("applications: [web, db-*]", true, true),
            ("applications: cache", false, false),
            ("arguments: {to: '0'}", false, true),
        ] {
            assert_eq!((meets(text, Of::All), meets(text, Of::Any)), (all, any), "{text}");
        }
    }

    #[test]
    fn a_grant_for_applications_reaches_no_machine_beside_them() {
        let selector: Selector = serde_yaml::from_str("applications: 'web*'").expect("good");
        let meets = |targets: &[&str], of: Of| {
            let entities = targets.iter().map(|tag| TargetEntity::Known((*tag).to_owned()));
            let act = act().with_target(Target::in_model("eu", "ana/prod-shop", entities));
            selector.meets(&Matter { act: &act, toolset: "", roles: &[], production: false }, of)
        };
        for (targets, all, any) in [
            (&["unit-web-0", "application-web-2"][..], true, true),
            (&["unit-web-0", "machine-3"], false, true),
            (&["machine-3"], false, false),
            (&[], false, false),
        ] {
            assert_eq!((meets(targets, Of::All), meets(targets, Of::Any)), (all, any), "{targets:?}");
        }
    }

    #[test]
    fn a_selector_is_told_in_words() {
        for (text, words) in [
            ("{}", "everything"),
            ("{tools: [deploy, refresh], production: true}", "tools deploy, refresh; production"),
            (
                "{roles: admin, arguments: {to: {given: false}, units: {max: 3}}}",
                "roles admin; argument to not given; argument units ..3",
            ),
        ] {
            assert_eq!(serde_yaml::from_str::<Selector>(text).expect(text).to_string(), words);
        }
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        for text in ["models: []", "arguments: {x: []}", "arguments: {x: {}}", "arguments: {x: {max: 1, given: true}}"]
        {
            assert!(serde_yaml::from_str::<Selector>(text).is_err(), "{text}");
        }
        assert!(serde_yaml::from_str::<Selector>("model: prod").is_err());
    }
}
