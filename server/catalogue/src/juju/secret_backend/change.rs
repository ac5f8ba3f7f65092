//! `juju add-secret-backend`, `juju update-secret-backend` and `juju remove-secret-backend`.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::Connection;
use juju_wire::facade::secret_backends::{
    AddSecretBackendArg, AddSecretBackendArgs, AddSecretBackends, ListSecretBackends, ListSecretBackendsArgs,
    RemoveSecretBackendArg, RemoveSecretBackendArgs, RemoveSecretBackends, UpdateSecretBackendArg,
    UpdateSecretBackendArgs, UpdateSecretBackends,
};
use juju_wire::{Code, RemoteError};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, entity, juju::model::wait::duration, nearest, target};

/// The tool `juju_add_secret_backend`.
pub struct AddSecretBackend;

/// The tool `juju_update_secret_backend`.
pub struct UpdateSecretBackend;

/// The tool `juju_remove_secret_backend`.
pub struct RemoveSecretBackend;

/// A new backend.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddArgs {
    name: String,
    /// vault or kubernetes
    backend_type: String,
    /// `endpoint`, `token`, `token-rotate` ...
    config: BTreeMap<String, Value>,
    import_id: Option<String>,
}

/// Changes of a backend.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArgs {
    name: String,
    /// `name` renames it
    #[serde(default)]
    config: BTreeMap<String, Value>,
    #[serde(default)]
    reset: Vec<String>,
    /// although it cannot be reached
    #[serde(default)]
    force: bool,
}

/// A backend that goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveArgs {
    name: String,
    /// although it has secrets
    #[serde(default)]
    force: bool,
}

/// What happened with a backend.
#[derive(Debug, Serialize)]
pub struct Output {
    backend: String,
    state: &'static str,
}

/// The option that is no setting of the backend itself.
const TOKEN_ROTATE: &str = "token-rotate";

impl Command for AddSecretBackend {
    type Args = AddArgs;
    type Output = Output;

    const COMMAND: &'static str = "add-secret-backend";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Adds a backend such as Vault, where models can store their secrets.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["name", "backend_type"];

    fn validate(args: &AddArgs) -> Result<(), String> {
        check_name(&args.name)?;
        if !["vault", "kubernetes"].contains(&args.backend_type.as_str()) {
            return Err(format!("`backend_type` has to be vault or kubernetes, not: {}", args.backend_type));
        }
        if args.config.is_empty() {
            return Err("`config` has to have at least one option".to_owned());
        }
        entity::check_values("config", &args.config)?;
        split_interval(args.config.clone(), false).map(drop)
    }

    fn target_entities(args: &AddArgs) -> Vec<TargetEntity> {
        vec![target::other("secretbackend", &args.name)]
    }

    fn required_entities(_: &AddArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &AddArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        if !names(&*target.controller_connection().await?).await?.contains(&args.name) {
            return Ok(None);
        }
        let error = RemoteError::new(Code::AlreadyExists, format!("secret backend \"{}\" already exists", args.name));
        Err(Failure::Unmet {
            error: Box::new(error),
            remedy: Some("choose another name, or use juju_update_secret_backend".to_owned()),
        })
    }

    async fn run(_: Permit, args: AddArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let (config, token_rotate_interval) = split_interval(args.config, false).map_err(odd)?;
        let backend = AddSecretBackendArg {
            name: args.name.clone(),
            backend_type: args.backend_type,
            token_rotate_interval,
            config,
            id: args.import_id.unwrap_or_default(),
        };
        let connection = target.controller_connection().await?;
        connection.call::<AddSecretBackends>(AddSecretBackendArgs { args: vec![backend] }).await?.into_result()?;
        Ok(Output { backend: args.name, state: "added" })
    }
}

impl Command for UpdateSecretBackend {
    type Args = UpdateArgs;
    type Output = Output;

    const COMMAND: &'static str = "update-secret-backend";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Changes the options of a backend for secrets.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn validate(args: &UpdateArgs) -> Result<(), String> {
        check_name(&args.name)?;
        if args.config.is_empty() && args.reset.is_empty() {
            return Err("give `config` or `reset`".to_owned());
        }
        entity::check_values("config", &args.config)?;
        entity::check_reset(args.config.keys(), &args.reset)?;
        split_interval(args.config.clone(), true).map(drop)
    }

    fn target_entities(args: &UpdateArgs) -> Vec<TargetEntity> {
        vec![target::other("secretbackend", &args.name)]
    }

    fn required_entities(_: &UpdateArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &UpdateArgs) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &UpdateArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.name).await
    }

    async fn run(_: Permit, args: UpdateArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let (mut config, token_rotate_interval) = split_interval(args.config, true).map_err(odd)?;
        let backend = UpdateSecretBackendArg {
            name: args.name.clone(),
            name_change: config.remove("name").as_ref().map(entity::text),
            token_rotate_interval,
            config,
            reset: args.reset,
            force: args.force,
        };
        let connection = target.controller_connection().await?;
        connection
            .call::<UpdateSecretBackends>(UpdateSecretBackendArgs { args: vec![backend] })
            .await?
            .into_result()?;
        Ok(Output { backend: args.name, state: "updated" })
    }
}

impl Command for RemoveSecretBackend {
    type Args = RemoveArgs;
    type Output = Output;

    const COMMAND: &'static str = "remove-secret-backend";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Removes a backend for secrets; with force also its secrets.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn validate(args: &RemoveArgs) -> Result<(), String> {
        check_name(&args.name)
    }

    fn target_entities(args: &RemoveArgs) -> Vec<TargetEntity> {
        vec![target::other("secretbackend", &args.name)]
    }

    fn required_entities(_: &RemoveArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &RemoveArgs) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &RemoveArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.name).await
    }

    async fn run(_: Permit, args: RemoveArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let backend = RemoveSecretBackendArg { name: args.name.clone(), force: args.force };
        let connection = target.controller_connection().await?;
        connection
            .call::<RemoveSecretBackends>(RemoveSecretBackendArgs { args: vec![backend] })
            .await?
            .into_result()?;
        Ok(Output { backend: args.name, state: "removed" })
    }
}

fn odd(problem: String) -> Failure {
    Failure::refused(problem, "correct `config`")
}

/// Refuses what is not the name of a backend.
fn check_name(name: &str) -> Result<(), String> {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits =
        name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(inside) && !name.ends_with('-');
    if fits { Ok(()) } else { Err(format!("`name` has to be the name of a backend like `my-vault`, not: {name}")) }
}

/// The options of the backend, and how often its token is renewed in nanoseconds.
fn split_interval(
    mut config: BTreeMap<String, Value>,
    may_be_zero: bool,
) -> Result<(BTreeMap<String, Value>, Option<i64>), String> {
    let Some(value) = config.remove(TOKEN_ROTATE) else { return Ok((config, None)) };
    let text = entity::text(&value);
    let interval = if text == "0" { Some(std::time::Duration::ZERO) } else { duration(&text) };
    let nanoseconds = interval.and_then(|interval| i64::try_from(interval.as_nanos()).ok());
    match nanoseconds {
        Some(0) if !may_be_zero => Err(format!("`config.{TOKEN_ROTATE}` cannot be 0")),
        Some(interval) => Ok((config, Some(interval))),
        None => Err(format!("`config.{TOKEN_ROTATE}` has to be like 10m or 24h, not: {text}")),
    }
}

/// The names of all backends of the controller.
async fn names(connection: &Connection) -> Result<Vec<String>, Failure> {
    let listed = connection.call::<ListSecretBackends>(ListSecretBackendsArgs::default()).await?.results;
    Ok(listed.into_iter().map(|backend| backend.result.name).collect())
}

/// Fails where the controller has no such backend, so that no approver is asked about a mistyped name.
async fn require(target: &ResolvedTarget, name: &str) -> Result<Option<Value>, Failure> {
    let names = names(&*target.controller_connection().await?).await?;
    if names.iter().any(|known| known == name) {
        return Ok(Some(json!({"backend": name})));
    }
    let remedy = nearest(name, names.iter().map(String::as_str))
        .map_or_else(|| format!("there are: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
    let error = Box::new(RemoteError::not_found(format!("secret backend \"{name}\"")));
    Err(Failure::Unmet { error, remedy: Some(remedy) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_separated_from_the_options() {
        let split =
            |text: &str, zero: bool| split_interval(BTreeMap::from([(TOKEN_ROTATE.to_owned(), json!(text))]), zero);
        assert_eq!(split("10m", false), Ok((BTreeMap::new(), Some(600_000_000_000))));
        assert_eq!(split("0", true), Ok((BTreeMap::new(), Some(0))));
        assert!(split("0", false).is_err() && split("often", true).is_err());
        for name in ["", "-x", "x-", "X", "a b", "--force"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
