//! The program: reads arguments, environment and configuration, joins the rooms, and runs one sub-command.

mod cli;
mod command;
mod config;
mod failure;
mod output;
mod ready;
mod rulebook;
mod secret_key;
mod state;
mod web;
mod wiring;

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_standard_error(cli.log);
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

/// Standard output belongs to answers and, over stdio, to the protocol alone.
fn log_to_standard_error(filter: Targets) {
    // colours are for people, and NO_COLOR (no-color.org) is who does not want them
    let colours = wiring::environment("NO_COLOR").is_none() && std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines).with(filter).init();
}
