//! The section `limits`: rates, concurrency and sizes for callers.

use std::collections::BTreeMap;

use catalogue::Catalogue;
use http_server::Settings;
use limits::Rate;
use mcp::ToolLimits;
use schemars::JsonSchema;
use serde::Deserialize;

/// Limits for each caller. 0 means no limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    /// Sustained requests per minute.
    pub(crate) calls_per_minute: u32,
    /// Requests in a burst after a pause.
    pub(crate) burst: u32,
    /// Kilobytes of requests per minute, and in a burst after a pause.
    pub(crate) request_kilobytes_per_minute: u32,
    /// Concurrent requests; a stream counts until it ends.
    pub(crate) max_concurrent_calls: usize,
    /// Largest request, in bytes.
    pub(crate) max_request_bytes: usize,
    /// Limits of single tools for each caller, by the tool's name.
    pub(crate) per_tool: BTreeMap<String, ToolLimitSection>,
}

/// Limits of one tool for each caller. 0 means no limit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ToolLimitSection {
    /// Sustained calls per minute.
    pub(crate) calls_per_minute: u32,
    /// Calls in a burst after a pause; at least one.
    pub(crate) burst: u32,
    /// Concurrent calls.
    pub(crate) max_concurrent_calls: usize,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            calls_per_minute: 1200,
            burst: 200,
            request_kilobytes_per_minute: 65_536,
            max_concurrent_calls: 64,
            max_request_bytes: Settings::default().max_body_bytes,
            per_tool: BTreeMap::new(),
        }
    }
}

impl LimitsSection {
    /// No limits on rate and concurrency, for a server with one caller, who owns the machine.
    pub(crate) fn none() -> Self {
        Self {
            calls_per_minute: 0,
            burst: 0,
            request_kilobytes_per_minute: 0,
            max_concurrent_calls: 0,
            ..Self::default()
        }
    }

    /// Copies the limits that the HTTP server enforces into its settings.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        settings.rate = Rate { per_minute: self.calls_per_minute, burst: self.burst };
        settings.request_kilobytes =
            Rate { per_minute: self.request_kilobytes_per_minute, burst: self.request_kilobytes_per_minute };
        settings.max_concurrent = self.max_concurrent_calls;
        settings.max_body_bytes = if self.max_request_bytes == 0 { usize::MAX } else { self.max_request_bytes };
    }

    /// The limits of single tools.
    pub(crate) fn tools(&self) -> ToolLimits {
        ToolLimits::new(self.of_tools())
    }

    /// For each tool with limits: its name, the rate and the number of concurrent calls.
    pub(crate) fn of_tools(&self) -> Vec<(String, Rate, usize)> {
        let limits = self.per_tool.iter().map(|(name, tool)| {
            (name.clone(), Rate { per_minute: tool.calls_per_minute, burst: tool.burst }, tool.max_concurrent_calls)
        });
        limits.collect()
    }

    /// The first name in `per_tool` that is not the name of a tool, built-in tools included.
    pub(crate) fn unknown_tool(&self, catalogue: &Catalogue) -> Option<&str> {
        let names = mcp::tool_names(catalogue);
        self.per_tool.keys().map(String::as_str).find(|name| !names.contains(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_tool_accepts_commands_and_builtin_tools_by_full_name_only() {
        let unknown = |name: &str| {
            let limits = LimitsSection {
                per_tool: [(name.to_owned(), ToolLimitSection::default())].into(),
                ..LimitsSection::none()
            };
            limits.unknown_tool(&Catalogue::builtin()).map(str::to_owned)
        };
        let builtin = [
            "juju_find_command",
            "juju_read_command",
            "juju_run_command",
            "juju_help",
            "audit_changes",
            "validate_action",
            "observer_findings",
            "observer_explain",
            "diagnose_model",
            "observer_save_baseline",
            "observer_baseline",
            "maintenance_plans",
        ];
        for name in builtin.into_iter().chain(["juju_status", "juju_debug_log"]) {
            assert_eq!(unknown(name), None, "{name}");
        }
        for name in ["status", "juju_no_such_command", ""] {
            assert_eq!(unknown(name).as_deref(), Some(name));
        }
    }
}
