//! `juju-mcp demo`: a simulated controller and an MCP server for it, with nothing else installed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit::Retention;
use http_server::Settings;
use identity::{Authenticator, Token};
use policy::BuiltinRules;

use super::{
    serve::{Serving, address, listen},
    sim::{Scratch, Simulated},
};
use crate::{
    cli::Demo,
    config::{ApprovalsSection, Config, ConsoleSection, LimitsSection},
    failure::Failure,
    policy_watcher::PolicyWatcher,
    private_file::replace_private,
    ready_file::ReadyFile,
    secret_key::secret_key,
    state_dir::{SEAL, StateDir},
    wiring,
};

/// Address of the simulated controller.
const CONTROLLER_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(super) async fn run(arguments: Demo) -> Result<ExitCode, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!("a demo listens on loopback only, not on: {}", arguments.listen),
            "for access from other machines, use `juju-mcp serve` with your own tokens",
        ));
    }
    let stop = wiring::stop_signal();
    let listener = listen(arguments.listen).await?;
    let scratch = Scratch::make()?;
    let simulated = Simulated::start(&arguments.scenario, CONTROLLER_ADDRESS, &scratch, &stop).await?;
    let controllers = wiring::controllers(&Config::default(), Some(&simulated.juju_data))?;
    let state = StateDir::lock(&arguments.state_dir.clone().unwrap_or_else(|| scratch.state()))?;
    let mut ready = simulated.ready();
    let mut authenticator = Authenticator::default();
    let policy_watcher = PolicyWatcher::new(None, &arguments.policy, BuiltinRules::All);
    let policy = policy_watcher.read()?;
    for (role, _) in policy.roles().described() {
        let token = Token::generate().map_err(Failure::failed)?;
        authenticator.add_static_token(token.hash(), role);
        ready.tokens.insert(role.to_owned(), token.reveal().to_owned());
    }
    let own = address(&listener)?;
    let terms = ApprovalsSection::default().terms(&own, true);
    let console = ConsoleSection::default().settings(None, true, &own)?;
    let dispatcher = wiring::build_dispatcher(&state, controllers, policy, terms, Retention::default()).await?;
    let seal = secret_key(&state.directory, SEAL)?;
    let serving = Serving {
        dispatcher,
        seal,
        authenticator,
        settings: Settings::default(),
        limits: LimitsSection::none(),
        console: Some(console),
        listener,
        metrics_listener: None,
        policy_watcher,
        stop,
    };
    let approver = approver_file(&state.directory, &ready)?;
    serving.serve(ready, arguments.ready_file.as_deref(), |ready| print_instructions(ready, &approver)).await
}

/// Writes the approver's token to a file for `juju-mcp approvals` that only its owner can read. The program prints the path on
/// the terminal and never to an assistant, which could otherwise approve its own requests.
fn approver_file(state: &Path, ready: &ReadyFile) -> Result<PathBuf, Failure> {
    let file = state.join("approver.token");
    let token = ready.tokens.get("approver").map(String::as_str).unwrap_or_default();
    replace_private(&file, token.as_bytes()).map_err(|cause| Failure::file("write", &file, &cause))?;
    Ok(file)
}

/// Prints how to connect clients, with the token of the role operator.
fn print_instructions(ready: &ReadyFile, approver: &Path) {
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
    let server = format!("--url {base} --token-file {}", approver.display());
    println!(
        "\nIrreversible operations, such as `remove-application` with the token of admin, wait for your approval. In another terminal:"
    );
    println!("  juju-mcp approvals list {server}\n  juju-mcp approvals approve ID {server}");
    println!("\nAsk your assistant, for example: why is my shop not healthy? Stop with Ctrl+C.");
}
