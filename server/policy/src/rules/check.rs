//! The language of checks: conditions that an act has to satisfy, `units.added <= 10 and not gpu`.
//!
//! ```text
//! check     = all { "or" all }
//! all       = condition { "and" condition }
//! condition = "false"                                     never satisfied: every selected act violates the rule
//!           | ["not"] MEASURE                             a flag that has to be set, or unset
//!           | MEASURE ("<" | "<=" | ">" | ">=" | "==" | "!=") VALUE
//!           | MEASURE "matches" PATTERN                   `*` and `?`
//!           | ("within" | "outside") "WINDOW"
//!           | "budget" "20 acts per 1h per caller"
//! ```
//! A condition about a measure that an act does not have (units of a read) is satisfied; an unknown measure makes the whole
//! result unknown.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer};

use super::{
    budget::BudgetLimit,
    measure::{MEASURES, Measure},
    settings::Settings,
    value::MeasureValue,
    window::Window,
};
use crate::{Act, EvaluationContext, Pattern, fact::Fact, selector::EvaluationInput};

/// A parsed check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Check {
    text: String,
    any: Vec<Vec<Clause>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Clause {
    AlwaysFalse,
    Flag { measure: Measure, expected: bool },
    Compared { measure: Measure, comparison: Comparison },
    Window { window: Window, within: bool, text: String },
    Budget(BudgetLimit),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparison {
    Number(Operator, f64),
    Text { equal: bool, pattern: Pattern },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    NotEqual,
}

/// The result of a check for one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CheckResult {
    Passed,
    /// With what the check found, in a few words.
    Violated(String),
    /// With the name of the missing value.
    Unknown(String),
}

impl Check {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_always_false(&self) -> bool {
        self.any == [vec![Clause::AlwaysFalse]]
    }

    /// Names of the arguments that it reads.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.any.iter().flatten().filter_map(|clause| match clause.measure()? {
            Measure::Argument(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether every condition reads a Kubernetes manifest, which only `validate_action` receives.
    pub(crate) fn reads_only_manifests(&self) -> bool {
        self.any.iter().flatten().all(|clause| clause.measure().is_some_and(Measure::reads_manifest))
    }

    /// Whether a condition compares the size of units, or its cost.
    pub(crate) fn reads_sizes(&self) -> bool {
        self.any.iter().flatten().any(|clause| match clause {
            Clause::Budget(limit) => limit.counts_cost(),
            _ => clause.measure().is_some_and(Measure::reads_size),
        })
    }

    /// Facts that this check needs to evaluate an act, and that the act does not contain.
    pub(crate) fn needs_facts(&self, act: &Act) -> BTreeSet<Fact> {
        self.any.iter().flatten().filter_map(|clause| clause.measure()?.needs_fact(act)).collect()
    }

    /// Evaluates the check for an act. "or" takes the best result, "and" the worst.
    pub(crate) fn evaluate(
        &self,
        input: &EvaluationInput<'_>,
        settings: &Settings,
        context: &EvaluationContext,
    ) -> CheckResult {
        let all = |clauses: &Vec<Clause>| {
            let results = clauses.iter().map(|clause| clause.evaluate(input, settings, context));
            results.fold(CheckResult::Passed, |worst, next| match (&worst, &next) {
                (CheckResult::Violated(_), _) | (CheckResult::Unknown(_), CheckResult::Passed) => worst,
                _ => next,
            })
        };
        let best = self.any.iter().map(all).reduce(|best, next| match (&best, &next) {
            (CheckResult::Passed, _) | (_, CheckResult::Violated(_)) => best,
            (_, CheckResult::Passed | CheckResult::Unknown(_)) => next,
        });
        best.unwrap_or(CheckResult::Passed)
    }
}

impl Clause {
    fn measure(&self) -> Option<&Measure> {
        match self {
            Self::Flag { measure, .. } | Self::Compared { measure, .. } => Some(measure),
            Self::AlwaysFalse | Self::Window { .. } | Self::Budget(_) => None,
        }
    }

    fn evaluate(&self, input: &EvaluationInput<'_>, settings: &Settings, context: &EvaluationContext) -> CheckResult {
        match self {
            Self::AlwaysFalse => CheckResult::Violated(String::new()),
            Self::Flag { measure, expected } => {
                check_flag(measure, *expected, measure.evaluate(input, settings, &context.facts))
            }
            Self::Compared { measure, comparison } => {
                comparison.evaluate(measure, measure.evaluate(input, settings, &context.facts))
            }
            Self::Window { window, within, text } => {
                let position = if *within { "outside" } else { "inside" };
                passed_if(window.contains(context.now) == *within, || format!("{position} `{text}`"))
            }
            Self::Budget(limit) => {
                match limit.excess(input.act, context.reservation.as_ref(), context.now, &settings.prices.currency) {
                    Ok(None) => CheckResult::Passed,
                    Ok(Some(detail)) => CheckResult::Violated(detail),
                    Err(unknown) => CheckResult::Unknown(unknown),
                }
            }
        }
    }
}

fn passed_if(passed: bool, detail: impl FnOnce() -> String) -> CheckResult {
    if passed { CheckResult::Passed } else { CheckResult::Violated(detail()) }
}

fn check_flag(measure: &Measure, expected: bool, value: MeasureValue) -> CheckResult {
    let detail = |found: String| if found.is_empty() { format!("`{measure}` is {}", !expected) } else { found };
    match value {
        MeasureValue::Flag(set, found) => passed_if(set == expected, || detail(found)),
        MeasureValue::Count(count) => passed_if((count != 0) == expected, || detail(format!("`{measure}` is {count}"))),
        MeasureValue::Number(number) => {
            passed_if((number != 0.0) == expected, || detail(format!("`{measure}` is {number}")))
        }
        MeasureValue::Text(texts) => passed_if(texts.is_empty() != expected, || detail(String::new())),
        // an absent argument is not set; any other absent measure satisfies the check
        MeasureValue::Absent => {
            let satisfied = !matches!(measure, Measure::Argument(_)) || !expected;
            passed_if(satisfied, || format!("`{measure}` is absent"))
        }
        MeasureValue::Unknown(what) => CheckResult::Unknown(what),
    }
}

impl Comparison {
    fn evaluate(&self, measure: &Measure, value: MeasureValue) -> CheckResult {
        match (self, value) {
            (_, MeasureValue::Unknown(what)) => CheckResult::Unknown(what),
            (Self::Number(operator, bound), MeasureValue::Count(count)) => {
                passed_if(operator.compares_count(count, *bound), || format!("`{measure}` is {count}"))
            }
            (Self::Number(operator, bound), MeasureValue::Number(number)) => {
                passed_if(operator.compares(number, *bound), || format!("`{measure}` is {}", rounded(number)))
            }
            (Self::Number(..), MeasureValue::Absent) => CheckResult::Passed,
            (Self::Number(..), _) => CheckResult::Violated(format!("`{measure}` is not a number")),
            (Self::Text { equal, pattern }, MeasureValue::Text(texts)) => {
                let matches = !texts.is_empty() && texts.iter().all(|text| pattern.matches(text));
                passed_if(matches == *equal, || format!("`{measure}` is `{}`", texts.join("`, `")))
            }
            (Self::Text { equal, pattern }, MeasureValue::Flag(set, _)) => {
                passed_if(pattern.matches(&set.to_string()) == *equal, || format!("`{measure}` is {set}"))
            }
            (Self::Text { equal, pattern }, MeasureValue::Count(count)) => {
                passed_if(pattern.matches(&count.to_string()) == *equal, || format!("`{measure}` is {count}"))
            }
            (Self::Text { equal, pattern }, MeasureValue::Number(number)) => {
                let text = rounded(number);
                passed_if(pattern.matches(&text) == *equal, || format!("`{measure}` is {text}"))
            }
            (Self::Text { equal, .. }, MeasureValue::Absent) => passed_if(!equal, || format!("`{measure}` is absent")),
        }
    }
}

/// A number with two decimals at most.
fn rounded(number: f64) -> String {
    ((number * 100.0).round() / 100.0).to_string()
}

impl Operator {
    #[expect(clippy::float_cmp, reason = "both numbers are written by people, and compared as written")]
    fn compares(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::More => number > bound,
            Self::AtLeast => number >= bound,
            Self::Equal => number == bound,
            Self::NotEqual => number != bound,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of units or machines is far below 2^52")]
    fn compares_count(self, count: u64, bound: f64) -> bool {
        self.compares(count as f64, bound)
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            _ => return None,
        })
    }
}

/// Accepts a string, and also YAML's `false`, because `check: false` without quotes is a boolean.
impl<'de> Deserialize<'de> for Check {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CheckVisitor;
        impl serde::de::Visitor<'_> for CheckVisitor {
            type Value = Check;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a check, such as `units.added <= 10`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Check, E> {
                Check::parse(text).map_err(E::custom)
            }
            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Check, E> {
                self.visit_str(&flag.to_string())
            }
        }
        deserializer.deserialize_any(CheckVisitor)
    }
}

/// Why a text is not a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid check: {0}")]
pub(crate) struct InvalidCheck(String);

impl Check {
    /// Parses a check.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidCheck> {
        let words = split_words(text)?;
        let any = words
            .split(|word| *word == Word::Bare("or"))
            .map(|all| all.split(|word| *word == Word::Bare("and")).map(Clause::parse).collect::<Result<Vec<_>, _>>());
        Ok(Self { text: text.to_owned(), any: any.collect::<Result<_, _>>()? })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Bare(&'a str),
    Quoted(&'a str),
}

fn split_words(text: &str) -> Result<Vec<Word<'_>>, InvalidCheck> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or_else(|| InvalidCheck(format!("a quote is not closed: {rest}")))?;
            words.push(Word::Quoted(&quoted[..end]));
            rest = quoted[end + 1..].trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(Word::Bare(&rest[..end]));
            rest = rest[end..].trim_start();
        }
    }
    Ok(words)
}

impl Clause {
    fn parse(words: &[Word<'_>]) -> Result<Self, InvalidCheck> {
        match words {
            [Word::Bare("false")] => Ok(Self::AlwaysFalse),
            [Word::Bare(word @ ("within" | "outside")), Word::Quoted(text)] => {
                let window = Window::parse(text).map_err(InvalidCheck)?;
                Ok(Self::Window { window, within: *word == "within", text: (*text).to_owned() })
            }
            [Word::Bare("budget"), Word::Quoted(text)] => {
                BudgetLimit::parse(text).map(Self::Budget).map_err(InvalidCheck)
            }
            [Word::Bare("not"), Word::Bare(name)] => Ok(Self::Flag { measure: parse_measure(name)?, expected: false }),
            [Word::Bare(name)] => Ok(Self::Flag { measure: parse_measure(name)?, expected: true }),
            [Word::Bare(name), Word::Bare(operator), Word::Bare(value) | Word::Quoted(value)] => {
                Ok(Self::Compared { measure: parse_measure(name)?, comparison: parse_comparison(operator, value)? })
            }
            [] => Err(InvalidCheck("a condition is missing".to_owned())),
            [Word::Bare(first) | Word::Quoted(first), ..] => {
                Err(InvalidCheck(format!("unexpected words after: {first}")))
            }
        }
    }
}

fn parse_measure(name: &str) -> Result<Measure, InvalidCheck> {
    let unknown = || {
        let near = match content::nearest(name, MEASURES.iter().map(|(name, _)| *name)) {
            Some(measure) => format!("did you mean `{measure}`?"),
            None => "`juju-mcp policy measures` lists them".to_owned(),
        };
        InvalidCheck(format!("unknown measure `{name}`; {near}"))
    };
    Measure::parse(name).ok_or_else(unknown)
}

fn parse_comparison(operator: &str, value: &str) -> Result<Comparison, InvalidCheck> {
    let text = |equal| Ok(Comparison::Text { equal, pattern: Pattern::new(value) });
    match (operator, value.parse::<f64>()) {
        ("matches", _) => text(true),
        (operator, Ok(bound)) if bound.is_finite() => match Operator::parse(operator) {
            Some(operator) => Ok(Comparison::Number(operator, bound)),
            None => {
                Err(InvalidCheck(format!("expected `<`, `<=`, `>`, `>=`, `==`, `!=` or `matches`, found: {operator}")))
            }
        },
        ("==", _) => text(true),
        ("!=", _) => text(false),
        _ => Err(InvalidCheck(format!("expected a number after `{operator}`, found: {value}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Effect, Impact, MEASURES, Target};

    fn evaluate(check: &str, impact: Impact, arguments: Value) -> CheckResult {
        let act = Act::new("juju_add_unit", Effect::Write)
            .with_target(Target::in_model("eu", "ana/shop", []))
            .with_arguments(arguments);
        let act = Act { impact, ..act };
        let input = EvaluationInput::new(&act, "", &[], false);
        // a Saturday
        let context = EvaluationContext::new("2026-11-21T09:00:00Z".parse().expect("a moment"));
        Check::parse(check).expect(check).evaluate(&input, &Settings::default(), &context)
    }

    #[test]
    fn check_reads_sizes_if_the_size_of_a_unit_changes_a_measure() {
        for (name, _) in MEASURES.iter().filter(|(name, _)| !name.contains("NAME")) {
            let check = Check::parse(&format!("{name} or {name} == 1")).or_else(|_| Check::parse(name)).expect(name);
            let (settings, context) = (Settings::default(), EvaluationContext::new(chrono::Utc::now()));
            let of_size = |constraints: Option<&str>, size_unknown| {
                let constraints = constraints.map(str::to_owned);
                let impact = Impact { units_added: 1, constraints, size_unknown, ..Impact::default() };
                let act = Act { impact, ..Act::new("juju_add_unit", Effect::Write) };
                let input = EvaluationInput::new(&act, "", &[], false);
                let measures = check.any.iter().flatten().filter_map(Clause::measure);
                measures.map(|measure| measure.evaluate(&input, &settings, &context.facts)).collect::<Vec<_>>()
            };
            let sizes = [(Some("cores=64 gpu=1"), false), (Some("instance-type=p3.2xlarge"), false), (None, true)];
            let depends =
                sizes.iter().any(|(constraints, unknown)| of_size(*constraints, *unknown) != of_size(None, false));
            assert_eq!(check.reads_sizes(), depends, "{name}");
        }
        assert!(Check::parse("budget \"5 cost per 1h per model\"").expect("good").reads_sizes());
        assert!(!Check::parse("budget \"5 units per 1h per model\"").expect("good").reads_sizes());
    }

    #[test]
    fn check_passes_is_violated_or_is_unknown() {
        let violated = |detail: &str| CheckResult::Violated(detail.to_owned());
        let unit = || json!({"application": "web", "num_units": 12, "size": "large"});
        for (check, found) in [
            ("false", violated("")),
            ("units.added <= 12", CheckResult::Passed),
            ("units.added < 12", violated("`units.added` is 12")),
            ("units.added == 12 and not gpu", CheckResult::Passed),
            ("units.added > 20 or not gpu", CheckResult::Passed),
            ("units.added > 20 or gpu", violated("`units.added` is 12")),
            ("units.total <= 50", CheckResult::Unknown("`units.now`".to_owned())),
            ("units.total <= 50 and false", violated("")),
            ("units.total <= 50 or not gpu", CheckResult::Passed),
            ("units.total <= 50 or false", CheckResult::Unknown("`units.now`".to_owned())),
            ("machines.added <= 0", CheckResult::Passed),
            ("arguments.num_units != 12", violated("`arguments.num_units` is 12")),
            ("arguments.size matches l*", CheckResult::Passed),
            ("arguments.size == \"small\"", violated("`arguments.size` is `large`")),
            ("arguments.colour == red", violated("`arguments.colour` is absent")),
            ("arguments.colour", violated("`arguments.colour` is absent")),
            ("not arguments.colour", CheckResult::Passed),
            ("arguments.size >= 3", violated("`arguments.size` is not a number")),
            ("within \"Mon-Fri\"", violated("outside `Mon-Fri`")),
            ("outside \"Sat 08:00-10:00 UTC\"", violated("inside `Sat 08:00-10:00 UTC`")),
            ("outside \"Sat 08:00-10:00 UTC; Sun\" or arguments.num_units < 20", CheckResult::Passed),
            ("budget \"3 units per 1h per model\"", CheckResult::Unknown("the usage of the budget".to_owned())),
        ] {
            assert_eq!(evaluate(check, Impact { units_added: 12, ..Impact::default() }, unit()), found, "{check}");
        }
    }

    #[test]
    fn check_passes_if_the_measure_is_absent() {
        for check in ["units.added <= 0", "expose.public", "not expose.public", "resources.limits", "revision.pinned"] {
            assert_eq!(evaluate(check, Impact::default(), json!({})), CheckResult::Passed, "{check}");
        }
    }

    #[test]
    fn invalid_check_is_rejected_with_the_reason() {
        for (check, part) in [
            ("", "missing"),
            ("gpu and", "missing"),
            ("not", "unknown measure `not`"),
            ("colour", "unknown measure `colour`"),
            ("arguments.", "unknown measure `arguments.`"),
            ("units.added <= many", "expected a number"),
            ("units.added =< 3", "found: =<"),
            ("units.added <= NaN", "expected a number"),
            ("within \"whenever\"", "whenever"),
            ("within \"Mon", "a quote is not closed"),
            ("budget \"lots\"", "a budget like"),
            ("budget \"3 acts per 9d per caller\"", "a budget like"),
            ("units.added <= 3 gpu", "unexpected words"),
        ] {
            let error = Check::parse(check).expect_err(check).to_string();
            assert!(error.contains(part), "{check}: {error}");
        }
    }
}
