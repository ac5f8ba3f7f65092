//! `juju-mcp man`: generates the manual pages.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Man},
    failure::Failure,
};

pub(super) fn run(arguments: &Man) -> Result<ExitCode, Failure> {
    let directory = &arguments.directory;
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .map_err(|cause| Failure::file("write the manual pages to", directory, &cause))?;
    Ok(ExitCode::SUCCESS)
}
