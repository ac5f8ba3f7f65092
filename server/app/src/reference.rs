//! The reference pages that the program generates: `docs/reference` contains its output.

mod cli;
mod configuration;
mod error_codes;
mod http;
mod metrics;

pub(crate) use configuration::configuration;

/// A page of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Page {
    /// Every sub-command with its flags.
    Cli,
    /// Every key of the configuration file.
    Configuration,
    /// Every error code.
    ErrorCodes,
    /// Every HTTP path.
    Http,
    /// Every metric.
    Metrics,
    /// The HTTP paths as an `OpenAPI` document, JSON.
    Openapi,
}

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

/// A cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|").trim().to_owned()
}

/// The first letter in upper case.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
