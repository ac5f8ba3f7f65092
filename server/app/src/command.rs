//! Sub-commands, a file each.

mod approvals;
mod audit;
mod audit_list;
mod backup;
mod call;
mod completion;
mod config;
mod demo;
mod demo_text;
mod doctor;
mod fault;
mod healthcheck;
mod ledger_store;
mod live_server;
mod login;
mod login_key;
mod loopback_redirect;
mod man;
mod policy;
mod reference;
mod serve;
mod sim;
mod stdio;
mod tools;

use std::process::ExitCode;

use crate::{cli::Command, failure::Failure, telemetry::Telemetry};

/// Runs one sub-command to its end.
pub(crate) async fn run(command: Command, telemetry: Telemetry) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments, telemetry).await,
        Command::Stdio(arguments) => stdio::run(arguments).await,
        Command::Sim(arguments) => sim::run(arguments).await,
        Command::Tools(arguments) => tools::run(&arguments),
        Command::Approvals(arguments) => approvals::run(arguments).await,
        Command::Call(arguments) => call::run(arguments).await,
        Command::Login(arguments) => login::login(arguments).await,
        Command::LoginKey(arguments) => login_key::run(&arguments),
        Command::Logout(arguments) => login::logout(arguments).await,
        Command::Audit(arguments) => audit::run(arguments).await,
        Command::Backup(arguments) => backup::run(arguments).await,
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Config(arguments) => config::run(&arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Healthcheck(arguments) => healthcheck::run(&arguments).await,
        Command::Fault(arguments) => fault::run(arguments).await,
        Command::Completion(arguments) => completion::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Reference(arguments) => reference::run(&arguments),
    }
}
