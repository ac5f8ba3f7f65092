//! Settings of the site that checks use beside the act.

use super::{cost::Prices, text::BlockedPattern};
use crate::Pattern;

/// Settings that checks use beside the act.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) production_models: Vec<Pattern>,
    pub(crate) blocked_patterns: Vec<BlockedPattern>,
    pub(crate) prices: Prices,
}
