//! `juju-mcp reference`: generates the reference pages of `docs/reference`.

use std::process::ExitCode;

use crate::{cli::Reference, failure::Failure, output};

pub(super) fn run(arguments: &Reference) -> Result<ExitCode, Failure> {
    output::text(&arguments.page.text()).map(|()| ExitCode::SUCCESS)
}
