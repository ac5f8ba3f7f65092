//! `juju-mcp demo`: a simulated controller and an MCP server for it, with nothing else installed.

use std::{net::SocketAddr, process::ExitCode};

use audit::Keep;
use http_server::Settings;
use identity::{Authenticator, Token};
use policy::Profile;

use super::{
    serve::{Serving, address, listen},
    sim::{Scratch, Simulated},
};
use crate::{
    cli::Demo,
    config::{ApprovalsSection, Config, ConsoleSection, LimitsSection},
    failure::Failure,
    ready::Ready,
    rulebook::Rulebook,
    secret_key::secret_key,
    state::State,
    wiring,
};

/// Where the simulated controller listens.
const CONTROLLER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(super) async fn run(arguments: Demo) -> Result<ExitCode, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!("a demo listens on loopback only, not on: {}", arguments.listen),
            "for others to reach it, use `juju-mcp serve` with tokens of your own",
        ));
    }
    let stop = wiring::stop_signal();
    let listener = listen(arguments.listen).await?;
    let scratch = Scratch::make()?;
    let simulated = Simulated::start(&arguments.scenario, CONTROLLER, &scratch, &stop).await?;
    let controllers = wiring::controllers(&Config::default(), Some(&simulated.juju_data))?;
    let state = State::take(&arguments.state.clone().unwrap_or_else(|| scratch.state()))?;
    let mut ready = simulated.ready();
    let mut authenticator = Authenticator::default();
    let policy_from = &arguments.policy;
    let rulebook = Rulebook::of(&Config::default(), &policy_from.policy, policy_from.rules, Profile::Gentle);
    let policy = rulebook.read()?;
    for (role, _) in policy.roles().described() {
        let token = Token::generate().map_err(Failure::failed)?;
        authenticator.accept(token.hash(), role);
        ready.tokens.insert(role.to_owned(), token.reveal().to_owned());
    }
    let own = address(&listener)?;
    let terms = ApprovalsSection::default().terms(&own, true);
    let console = ConsoleSection::default().settings(None, true, &own)?;
    let door = wiring::door(&state, controllers, policy, terms, Keep::default()).await?;
    let seal = secret_key(&state.directory, wiring::SEAL)?;
    let serving = Serving {
        door,
        seal,
        authenticator,
        settings: Settings::default(),
        limits: LimitsSection::none(),
        console: Some(console),
        listener,
        rulebook,
        stop,
    };
    serving.serve(ready, arguments.ready_file.as_deref(), announce).await
}

/// Lines to paste, for the role that a newcomer wants first.
fn announce(ready: &Ready) {
    let url = ready.mcp_url.as_deref().unwrap_or_default();
    let token = ready.tokens.get("operator").map(String::as_str).unwrap_or_default();
    let juju_data = ready.juju_data.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    println!("juju-mcp serves a simulated Juju controller at {url}\n");
    println!("Claude Code:\n  claude mcp add --transport http juju {url} --header \"Authorization: Bearer {token}\"\n");
    println!("VS Code, in .vscode/mcp.json:");
    println!(
        "  {{\"servers\": {{\"juju\": {{\"type\": \"http\", \"url\": \"{url}\", \"headers\": {{\"Authorization\": \"Bearer {token}\"}}}}}}}}\n"
    );
    println!("MCP Inspector:");
    println!(
        "  npx @modelcontextprotocol/inspector --cli {url} --transport http --header \"Authorization: Bearer {token}\" --method tools/list\n"
    );
    println!("The real juju client, on the same controller:\n  JUJU_DATA={juju_data} juju status\n");
    let base = url.trim_end_matches("/mcp");
    println!("Approve in a browser, with the token of the approver:\n  {base}/console\n");
    println!("Tokens by role:");
    for (role, token) in &ready.tokens {
        println!("  {role:<9} {token}");
    }
    println!("\nAsk for example: why is my shop not healthy? Stop with Ctrl+C.");
}
