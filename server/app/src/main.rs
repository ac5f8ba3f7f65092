//! The program: reads arguments, environment and configuration, builds the services, and runs one sub-command.

mod checkpoint_sinks;
mod cli;
mod command;
mod config;
mod failure;
mod health;
mod http_client;
mod known_names;
mod output;
mod path;
mod policy_watcher;
mod ready_file;
mod reference;
mod secret_key;
mod state_dir;
mod stored_token;
mod unverified_client;
mod user_dirs;
mod wiring;

use std::{
    io::{IsTerminal as _, Write},
    process::ExitCode,
};

use clap::Parser;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::cli::{Cli, LogFormat};

/// A call allocates thousands of small values, and the allocator of the C library takes a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_standard_error(cli.log, cli.log_format);
    match command::run(cli.command).await {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("juju-mcp: {failure}");
            if let Some(remedy) = failure.remedy() {
                eprintln!("{remedy}");
            }
            failure.exit_code()
        }
    }
}

/// The crates of this program. They log no arguments, results or secrets at any level.
const OWN_CRATES: [&str; 15] = [
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
    "policy",
    "store",
];

/// Keeps other crates at `info`, whatever filter is given: below it they log whole messages, statements and headers, which contain
/// arguments, results and tokens.
fn outside_crates_limit() -> Targets {
    let own = OWN_CRATES.map(|name| (name, LevelFilter::TRACE));
    Targets::new().with_default(LevelFilter::INFO).with_targets(own)
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

/// Standard output is for results and, over stdio, for the protocol only.
fn log_to_standard_error(filter: Targets, format: LogFormat) {
    // colours on terminals only, and not if NO_COLOR (no-color.org) is set
    let colours = wiring::environment("NO_COLOR").is_none() && std::io::stderr().is_terminal();
    let text = (format == LogFormat::Text)
        .then(|| tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(|| RedactedStderr));
    let json = (format == LogFormat::Json)
        .then(|| tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(|| RedactedStderr));
    tracing_subscriber::registry().with(text).with(json).with(filter).with(outside_crates_limit()).init();
}
