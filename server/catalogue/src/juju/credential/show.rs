//! `juju show-credential`: credentials with the models that use them.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::cloud::credential::{CloudCredentialArg, ControllerCredentialInfo};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{attributes, contents};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `juju_show_credential`.
pub struct ShowCredential;

/// Which credential; all where none is named.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    cloud: Option<String>,
    credential: Option<String>,
    show_secrets: bool,
}

/// Credentials by cloud and name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    controller_credentials: BTreeMap<String, BTreeMap<String, Shown>>,
}

/// A credential and the access to the models that use it.
#[derive(Debug, Serialize)]
pub struct Shown {
    content: Content,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<String, String>,
}

/// What a credential has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Content {
    auth_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_check: Option<&'static str>,
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}

impl Command for ShowCredential {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "show-credential";
    const ALIASES: &'static [&'static str] = &["show-credentials"];
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Shows credentials, whether they are valid, and the models that use them.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud", "credential"];

    fn effect(args: &Args) -> Effect {
        if args.show_secrets { Effect::Sensitive } else { Effect::Read }
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.cloud.is_some() == args.credential.is_some() {
            return Ok(());
        }
        Err("`cloud` and `credential` have to be given together, or neither".to_owned())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.cloud.iter().map(|name| target::other("cloud", name)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let user = connection.session().await?.user().to_owned();
        let named = args.cloud.zip(args.credential);
        let named = named.map(|(cloud_name, credential_name)| CloudCredentialArg { cloud_name, credential_name });
        let is_named = named.is_some();
        let mut found: BTreeMap<String, BTreeMap<String, Shown>> = BTreeMap::new();
        for item in contents(&connection, named.into_iter().collect(), args.show_secrets).await? {
            match (item.result, item.error) {
                (Some(info), _) => {
                    let of_cloud = found.entry(info.content.cloud.clone()).or_default();
                    of_cloud.insert(info.content.name.clone(), shown(&target, &user, info));
                }
                (None, Some(error)) if is_named => return Err(error.into()),
                (None, _) => {}
            }
        }
        Ok(Output { controller_credentials: found })
    }
}

fn shown(target: &ResolvedTarget, user: &str, info: ControllerCredentialInfo) -> Shown {
    // the controller does not return the owners of models; a credential is for models of its owner
    let visible = info.models.into_iter().filter(|one| target.may_see_model(&format!("{user}/{}", one.model)));
    let access = |access: String| if access.is_empty() { "no access".to_owned() } else { access };
    Shown {
        content: Content {
            auth_type: info.content.auth_type,
            validity_check: info.content.valid.map(|valid| if valid { "valid" } else { "invalid" }),
            attributes: attributes(target, info.content.attrs),
        },
        models: visible.map(|one| (one.model, access(one.access))).collect(),
    }
}
