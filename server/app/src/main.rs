//! The program: reads arguments, environment and configuration, joins the rooms, and runs one sub-command.

mod cli;
mod command;
mod config;
mod failure;
mod ready;
mod rulebook;
mod secret_key;
mod state;
mod web;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_standard_error(&cli.log);
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
fn log_to_standard_error(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
