//! How often and how much callers may ask.

use std::collections::BTreeMap;

use http_server::Settings;
use limits::Rate;
use mcp::ToolLimits;
use schemars::JsonSchema;
use serde::Deserialize;

/// Limits for each caller. 0 is no limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    /// Requests a minute in the long run.
    pub(crate) calls_per_minute: u32,
    /// Requests at once after a pause.
    pub(crate) burst: u32,
    /// Requests under way at the same time.
    pub(crate) concurrency: usize,
    /// Largest request, in bytes.
    pub(crate) body_bytes: usize,
    /// Largest answer of a read as data, in bytes.
    pub(crate) result_bytes: usize,
    /// Limits of single tools for each caller, by the tool's name.
    pub(crate) per_tool: BTreeMap<String, ToolSection>,
}

/// Limits of one tool for each caller. 0 is no limit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ToolSection {
    /// Calls a minute in the long run.
    pub(crate) calls_per_minute: u32,
    /// Calls at once after a pause; at least one.
    pub(crate) burst: u32,
    /// Calls under way at the same time.
    pub(crate) concurrency: usize,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            calls_per_minute: 1200,
            burst: 200,
            concurrency: 64,
            body_bytes: Settings::default().max_body_bytes,
            result_bytes: mcp::RESULT_BYTES,
            per_tool: BTreeMap::new(),
        }
    }
}

impl LimitsSection {
    /// No limit on how often and how much at once: where there is one caller, who owns the machine.
    pub(crate) fn none() -> Self {
        Self { calls_per_minute: 0, burst: 0, concurrency: 0, ..Self::default() }
    }

    /// Puts what HTTP keeps into its settings.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        settings.rate = Rate { per_minute: self.calls_per_minute, burst: self.burst };
        settings.max_concurrent = self.concurrency;
        settings.max_body_bytes = if self.body_bytes == 0 { usize::MAX } else { self.body_bytes };
    }

    /// What is kept for each tool.
    pub(crate) fn tools(&self) -> ToolLimits {
        ToolLimits::new(self.per_tool.iter().map(|(name, tool)| {
            (name.clone(), Rate { per_minute: tool.calls_per_minute, burst: tool.burst }, tool.concurrency)
        }))
    }

    /// A name in `per_tool` that is no tool.
    pub(crate) fn unknown(&self, is_tool: impl Fn(&str) -> bool) -> Option<&str> {
        self.per_tool.keys().map(String::as_str).find(|name| !is_tool(name))
    }
}
