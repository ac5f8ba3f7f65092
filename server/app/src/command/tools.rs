//! `juju-mcp tools`: the tools of an endpoint, with their size.

use std::process::ExitCode;

use catalogue::Catalogue;
use mcp::Surface;

use crate::{
    cli::{Format, Tools},
    failure::Failure,
    output,
};

pub(super) fn run(arguments: &Tools) -> Result<ExitCode, Failure> {
    let catalogue = Catalogue::shipped();
    let surface = surface(&catalogue, &arguments.endpoint)?;
    let listing = mcp::listing(&catalogue, &surface);
    match arguments.format {
        Format::Table => output::text(&listing.table())?,
        Format::Json => output::json(&listing)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn surface(catalogue: &Catalogue, endpoint: &str) -> Result<Surface, Failure> {
    let unknown = |problem: String| {
        let toolsets = catalogue.toolsets().join(", ");
        Failure::usage(
            problem,
            format!(
                "endpoints are `/mcp`, `/mcp/full`, `/mcp/readonly` and `/mcp/x/TOOLSET`; toolsets are: {toolsets}"
            ),
        )
    };
    match endpoint {
        "/mcp" => Ok(Surface::curated()),
        "/mcp/full" => Ok(Surface::full()),
        "/mcp/readonly" => Ok(Surface::full().read_only()),
        other => match other.strip_prefix("/mcp/x/") {
            Some(name) if catalogue.toolsets().contains(&name) => Ok(Surface::toolsets([name])),
            Some(name) => Err(unknown(format!("there is no toolset `{name}`"))),
            None => Err(unknown(format!("there is no endpoint `{other}`"))),
        },
    }
}
