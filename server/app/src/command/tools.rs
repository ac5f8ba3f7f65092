//! `juju-mcp tools`: lists the tools of an endpoint, with their size.

use std::process::ExitCode;

use catalogue::Catalogue;
use mcp::Endpoint;

use crate::{
    cli::{Format, Tools},
    failure::Failure,
    output,
};

pub(super) fn run(arguments: &Tools) -> Result<ExitCode, Failure> {
    let catalogue = Catalogue::builtin();
    let endpoint = endpoint_at(&catalogue, &arguments.endpoint)?;
    let listing = mcp::listing(&catalogue, &endpoint);
    match arguments.format {
        Format::Table => output::text(&listing.table())?,
        Format::Json => output::json(&listing)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn endpoint_at(catalogue: &Catalogue, path: &str) -> Result<Endpoint, Failure> {
    let unknown = |problem: String| {
        let toolsets = catalogue.toolsets().join(", ");
        Failure::usage(
            problem,
            format!(
                "endpoints are `/mcp`, `/mcp/full`, `/mcp/readonly` and `/mcp/x/TOOLSET`; toolsets are: {toolsets}"
            ),
        )
    };
    match path {
        "/mcp" => Ok(Endpoint::curated()),
        "/mcp/full" => Ok(Endpoint::full()),
        "/mcp/readonly" => Ok(Endpoint::full().read_only()),
        other => match other.strip_prefix("/mcp/x/") {
            Some(name) if catalogue.toolsets().contains(&name) => Ok(Endpoint::toolsets([name])),
            Some(name) => Err(unknown(format!("there is no toolset `{name}`"))),
            None => Err(unknown(format!("there is no endpoint `{other}`"))),
        },
    }
}
