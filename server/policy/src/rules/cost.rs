//! Estimates the monthly cost of an act by a table of prices: rough, to distinguish expensive acts from cheap ones.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Monthly prices in one currency.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Name of the currency, for messages.
    pub currency: String,
    /// One core.
    pub core: f64,
    /// One GiB of memory.
    pub gib: f64,
    /// A unit or machine without a stated size.
    pub default: f64,
    /// Extra price of a GPU, if the table does not contain the instance type.
    pub gpu: f64,
    /// Prices by instance type.
    pub instance_types: BTreeMap<String, f64>,
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

/// Stated size of one unit or machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Size {
    pub(crate) instance_type: Option<String>,
    pub(crate) cores: Option<f64>,
    pub(crate) gib: Option<f64>,
    pub(crate) gpu: bool,
}

impl Prices {
    /// Monthly price of one unit or machine of this size.
    pub(crate) fn monthly(&self, size: &Size) -> f64 {
        if let Some(price) = size.instance_type.as_ref().and_then(|name| self.instance_types.get(name)) {
            return *price;
        }
        let base = if size.cores.is_some() || size.gib.is_some() {
            size.cores.unwrap_or(1.0) * self.core + size.gib.unwrap_or(1.0) * self.gib
        } else {
            self.default
        };
        base + if size.gpu { self.gpu } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_depends_on_instance_type_else_on_size() {
        let prices = Prices::default();
        let sized = |size: Size| prices.monthly(&size).to_string();
        assert_eq!(sized(Size::default()), "35");
        assert_eq!(sized(Size { cores: Some(4.0), gib: Some(16.0), ..Size::default() }), "148");
        assert_eq!(sized(Size { gpu: true, ..Size::default() }), "435");
        let named = |name: &str| Size { instance_type: Some(name.to_owned()), gpu: true, ..Size::default() };
        assert_eq!(sized(named("p3.2xlarge")), "2235");
        assert_eq!(sized(named("p3.huge")), "435");
    }
}
