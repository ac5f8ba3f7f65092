//! Estimates the monthly cost of an act by a table of prices: rough, to distinguish expensive acts from cheap ones.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer};

use super::foreign;
use crate::{Act, Pattern};

/// Monthly prices in one currency.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Name of the currency, for messages.
    pub currency: String,
    /// One core.
    #[serde(deserialize_with = "price")]
    pub core: f64,
    /// One GiB of memory.
    #[serde(deserialize_with = "price")]
    pub gib: f64,
    /// A unit or machine without a stated size.
    #[serde(deserialize_with = "price")]
    pub default: f64,
    /// Extra price of a GPU, if the table does not contain the instance type.
    #[serde(deserialize_with = "price")]
    pub gpu: f64,
    /// Prices by instance type.
    #[serde(deserialize_with = "price_by_name")]
    pub instance_types: BTreeMap<String, f64>,
}

/// Largest price of one item.
const MAX_PRICE: f64 = 1e9;

fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    check_price(f64::deserialize(deserializer)?)
}

fn price_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let prices = BTreeMap::<String, f64>::deserialize(deserializer)?;
    prices.into_iter().map(|(name, price)| Ok((name, check_price(price)?))).collect()
}

/// A negative price would raise the rest of a budget, and one that is no number would never exceed it.
fn check_price<E: serde::de::Error>(price: f64) -> Result<f64, E> {
    if (0.0..=MAX_PRICE).contains(&price) {
        return Ok(price);
    }
    Err(E::custom(format!("a price has to be a number from 0 to {MAX_PRICE}, found: {price}")))
}

impl Default for Prices {
    fn default() -> Self {
        let known = [("g4dn.xlarge", 385.0), ("g5.xlarge", 735.0), ("p3.2xlarge", 2235.0), ("p4d.24xlarge", 23925.0)];
        Self {
            currency: "USD".to_owned(),
            core: 25.0,
            gib: 3.0,
            default: 35.0,
            gpu: 400.0,
            instance_types: known.into_iter().map(|(name, price)| (name.to_owned(), price)).collect(),
        }
    }
}

/// An amount of money in hundredths of the currency: whole numbers, so that a sum does not depend on its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Hundredths(pub(crate) u64);

impl Hundredths {
    /// An amount of the currency.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "prices are not negative, and a cast of a float saturates"
    )]
    fn from_units(amount: f64) -> Self {
        Self((amount * 100.0).ceil() as u64)
    }

    /// The amount as a number of the currency.
    #[expect(clippy::cast_precision_loss, reason = "an amount that loses hundredths is far beyond every limit")]
    pub(crate) fn in_units(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(formatter, "{}", self.0 / 100),
            rest => write!(formatter, "{}.{rest:02}", self.0 / 100),
        }
    }
}

/// What an act adds to the monthly bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MonthlyCost {
    /// The amount; where a price is unknown, at the price of a unit without a stated size.
    pub(crate) hundredths: Hundredths,
    /// The price that the table lacks, or the size that could not be looked up, in a few words.
    pub(crate) unknown: Option<String>,
}

impl MonthlyCost {
    /// The cost of an act; `None` if it adds neither units nor machines. A node of another MCP server has no price here.
    #[expect(clippy::cast_precision_loss, reason = "a count of units or machines is far below 2^52")]
    pub(crate) fn of_act(act: &Act, prices: &Prices) -> Option<Self> {
        let added = act.impact.units_added.saturating_add(act.impact.machines_added);
        if added == 0 {
            return None;
        }
        let size = Size::of_act(act);
        let (price, unknown) = match prices.monthly(&size) {
            _ if act.impact.size_unknown => (prices.default, Some("the size of a unit of the application".to_owned())),
            Some(price) => (price, None),
            None => {
                let name = size.instance_type.unwrap_or_default();
                (prices.default, Some(format!("the price of the instance type `{name}`")))
            }
        };
        Some(Self { hundredths: Hundredths::from_units(added as f64 * price), unknown })
    }
}

/// Stated size of one unit or machine.
#[derive(Debug, Clone, PartialEq, Default)]
struct Size {
    instance_type: Option<String>,
    cores: Option<f64>,
    gib: Option<f64>,
    gpu: bool,
}

impl Size {
    fn of_act(act: &Act) -> Self {
        Self {
            instance_type: instance_type(act).filter(|name| !name.is_empty()),
            cores: constraint(act, &["cores", "cpu-cores"]).and_then(|text| text.parse().ok()),
            gib: constraint(act, &["mem"]).and_then(|text| parse_gib(&text)),
            gpu: requested_gpu(act).is_some(),
        }
    }
}

impl Prices {
    /// Monthly price of one unit or machine of this size. `None` for an instance type that the table lacks: it may be of any
    /// size.
    fn monthly(&self, size: &Size) -> Option<f64> {
        let named = size.instance_type.as_ref();
        if let Some(price) = named.and_then(|name| self.instance_types.get(name)) {
            return Some(*price);
        }
        if named.is_some() {
            return None;
        }
        let base = if size.cores.is_some() || size.gib.is_some() {
            size.cores.unwrap_or(1.0) * self.core + size.gib.unwrap_or(1.0) * self.gib
        } else {
            self.default
        };
        Some(base + if size.gpu { self.gpu } else { 0.0 })
    }
}

/// Instance types with GPUs.
const GPU_INSTANCE_TYPES: [&str; 14] = [
    "*gpu*",
    "p2.*",
    "p3*",
    "p4*",
    "p5*",
    "g3*",
    "g4*",
    "g5*",
    "g6*",
    "a2-*",
    "a3-*",
    "g2-*",
    "Standard_N*",
    "VM.GPU*",
];

/// Why the size of what an act adds includes a GPU, in a few words; `None` if it states none.
pub(super) fn requested_gpu(act: &Act) -> Option<String> {
    let is_gpu_type = |name: &String| GPU_INSTANCE_TYPES.iter().any(|pattern| Pattern::new(*pattern).matches(name));
    if let Some(name) = instance_type(act).filter(is_gpu_type) {
        return Some(format!("instance type `{name}`"));
    }
    let constrained = ["tags", "gpu", "gpus"].iter().any(|name| {
        constraint(act, &[name]).is_some_and(|value| *name != "tags" || value.split(',').any(|tag| tag.contains("gpu")))
    });
    constrained.then(|| "requested by a constraint".to_owned())
}

/// The last value of one of these constraints, in `mem=4G cores=2`.
fn constraint(act: &Act, names: &[&str]) -> Option<String> {
    let text = act.impact.constraints.as_deref()?;
    let words = text.split_whitespace().filter_map(|word| word.split_once('='));
    let mut found = words.filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned());
    found.next_back()
}

fn instance_type(act: &Act) -> Option<String> {
    constraint(act, &["instance-type"]).or_else(|| foreign::instance_type(&act.arguments))
}

fn parse_gib(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "M" => 1.0 / 1024.0,
        "G" => 1.0,
        "T" => 1024.0,
        "P" => 1024.0 * 1024.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Impact};

    #[test]
    fn price_depends_on_instance_type_else_on_size() {
        let prices = Prices::default();
        let sized = |size: Size| prices.monthly(&size).map(|price| price.to_string());
        assert_eq!(sized(Size::default()).as_deref(), Some("35"));
        assert_eq!(sized(Size { cores: Some(4.0), gib: Some(16.0), ..Size::default() }).as_deref(), Some("148"));
        assert_eq!(sized(Size { gpu: true, ..Size::default() }).as_deref(), Some("435"));
        let named = |name: &str| Size { instance_type: Some(name.to_owned()), gpu: true, ..Size::default() };
        assert_eq!(sized(named("p3.2xlarge")).as_deref(), Some("2235"));
        assert_eq!(sized(named("p3.huge")), None);
    }

    fn cost(impact: Impact) -> Option<MonthlyCost> {
        MonthlyCost::of_act(&Act { impact, ..Act::new("juju_add_unit", Effect::Write) }, &Prices::default())
    }

    #[test]
    fn cost_of_an_unlisted_instance_type_or_an_unknown_size_is_unknown() {
        let sized = |constraints: &str| {
            cost(Impact { units_added: 2, constraints: Some(constraints.to_owned()), ..Impact::default() })
                .expect("units have a price")
        };
        let listed = sized("instance-type=g5.xlarge");
        assert_eq!((listed.hundredths, listed.unknown), (Hundredths(147_000), None));
        assert_eq!(sized("instance-type= cores=2").unknown, None, "an empty value clears the constraint");
        let other = sized("instance-type=m5.metal");
        assert_eq!(other.hundredths, Hundredths(7_000));
        assert_eq!(other.unknown.as_deref(), Some("the price of the instance type `m5.metal`"));
        let unread = cost(Impact { units_added: 1, size_unknown: true, ..Impact::default() }).expect("a price");
        assert_eq!(unread.unknown.as_deref(), Some("the size of a unit of the application"));
        assert_eq!(cost(Impact { units_removed: 3, size_unknown: true, ..Impact::default() }), None);
    }

    #[test]
    fn amounts_are_written_with_hundredths_only_where_there_are_any() {
        for (hundredths, text) in [(0, "0"), (207_000, "2070"), (105, "1.05"), (50, "0.50")] {
            assert_eq!(Hundredths(hundredths).to_string(), text);
        }
        assert_eq!(Hundredths::from_units(0.1 + 0.2), Hundredths(31), "a fraction is rounded up");
        assert_eq!(Hundredths::from_units(f64::MAX), Hundredths(u64::MAX));
    }

    #[test]
    fn price_that_is_negative_or_no_number_is_rejected() {
        for bad in ["core: -1", "gib: .nan", "default: .inf", "gpu: 1e300", "instance_types: {m5.large: -0.5}"] {
            let error = serde_yaml::from_str::<Prices>(bad).expect_err(bad).to_string();
            assert!(error.contains("a price has to be a number from 0 to"), "{bad}: {error}");
        }
        assert!(serde_yaml::from_str::<Prices>("{core: 0, instance_types: {m5.large: 70}}").is_ok());
    }
}
