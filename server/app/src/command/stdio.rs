//! `juju-mcp stdio`: MCP over standard input and output, with the user's own client files.

use std::{process::ExitCode, sync::Arc};

use audit::Keep;
use dispatch::ApprovalTerms;
use http_server::metrics::Metrics;
use identity::Caller;
use mcp::Surface;
use policy::Profile;

use crate::{
    cli::Stdio, config::Config, failure::Failure, rulebook::Rulebook, secret_key::secret_key, state::State, wiring,
};

pub(super) async fn run(arguments: Stdio) -> Result<ExitCode, Failure> {
    let juju_data = arguments.juju_data.clone().map_or_else(wiring::own_juju_data, Ok)?;
    let controllers =
        wiring::controllers(&Config::default(), Some(&juju_data))?.with_own_files(wiring::client_files(&juju_data));
    // several assistants of one user may each start one
    let state = match &arguments.state {
        Some(state) => State::take(state)?,
        None => State::take_free(&juju_data.join("juju-mcp"))?,
    };
    let rulebook = Rulebook::of(None, &arguments.policy, Profile::Gentle);
    let door = wiring::door(&state, controllers, rulebook.read()?, ApprovalTerms::default(), Keep::default()).await?;
    let seal = secret_key(&state.directory, wiring::SEAL)?;
    let surface = surface(&arguments);
    let known = door.catalogue.toolsets();
    if let Some(unknown) = arguments.toolsets.iter().find(|name| *name != "all" && !known.contains(&name.as_str())) {
        return Err(Failure::usage(
            format!("there is no toolset `{unknown}`"),
            format!("toolsets are: all, {}", known.join(", ")),
        ));
    }
    let caller = Caller::local(&wiring::user(), "admin");
    let (metrics, stop) = (Arc::new(Metrics::default()), wiring::stop_signal());
    tokio::spawn(rulebook.watch(Arc::clone(&door), Arc::clone(&metrics), stop.clone()));
    let server = mcp::Server::new(Arc::clone(&door), metrics);
    let server = server.sealing_with(&seal).local(caller, surface);
    let ended = mcp::stdio(server, stop).await;
    wiring::close(&door).await;
    ended.map_err(Failure::failed)?;
    Ok(ExitCode::SUCCESS)
}

fn surface(arguments: &Stdio) -> Surface {
    let surface = match arguments.toolsets.as_slice() {
        [] => Surface::curated(),
        names if names.iter().any(|name| name == "all") => Surface::full(),
        names => Surface::toolsets(names),
    };
    if arguments.read_only { surface.read_only() } else { surface }
}
