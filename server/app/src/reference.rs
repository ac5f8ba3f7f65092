//! The reference pages that the program generates: `docs/reference` contains its output.

mod cli;
mod configuration;
mod error_codes;
mod http;
mod markdown;
mod metrics;

use crate::cli::Page;

pub(crate) use configuration::configuration;

impl Page {
    /// The text of the page.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Cli => cli::page(),
            Self::Configuration => format!("{CONFIGURATION}{}", configuration()),
            Self::ErrorCodes => error_codes::page(),
            Self::Http => http::page(),
            Self::Metrics => metrics::page(),
            // a JSON value of texts and lists is always serializable
            Self::Openapi => serde_json::to_string_pretty(&http_server::openapi()).unwrap_or_default() + "\n",
        }
    }
}

/// The first lines of the page of the configuration.
const CONFIGURATION: &str = "# Configuration keys

Every key of the file that `juju-mcp serve --config FILE` reads, printed by `juju-mcp config keys`. [configuration.md](../configuration.md) has the rules, [the example](../example/juju-mcp.yaml) every key once. `[]` is each item of a list, `NAME` a name that you choose. A change applies after `reload` (within seconds, without a restart) or after a `restart`.

";
