//! `juju firewall-rules`: networks from which well-known services of a model can be reached.

use std::sync::Arc;

use juju_wire::facade::model_config::ModelGet;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `juju_firewall_rules`.
pub struct FirewallRules;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// The rule of one service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    known_service: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowlist_subnets: Vec<String>,
}

/// Service, the option that has its networks, and the networks where the option is not set (`environs/config`).
const SERVICES: [(&str, &str, &[&str]); 2] =
    [("ssh", "ssh-allow", &["0.0.0.0/0", "::/0"]), ("juju-application-offer", "saas-ingress-allow", &["0.0.0.0/0"])];

impl Command for FirewallRules {
    type Args = Args;
    type Output = Vec<Rule>;

    const COMMAND: &'static str = "firewall-rules";
    const ALIASES: &'static [&'static str] = &["list-firewall-rules"];
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Lists networks that may reach SSH and offers of a model.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Rule>, Failure> {
        let connection = target.model_connection().await?;
        let options = connection.call::<ModelGet>(()).await?.config;
        let rule = |(service, option, default): (&'static str, &str, &[&str])| {
            let networks: Vec<&str> = match options.get(option).map(|option| &option.value) {
                Some(Value::String(text)) if text.is_empty() => Vec::new(),
                Some(Value::String(text)) => text.split(',').collect(),
                _ => default.to_vec(),
            };
            Rule { known_service: service, allowlist_subnets: networks.into_iter().map(str::to_owned).collect() }
        };
        Ok(SERVICES.into_iter().map(rule).collect())
    }

    fn concise(answer: &mut Vec<Rule>, filter: &Filter) -> Option<Concise> {
        answer.retain(|rule| filter.selects(rule.known_service, rule));
        let row = |rule: &Rule| vec![rule.known_service.to_owned(), rule.allowlist_subnets.join(",")];
        let rows = answer.iter().map(row).collect();
        Some(Concise::table(Table::new("rules", &["Service", "Allowed networks"], rows), "nothing matches"))
    }
}
