//! `juju dashboard`: how the dashboard of the controller is reached.

use std::sync::Arc;

use juju_wire::facade::controller::DashboardConnectionInfo;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_dashboard`.
pub struct Dashboard;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// Where the dashboard is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Model, unit or machine through which `juju dashboard` opens a tunnel.
    #[serde(skip_serializing_if = "Option::is_none")]
    tunnel: Option<String>,
    open_with: String,
}

impl Command for Dashboard {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "dashboard";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows where the dashboard of the controller is, and how a person opens it.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let info = target.controller_connection().await?.call::<DashboardConnectionInfo>(()).await?;
        if let Some(error) = info.error {
            return Err(error.into());
        }
        let open_with = format!("juju dashboard -c {}", target.controller_name());
        match (info.proxy_connection, info.ssh_connection) {
            (_, Some(ssh)) => Ok(Output {
                address: Some(format!("{}:{}", ssh.host, ssh.port)),
                tunnel: Some(ssh.entity).filter(|entity| !entity.is_empty()),
                open_with,
            }),
            (Some(proxy), None) => {
                Ok(Output { address: None, tunnel: Some(format!("proxy of the type {}", proxy.kind)), open_with })
            }
            (None, None) => Err(Failure::refused(
                "the controller has no dashboard",
                "deploy the charm juju-dashboard in the model of the controller, and relate it to the controller",
            )),
        }
    }
}
