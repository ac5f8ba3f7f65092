//! The value of a measure.

/// The value of a measure for one act.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MeasureValue {
    /// A number of units or machines.
    Count(u64),
    /// An amount of money, or a number among the arguments.
    Number(f64),
    /// Set or not, and what was found.
    Flag(bool, String),
    Text(Vec<String>),
    /// The act has no such value.
    Absent,
    /// The value would have to be looked up; with its name.
    Unknown(String),
}

/// Set if something was found.
pub(super) fn listed(found: &[String]) -> MeasureValue {
    MeasureValue::Flag(!found.is_empty(), found.join(", "))
}
