//! The log on standard error, and the export of spans.

use std::io::{IsTerminal as _, Write};

use tracing_subscriber::{
    Layer as _, Registry,
    filter::{FilterExt as _, LevelFilter, Targets},
    layer::SubscriberExt as _,
    reload,
    util::SubscriberInitExt as _,
};

use crate::{cli::LogFormat, wiring};

/// The crates of this program. They log no arguments, results or secrets at any level.
const OWN_CRATES: [&str; 16] = [
    "juju_mcp",
    "audit",
    "catalogue",
    "console",
    "content",
    "dispatch",
    "http_server",
    "identity",
    "juju_client",
    "juju_sim",
    "juju_wire",
    "limits",
    "mcp",
    "otlp",
    "policy",
    "store",
];

/// The level of the log if neither command line nor configuration sets it.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::WARN;

/// The log and the export of spans of this process.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    filter: reload::Handle<Targets, Registry>,
    /// The filter of the command line or of the environment, which replaces that of the configuration.
    given: Option<Targets>,
    /// The spans; the export is off until it is started.
    pub(crate) spans: otlp::Spans,
}

impl Telemetry {
    /// Starts the log. Standard output is for results and, over stdio, for the protocol only.
    pub(crate) fn start(given: Option<Targets>, format: LogFormat) -> Self {
        let (filter, handle) = reload::Layer::new(given.clone().unwrap_or_else(default_filter));
        let filter = filter.and(outside_crates_limit());
        // colours on terminals only, and not if NO_COLOR (no-color.org) is set
        let colours = wiring::environment("NO_COLOR").is_none() && std::io::stderr().is_terminal();
        let layer = tracing_subscriber::fmt::layer();
        let log = match format {
            LogFormat::Text => layer.with_ansi(colours).with_writer(|| RedactedStderr).boxed(),
            LogFormat::Json => layer.json().flatten_event(true).with_writer(|| RedactedStderr).boxed(),
        };
        let spans = otlp::Spans::default();
        let exported = spans.layer().with_filter(spans.filter());
        tracing_subscriber::registry().with(log.with_filter(filter)).with(exported).init();
        Self { filter: handle, given, spans }
    }

    /// Applies the log filter of the configuration, unless the command line or the environment has one.
    pub(crate) fn set_log_filter(&self, configured: Option<Targets>) {
        let filter = self.given.clone().or(configured).unwrap_or_else(default_filter);
        if let Err(error) = self.filter.reload(filter) {
            tracing::error!(%error, "cannot change the log filter");
        }
    }
}

fn default_filter() -> Targets {
    Targets::new().with_default(DEFAULT_LEVEL)
}

/// Keeps other crates at `info`, whatever filter is given: below it they log whole messages, statements and headers, which contain
/// arguments, results and tokens. Spans for traces are not for the log.
fn outside_crates_limit() -> Targets {
    let own = OWN_CRATES.map(|name| (name, LevelFilter::TRACE));
    Targets::new().with_default(LevelFilter::INFO).with_targets(own).with_target(otlp::TARGET, LevelFilter::OFF)
}

/// Standard error without secrets: an error of another program may quote one.
struct RedactedStderr;

impl Write for RedactedStderr {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(policy::redact_text(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
