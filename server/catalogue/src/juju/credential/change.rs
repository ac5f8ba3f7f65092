//! `juju add-credential`, `juju update-credential` and `juju remove-credential`: the user's credentials at the controller.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    Code, RemoteError,
    facade::{
        cloud::{
            RevokeCredentialsCheckModels, UpdateCredentialsCheckModels, UserCredentials,
            credential::{
                RevokeCredentialArg, RevokeCredentialArgs, TaggedCredential, UpdateCredentialArgs,
                UpdateCredentialResult, UserCloud, UserClouds,
            },
        },
        controller::model::CloudCredential,
    },
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Blocks, Command, Failure, ResolvedTarget, Scope,
    juju::{
        cloud::change::{check_name, require},
        render::{bulk_single, id},
    },
    target,
};

/// One of the two tools that give the controller a credential.
pub struct GiveCredential<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Give: Send + Sync + 'static {
    /// Its arguments.
    type Args: Given;
    /// The command of the client.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// Other names of the command.
    const ALIASES: &'static [&'static str] = &[];
    /// Whether the credential has to exist.
    const EXISTS: bool;
    /// What it reports.
    const DONE: &'static str;
}

/// Arguments with a credential.
pub trait Given: Serialize + for<'de> Deserialize<'de> + JsonSchema + Send + Sync + 'static {
    /// What they have in common.
    fn parts(&self) -> Parts<'_>;
}

/// A credential, and whether models have to work with it.
pub struct Parts<'a> {
    cloud: &'a str,
    credential: &'a str,
    auth_type: &'a str,
    secret_attributes: &'a BTreeMap<String, String>,
    force: bool,
}

/// The tool `juju_add_credential`.
pub struct Add;

/// The tool `juju_update_credential`.
pub struct Update;

impl Give for Add {
    type Args = AddArgs;

    const COMMAND: &'static str = "add-credential";
    const DESCRIPTION: &'static str = "Adds a credential for a cloud to the controller.";
    const EXISTS: bool = false;
    const DONE: &'static str = "added";
}

impl Give for Update {
    type Args = UpdateArgs;

    const COMMAND: &'static str = "update-credential";
    const ALIASES: &'static [&'static str] = &["update-credentials"];
    const DESCRIPTION: &'static str = "Replaces a credential of the controller; its models are checked first.";
    const EXISTS: bool = true;
    const DONE: &'static str = "updated";
}

/// The tool `juju_remove_credential`.
pub struct RemoveCredential;

/// A credential. Its attributes are in no record of this program.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddArgs {
    cloud: String,
    credential: String,
    /// `access-key`, `userpass` ...
    auth_type: String,
    /// those of the authentication type
    secret_attributes: BTreeMap<String, String>,
}

impl Given for AddArgs {
    fn parts(&self) -> Parts<'_> {
        let Self { cloud, credential, auth_type, secret_attributes } = self;
        Parts { cloud, credential, auth_type, secret_attributes, force: false }
    }
}

/// A credential that replaces one. Its attributes are in no record of this program.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArgs {
    cloud: String,
    credential: String,
    /// `access-key`, `userpass` ...
    auth_type: String,
    /// those of the authentication type
    secret_attributes: BTreeMap<String, String>,
    /// although models do not work with it
    #[serde(default)]
    force: bool,
}

impl Given for UpdateArgs {
    fn parts(&self) -> Parts<'_> {
        let Self { cloud, credential, auth_type, secret_attributes, force } = self;
        Parts { cloud, credential, auth_type, secret_attributes, force: *force }
    }
}

/// A credential that goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveArgs {
    cloud: String,
    credential: String,
    /// although models use it
    #[serde(default)]
    force: bool,
}

/// What happened with a credential.
#[derive(Debug, Serialize)]
pub struct Output {
    cloud: String,
    credential: String,
    state: &'static str,
    /// Models that use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    models: Vec<String>,
}

impl<K: Give> Command for GiveCredential<K> {
    type Args = K::Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const ALIASES: &'static [&'static str] = K::ALIASES;
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = K::EXISTS;
    const POSITIONAL: &'static [&'static str] = &["cloud", "credential"];

    fn validate(args: &K::Args) -> Result<(), String> {
        let args = args.parts();
        check_name(args.cloud)?;
        check_credential(args.credential)?;
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if args.auth_type.is_empty() || !args.auth_type.bytes().all(is_word) || args.auth_type.starts_with('-') {
            return Err(format!("`auth_type` has to be a type like `userpass`, not: {}", args.auth_type));
        }
        if args.auth_type == "interactive" {
            return Err("`auth_type` cannot be interactive: give the attributes of another type".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &K::Args) -> Vec<TargetEntity> {
        let Parts { cloud, credential, .. } = args.parts();
        vec![target::other("cloud", cloud), target::other("cloudcred", &format!("{cloud}/{credential}"))]
    }

    fn required_entities(_: &K::Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &K::Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.parts().force)])
    }

    async fn preview(args: &K::Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let Parts { cloud, credential, .. } = args.parts();
        require(target, cloud).await?;
        let (_, known) = own(&*target.controller_connection().await?, cloud).await?;
        check_exists(K::EXISTS, credential, &known).map(|()| None)
    }

    async fn run(_: Permit, args: K::Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let Parts { cloud, credential, auth_type, secret_attributes, force } = args.parts();
        let connection = target.controller_connection().await?;
        let (user, known) = own(&connection, cloud).await?;
        check_exists(K::EXISTS, credential, &known)?;
        let (auth_type, attrs) = (auth_type.to_owned(), secret_attributes.clone());
        let tagged = TaggedCredential {
            tag: tag(cloud, &user, credential),
            credential: CloudCredential { auth_type, attrs, ..CloudCredential::default() },
        };
        let params = UpdateCredentialArgs { credentials: vec![tagged], force };
        let reply = connection.call::<UpdateCredentialsCheckModels>(params).await?;
        let result = bulk_single(reply.results, |item| item.error.take().filter(|_| item.models.is_empty()))?;
        let models = models(&result, force)?;
        Ok(Output { cloud: cloud.to_owned(), credential: credential.to_owned(), state: K::DONE, models })
    }
}

impl Command for RemoveCredential {
    type Args = RemoveArgs;
    type Output = Output;

    const COMMAND: &'static str = "remove-credential";
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Removes a credential that no model uses from the controller.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["cloud", "credential"];

    fn validate(args: &RemoveArgs) -> Result<(), String> {
        check_name(&args.cloud)?;
        check_credential(&args.credential)
    }

    fn target_entities(args: &RemoveArgs) -> Vec<TargetEntity> {
        vec![
            target::other("cloud", &args.cloud),
            target::other("cloudcred", &format!("{}/{}", args.cloud, args.credential)),
        ]
    }

    fn required_entities(_: &RemoveArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &RemoveArgs) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &RemoveArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.cloud).await?;
        let (_, known) = own(&*target.controller_connection().await?, &args.cloud).await?;
        check_exists(true, &args.credential, &known).map(|()| Some(json!({"credential": args.credential})))
    }

    async fn run(_: Permit, args: RemoveArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let user = connection.session().await?.user().to_owned();
        let credential = RevokeCredentialArg { tag: tag(&args.cloud, &user, &args.credential), force: args.force };
        let params = RevokeCredentialArgs { credentials: vec![credential] };
        connection.call::<RevokeCredentialsCheckModels>(params).await?.into_result()?;
        Ok(Output { cloud: args.cloud, credential: args.credential, state: "removed", models: Vec::new() })
    }
}

/// Refuses what is not the name of a credential (`names.IsValidCloudCredentialName`).
fn check_credential(name: &str) -> Result<(), String> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || ".@_+-".contains(letter);
    let fits = name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(inside);
    if fits {
        Ok(())
    } else {
        Err(format!("`credential` has to be the name of a credential like `default`, not: {name}"))
    }
}

fn tag(cloud: &str, user: &str, name: &str) -> String {
    Tag::new("cloudcred", format!("{cloud}/{user}/{name}")).to_string()
}

/// The user of the connection, and the names of that user's credentials for a cloud.
async fn own(connection: &Connection, cloud: &str) -> Result<(String, Vec<String>), Failure> {
    let session = connection.session().await?;
    let user_cloud =
        UserCloud { user_tag: session.user_tag().to_owned(), cloud_tag: Tag::new("cloud", cloud).to_string() };
    let reply = connection.call::<UserCredentials>(UserClouds { user_clouds: vec![user_cloud] }).await?;
    let tags = bulk_single(reply.results, |item| item.error.take())?.result;
    let names = tags.iter().filter_map(|tag| id(tag).rsplit('/').next().map(str::to_owned));
    Ok((session.user().to_owned(), names.collect()))
}

fn check_exists(wanted: bool, name: &str, known: &[String]) -> Result<(), Failure> {
    let exists = known.iter().any(|known| known == name);
    let (error, remedy) = match (wanted, exists) {
        (true, false) => {
            let listed = if known.is_empty() { "none for this cloud".to_owned() } else { known.join(", ") };
            (RemoteError::not_found(format!("credential \"{name}\"")), format!("the controller has: {listed}"))
        }
        (false, true) => {
            let error = RemoteError::new(Code::AlreadyExists, format!("credential \"{name}\" already exists"));
            (error, "use juju_update_credential to replace it, or choose another name".to_owned())
        }
        _ => return Ok(()),
    };
    Err(Failure::Unmet { error: Box::new(error), remedy: Some(remedy) })
}

/// The models that use a credential. Fails where one does not work with it, and the change was not forced.
fn models(result: &UpdateCredentialResult, force: bool) -> Result<Vec<String>, Failure> {
    let problem = |model: &juju_wire::facade::cloud::credential::UpdateCredentialModelResult| {
        let first = model.errors.iter().find_map(|error| error.error.as_ref())?;
        Some(format!("{}: {}", model.name, first.message))
    };
    let problems: Vec<_> = result.models.iter().filter_map(problem).collect();
    if problems.is_empty() || force {
        return Ok(result.models.iter().map(|model| model.name.clone()).collect());
    }
    Err(Failure::refused(
        format!("models would not work with the credential: {}", problems.join("; ")),
        "correct its attributes; `force` stores it in spite of that",
    ))
}
