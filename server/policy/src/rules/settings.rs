//! Settings of the site that checks use beside the act.

use super::{cost::Prices, text::BlockedPattern};
use crate::Pattern;

/// Settings that checks use beside the act.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) production_models: Vec<Pattern>,
    pub(crate) blocked_patterns: Vec<BlockedPattern>,
    /// Tools of other MCP servers, which `validate_action` evaluates.
    pub(crate) foreign_tools: Vec<Pattern>,
    pub(crate) prices: Prices,
}
