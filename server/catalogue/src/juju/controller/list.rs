//! `juju controllers`: controllers that this program knows.

use std::{collections::BTreeMap, sync::Arc};

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `juju_controllers`.
pub struct Controllers;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// All controllers by name, and which is meant where none is named.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    controllers: BTreeMap<String, Known>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_controller: Option<String>,
}

/// Local information about a controller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Known {
    #[serde(skip_serializing_if = "String::is_empty")]
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    api_endpoints: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_cert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unusable: Option<String>,
}

impl Command for Controllers {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "controllers";
    const ALIASES: &'static [&'static str] = &["list-controllers"];
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Lists controllers, and which is the default.";
    const SCOPE: Scope = Scope::Client;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("controllers");

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let all = target.controllers();
        let known = |name: String| {
            let known = match all.controller(Some(&name)) {
                Ok(controller) => {
                    let endpoint = controller.endpoint();
                    Known {
                        user: endpoint.credential.user().to_owned(),
                        uuid: endpoint.uuid.clone(),
                        api_endpoints: endpoint.addresses.clone(),
                        ca_cert: endpoint.ca_certificate.clone(),
                        unusable: None,
                    }
                }
                Err(error) => Known {
                    user: String::new(),
                    uuid: None,
                    api_endpoints: Vec::new(),
                    ca_cert: None,
                    unusable: Some(error.to_string()),
                },
            };
            (name, known)
        };
        let controllers = all.names().into_iter().map(known).collect();
        Ok(Output { controllers, current_controller: all.default_name() })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.controllers.retain(|name, one| filter.selects(name, one));
        let row = |(name, one): (&String, &Known)| {
            let is_current = answer.current_controller.as_ref() == Some(name);
            let shown = if is_current { format!("{name}*") } else { name.clone() };
            let (uuid, unusable) = (one.uuid.clone().unwrap_or_default(), one.unusable.clone().unwrap_or_default());
            vec![shown, one.user.clone(), one.api_endpoints.join(","), uuid, unusable]
        };
        let rows = answer.controllers.iter().map(row).collect();
        let heading = ["Controller", "User", "Addresses", "UUID", "Unusable"];
        Some(Concise::table(Table::new("controllers", &heading, rows), "no controller is known, or none matches"))
    }
}
