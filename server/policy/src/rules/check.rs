//! What a rule checks: a small language of requirements, `units.added <= 10 and not gpu`.
//!
//! ```text
//! check       = all { "or" all }
//! all         = requirement { "and" requirement }
//! requirement = "never"                                     nothing fulfils it
//!             | ["not"] MEASURE                             a flag that has to be set, or not
//!             | MEASURE ("<" | "<=" | ">" | ">=" | "==" | "!=") VALUE
//!             | MEASURE "matches" PATTERN                   `*` and `?`
//!             | ("within" | "outside") "WINDOW"
//!             | "budget" "20 acts per 1h per caller"
//! ```
//! A measure that says nothing about an act (units of a read) is fulfilled; one that cannot be known is unknown.

use std::fmt;

use serde::Deserialize;

use super::{
    Settings,
    budget::Limit,
    measure::{self, Amount},
    window::Window,
};
use crate::{Circumstances, Pattern, selector::Matter};

/// A requirement, read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Check {
    text: String,
    any: Vec<Vec<Clause>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Clause {
    Never,
    Flag { measure: String, wanted: bool },
    Compared { measure: String, comparison: Comparison },
    Window { window: Window, within: bool, text: String },
    Budget(Limit),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparison {
    Number(Sign, f64),
    Text { same: bool, pattern: Pattern },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Other,
}

/// What was found when an act was held against a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    Fulfilled,
    /// With what was found, in a few words.
    Broken(String),
    /// With the name of what would have to be known.
    Unknown(String),
}

impl Check {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_never(&self) -> bool {
        self.any == [vec![Clause::Never]]
    }

    /// Holds an act against it.
    pub(crate) fn find(&self, matter: &Matter<'_>, settings: &Settings, circumstances: &Circumstances) -> Finding {
        let of_all = |clauses: &Vec<Clause>| {
            let found = clauses.iter().map(|clause| clause.find(matter, settings, circumstances));
            found.fold(Finding::Fulfilled, |worst, next| match (&worst, &next) {
                (Finding::Broken(_), _) | (Finding::Unknown(_), Finding::Fulfilled) => worst,
                _ => next,
            })
        };
        let found = self.any.iter().map(of_all);
        let best = found.reduce(|best, next| match (&best, &next) {
            (Finding::Fulfilled, _) | (_, Finding::Broken(_)) => best,
            (_, Finding::Fulfilled | Finding::Unknown(_)) => next,
        });
        best.unwrap_or(Finding::Fulfilled)
    }
}

impl Clause {
    fn find(&self, matter: &Matter<'_>, settings: &Settings, circumstances: &Circumstances) -> Finding {
        let amount = |name: &str| measure::of(name, matter, settings, circumstances);
        match self {
            Self::Never => Finding::Broken(String::new()),
            Self::Flag { measure, wanted } => flag(measure, *wanted, amount(measure)),
            Self::Compared { measure, comparison } => comparison.find(measure, amount(measure)),
            Self::Window { window, within, text } => {
                let word = if *within { "outside" } else { "inside" };
                finding(window.holds(circumstances.now) == *within, || format!("{word} `{text}`"))
            }
            Self::Budget(limit) => match limit.excess(matter, circumstances) {
                Ok(None) => Finding::Fulfilled,
                Ok(Some(detail)) => Finding::Broken(detail),
                Err(unknown) => Finding::Unknown(unknown),
            },
        }
    }
}

fn finding(fulfilled: bool, detail: impl FnOnce() -> String) -> Finding {
    if fulfilled { Finding::Fulfilled } else { Finding::Broken(detail()) }
}

fn flag(measure: &str, wanted: bool, amount: Amount) -> Finding {
    let detail = |why: String| if why.is_empty() { format!("`{measure}` is {}", !wanted) } else { why };
    match amount {
        Amount::Flag(set, why) => finding(set == wanted, || detail(why)),
        Amount::Number(number) => finding((number != 0.0) == wanted, || detail(format!("`{measure}` is {number}"))),
        Amount::Text(texts) => finding(texts.is_empty() != wanted, || detail(String::new())),
        // an argument that is not given is not set; a measure that says nothing is no reason
        Amount::Absent => {
            finding(!measure.starts_with("arguments.") || !wanted, || format!("`{measure}` is not given"))
        }
        Amount::Unknown(what) => Finding::Unknown(what),
    }
}

impl Comparison {
    fn find(&self, measure: &str, amount: Amount) -> Finding {
        match (self, amount) {
            (_, Amount::Unknown(what)) => Finding::Unknown(what),
            (Self::Number(sign, bound), Amount::Number(number)) => {
                finding(sign.holds(number, *bound), || format!("`{measure}` is {}", round(number)))
            }
            (Self::Number(..), Amount::Absent) => Finding::Fulfilled,
            (Self::Number(..), _) => Finding::Broken(format!("`{measure}` is no number")),
            (Self::Text { same, pattern }, Amount::Text(texts)) => {
                let fits = !texts.is_empty() && texts.iter().all(|text| pattern.matches(text));
                finding(fits == *same, || format!("`{measure}` is `{}`", texts.join("`, `")))
            }
            (Self::Text { same, pattern }, Amount::Flag(set, _)) => {
                finding(pattern.matches(&set.to_string()) == *same, || format!("`{measure}` is {set}"))
            }
            (Self::Text { same, pattern }, Amount::Number(number)) => {
                finding(pattern.matches(&round(number)) == *same, || format!("`{measure}` is {}", round(number)))
            }
            (Self::Text { same, .. }, Amount::Absent) => finding(!same, || format!("`{measure}` is not given")),
        }
    }
}

/// A number as a person would write it.
fn round(number: f64) -> String {
    let rounded = (number * 100.0).round() / 100.0;
    rounded.to_string()
}

impl Sign {
    #[expect(clippy::float_cmp, reason = "both numbers are written by people, and compared as written")]
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::More => number > bound,
            Self::AtLeast => number >= bound,
            Self::Equal => number == bound,
            Self::Other => number != bound,
        }
    }

    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::Other,
            _ => return None,
        })
    }
}

impl TryFrom<String> for Check {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        Self::read(&text)
    }
}

/// Why a text is no requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the check cannot be read: {}", self.0)
    }
}

impl Check {
    /// Reads a requirement.
    pub(crate) fn read(text: &str) -> Result<Self, Unreadable> {
        let words = words(text)?;
        let any = words
            .split(|word| *word == Word::Bare("or"))
            .map(|all| all.split(|word| *word == Word::Bare("and")).map(Clause::read).collect::<Result<Vec<_>, _>>());
        Ok(Self { text: text.to_owned(), any: any.collect::<Result<_, _>>()? })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Bare(&'a str),
    Quoted(&'a str),
}

fn words(text: &str) -> Result<Vec<Word<'_>>, Unreadable> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or_else(|| Unreadable(format!("a quote is not closed: {rest}")))?;
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
    fn read(words: &[Word<'_>]) -> Result<Self, Unreadable> {
        match words {
            [Word::Bare("never")] => Ok(Self::Never),
            [Word::Bare(word @ ("within" | "outside")), Word::Quoted(text)] => {
                let window = Window::read(text).map_err(Unreadable)?;
                Ok(Self::Window { window, within: *word == "within", text: (*text).to_owned() })
            }
            [Word::Bare("budget"), Word::Quoted(text)] => Limit::read(text).map(Self::Budget).map_err(Unreadable),
            [Word::Bare("not"), Word::Bare(name)] => Ok(Self::Flag { measure: measured(name)?, wanted: false }),
            [Word::Bare(name)] => Ok(Self::Flag { measure: measured(name)?, wanted: true }),
            [Word::Bare(name), Word::Bare(sign), Word::Bare(value) | Word::Quoted(value)] => {
                Ok(Self::Compared { measure: measured(name)?, comparison: compared(sign, value)? })
            }
            [] => Err(Unreadable("a requirement is missing".to_owned())),
            [Word::Bare(first) | Word::Quoted(first), ..] => {
                Err(Unreadable(format!("it is not clear what is wanted after: {first}")))
            }
        }
    }
}

fn measured(name: &str) -> Result<String, Unreadable> {
    if measure::is_known(name) {
        return Ok(name.to_owned());
    }
    Err(Unreadable(format!("there is no measure `{name}`; `juju-mcp policy measures` lists them")))
}

fn compared(sign: &str, value: &str) -> Result<Comparison, Unreadable> {
    let text = |same| Ok(Comparison::Text { same, pattern: Pattern::new(value) });
    match (sign, value.parse::<f64>()) {
        ("matches", _) => text(true),
        (sign, Ok(bound)) if bound.is_finite() => match Sign::read(sign) {
            Some(sign) => Ok(Comparison::Number(sign, bound)),
            None => Err(Unreadable(format!("`<`, `<=`, `>`, `>=`, `==`, `!=` or `matches` is wanted, not: {sign}"))),
        },
        ("==", _) => text(true),
        ("!=", _) => text(false),
        _ => Err(Unreadable(format!("a number is wanted after `{sign}`, not: {value}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Act, Effect, Target};

    fn find(check: &str, tool: &str, arguments: Value) -> Finding {
        let act =
            Act::new(tool, Effect::Write).with_target(Target::in_model("eu", "ana/shop", [])).with_arguments(arguments);
        let matter = Matter { act: &act, toolset: "", roles: &[], production: false };
        // a Saturday
        let circumstances = Circumstances::at("2026-11-21T09:00:00Z".parse().expect("a moment"));
        Check::read(check).expect(check).find(&matter, &Settings::default(), &circumstances)
    }

    #[test]
    fn a_requirement_is_fulfilled_broken_or_not_known() {
        let broken = |detail: &str| Finding::Broken(detail.to_owned());
        let unit = || json!({"application": "web", "num_units": 12, "size": "large"});
        for (check, found) in [
            ("never", broken("")),
            ("units.added <= 12", Finding::Fulfilled),
            ("units.added < 12", broken("`units.added` is 12")),
            ("units.added == 12 and not gpu", Finding::Fulfilled),
            ("units.added > 20 or not gpu", Finding::Fulfilled),
            ("units.added > 20 or gpu", broken("`units.added` is 12")),
            ("units.after <= 50", Finding::Unknown("`units.now`".to_owned())),
            ("units.after <= 50 and never", broken("")),
            ("units.after <= 50 or not gpu", Finding::Fulfilled),
            ("units.after <= 50 or never", Finding::Unknown("`units.now`".to_owned())),
            ("machines.added <= 0", Finding::Fulfilled),
            ("arguments.num_units != 12", broken("`arguments.num_units` is 12")),
            ("arguments.size matches l*", Finding::Fulfilled),
            ("arguments.size == \"small\"", broken("`arguments.size` is `large`")),
            ("arguments.colour == red", broken("`arguments.colour` is not given")),
            ("arguments.colour", broken("`arguments.colour` is not given")),
            ("not arguments.colour", Finding::Fulfilled),
            ("arguments.size >= 3", broken("`arguments.size` is no number")),
            ("within \"Mon-Fri\"", broken("outside `Mon-Fri`")),
            ("outside \"Sat 08:00-10:00 UTC\"", broken("inside `Sat 08:00-10:00 UTC`")),
            ("outside \"Sat 08:00-10:00 UTC; Sun\" or arguments.num_units < 20", Finding::Fulfilled),
            ("budget \"3 units per 1h per model\"", Finding::Unknown("what was spent of the budget".to_owned())),
        ] {
            assert_eq!(find(check, "juju_add_unit", unit()), found, "{check}");
        }
    }

    #[test]
    fn a_measure_that_says_nothing_of_an_act_is_no_reason() {
        for check in
            ["units.added <= 0", "exposed.everywhere", "not exposed.everywhere", "resources.limits", "revision.pinned"]
        {
            assert_eq!(find(check, "juju_integrate", json!({})), Finding::Fulfilled, "{check}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (check, part) in [
            ("", "missing"),
            ("gpu and", "missing"),
            ("not", "no measure `not`"),
            ("colour", "no measure `colour`"),
            ("arguments.", "no measure `arguments.`"),
            ("units.added <= many", "a number is wanted"),
            ("units.added =< 3", "is wanted, not: =<"),
            ("units.added <= NaN", "a number is wanted"),
            ("within \"whenever\"", "whenever"),
            ("within \"Mon", "a quote is not closed"),
            ("budget \"lots\"", "a budget like"),
            ("budget \"3 acts per 9d per caller\"", "a budget like"),
            ("units.added <= 3 gpu", "not clear"),
        ] {
            let error = Check::read(check).expect_err(check).to_string();
            assert!(error.contains(part), "{check}: {error}");
        }
    }
}
