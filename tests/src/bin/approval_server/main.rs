//! The product's server with a policy that requires an approval of every change; only for tests, only on loopback.

use std::path::PathBuf;

use clap::Parser;
use dispatch::ApprovalSettings;
use juju_client::ClientFiles;
use policy::Effect;
use tests::{TestServer, approval_fixture::policy_requiring_approval, test_server::ServerSetup};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
struct Arguments {
    /// Directory of the Juju client files of the controller.
    #[arg(long)]
    juju_data_dir: PathBuf,
    /// Directory for state and tokens.
    #[arg(long)]
    state_dir: PathBuf,
    /// Written atomically when the server is ready.
    #[arg(long)]
    ready_file: PathBuf,
    /// Require an approver other than the requester.
    #[arg(long)]
    requires_second_approver: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.state_dir)?;
    let files = ClientFiles::new(&arguments.juju_data_dir, &arguments.state_dir);
    let controllers = files.controllers(tests::long_timeouts()).await?;
    let policy = policy_requiring_approval(Effect::Write, arguments.requires_second_approver);
    let terms = ApprovalSettings {
        address: Some("http://127.0.0.1".to_owned()),
        ..ApprovalSettings::with_client_confirmation()
    };
    let setup = ServerSetup { policy, approvals: terms, ..ServerSetup::with_controllers(controllers) };
    let served = TestServer::with(&arguments.state_dir, setup).await;
    let ready = serde_json::json!({"mcp_url": format!("http://{}/mcp", served.address), "pid": std::process::id()});
    let whole = arguments.ready_file.with_extension("new");
    std::fs::write(&whole, ready.to_string())?;
    std::fs::rename(whole, &arguments.ready_file)?;
    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}
