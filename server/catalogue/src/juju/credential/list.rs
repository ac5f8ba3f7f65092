//! `juju credentials`: credentials of the Juju user at the controller.

use std::{collections::BTreeMap, sync::Arc};

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{attributes, contents};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, target, text};

/// The tool `juju_credentials`.
pub struct Credentials;

/// Which credentials.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    cloud: Option<String>,
    show_secrets: bool,
}

/// Credentials by cloud and name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    controller_credentials: BTreeMap<String, OfCloud>,
}

/// Credentials for one cloud.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OfCloud {
    cloud_credentials: BTreeMap<String, Credential>,
}

/// A credential.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Credential {
    auth_type: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, Value>,
}

impl Command for Credentials {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "credentials";
    const ALIASES: &'static [&'static str] = &["list-credentials"];
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Lists credentials for clouds that the controller has.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud"];
    const ROWS_PATH: Option<&'static str> = Some("controller-credentials");

    fn effect(args: &Args) -> Effect {
        if args.show_secrets { Effect::Sensitive } else { Effect::Read }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.cloud.iter().map(|name| target::other("cloud", name)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let mut found: BTreeMap<String, OfCloud> = BTreeMap::new();
        // the client prints those that the controller can describe
        for item in contents(&connection, Vec::new(), args.show_secrets).await? {
            let Some(content) = item.result.map(|info| info.content) else { continue };
            if args.cloud.as_ref().is_none_or(|cloud| *cloud == content.cloud) {
                let credential =
                    Credential { auth_type: content.auth_type, details: attributes(&target, content.attrs) };
                found.entry(content.cloud).or_default().cloud_credentials.insert(content.name, credential);
            }
        }
        Ok(Output { controller_credentials: found })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let mut rows = Vec::new();
        for (cloud, of_cloud) in &mut answer.controller_credentials {
            of_cloud.cloud_credentials.retain(|name, one| filter.selects(cloud, one) || filter.selects(name, one));
            for (name, one) in &of_cloud.cloud_credentials {
                let details: Vec<_> =
                    one.details.iter().map(|(name, value)| format!("{name}={}", text::cell(value))).collect();
                rows.push(vec![format!("{cloud}/{name}"), one.auth_type.clone(), details.join(" ")]);
            }
        }
        let heading = ["Credential", "Type", "Details"];
        Some(Concise::table(Table::new("credentials", &heading, rows), "no credential, or none matches"))
    }
}
