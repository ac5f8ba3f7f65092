//! `juju set-firewall-rule`: networks from which a well-known service of a model can be reached.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::model_config::{ModelSet, ModelSetParams};
use policy::{Capability, Effect, Exposure, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_set_firewall_rule`.
pub struct SetFirewallRule;

/// Services that have a rule.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// SSH to machines.
    Ssh,
    /// Offers of the model.
    JujuApplicationOffer,
}

/// A service and its networks.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    service: Service,
    /// all networks that may reach it
    allowlist: Vec<String>,
}

/// The rule that was set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    known_service: Service,
    allowlist_subnets: Vec<String>,
}

impl Command for SetFirewallRule {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "set-firewall-rule";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Sets which networks may reach SSH or the offers of a model.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["service"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.allowlist.is_empty() {
            return Err("`allowlist` has to hold at least one network".to_owned());
        }
        match args.allowlist.iter().find(|cidr| !Exposure::is_canonical(cidr)) {
            Some(cidr) => Err(format!("`allowlist` has to hold networks like `10.0.0.0/8` or `fd00::/8`, not: {cidr}")),
            None => Ok(()),
        }
    }

    fn impact(args: &Args) -> Impact {
        // SSH of every machine is as good as a shell
        let exposure = Exposure { cidrs: args.allowlist.clone(), spaces: Vec::new() };
        Impact::default().with_exposure(exposure).with_capability(Capability::ChangesMachineSetup)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let option = match args.service {
            Service::Ssh => "ssh-allow",
            Service::JujuApplicationOffer => "saas-ingress-allow",
        };
        let config = BTreeMap::from([(option.to_owned(), json!(args.allowlist.join(",")))]);
        target.model_connection().await?.call::<ModelSet>(ModelSetParams { config }).await?;
        Ok(Output { known_service: args.service, allowlist_subnets: args.allowlist })
    }
}
