//! `juju-mcp completion`: generates shell completions.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Completion},
    failure::Failure,
    output,
};

pub(super) fn run(arguments: &Completion) -> Result<ExitCode, Failure> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    output::text(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
}
