//! The program: reads arguments, environment and configuration, builds the services, and runs one sub-command.

mod checkpoint_sinks;
mod cli;
mod command;
mod config;
mod failure;
mod health;
mod http_client;
mod known_names;
mod log_filter;
mod login_tokens;
mod output;
mod path;
mod policy_watcher;
mod ready_file;
mod reference;
mod secret_key;
mod state_dir;
mod stored_token;
mod telemetry;
mod unverified_client;
mod user_dirs;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, telemetry::Telemetry};

/// A call allocates thousands of small values, and the allocator of the C library takes a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let telemetry = Telemetry::start(cli.log, cli.log_format);
    match command::run(cli.command, telemetry).await {
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
