//! The program: reads arguments, environment and configuration, builds the services, and runs one sub-command.

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
mod private_file;
mod ready_file;
mod secret_key;
mod state_dir;
mod stored_token;
mod unverified_client;
mod user_dirs;
mod wiring;

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::cli::{Cli, LogFormat};

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

/// Standard output is for results and, over stdio, for the protocol only.
fn log_to_standard_error(filter: Targets, format: LogFormat) {
    // colours on terminals only, and not if NO_COLOR (no-color.org) is set
    let colours = wiring::environment("NO_COLOR").is_none() && std::io::stderr().is_terminal();
    let text = (format == LogFormat::Text)
        .then(|| tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr));
    let json = (format == LogFormat::Json)
        .then(|| tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr));
    tracing_subscriber::registry().with(text).with(json).with(filter).with(outside_crates_limit()).init();
}
