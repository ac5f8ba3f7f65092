//! `juju grant` and `juju revoke`: access of a user to models, offers or the controller.

use std::{marker::PhantomData, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    code::Code,
    facade::{
        application_offers::{
            ModifyOfferAccess,
            offer::{ModifyOfferAccessParams, ModifyOfferAccessRequest},
        },
        controller::{
            ModifyControllerAccess,
            access::{ModifyControllerAccessParams, ModifyControllerAccessRequest},
        },
        model_manager::{
            ModifyModelAccess,
            access::{ModifyModelAccessParams, ModifyModelAccessRequest},
        },
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, OfferUrl, ResolvedTarget, Scope, target};

/// One of the two tools.
pub struct ChangeAccess<K>(PhantomData<fn() -> K>);

/// What distinguishes the two.
pub trait Change: Send + Sync + 'static {
    /// The command of the client, and the action of the API.
    const COMMAND: &'static str;
    /// What it does.
    const DESCRIPTION: &'static str;
}

/// The tool `juju_grant`.
pub struct Grant;

/// The tool `juju_revoke`.
pub struct Revoke;

impl Change for Grant {
    const COMMAND: &'static str = "grant";
    const DESCRIPTION: &'static str = "Gives a user access to models, offers or the controller.";
}

impl Change for Revoke {
    const COMMAND: &'static str = "revoke";
    const DESCRIPTION: &'static str = "Takes access to models, offers or the controller from a user.";
}

/// A user, the access and what it is to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    user: String,
    /// models: read, write, admin; offers: read, consume, admin; controller: login, superuser
    permission: String,
    /// models or URLs of offers; none for the controller
    #[serde(default)]
    to: Vec<String>,
}

/// What was changed.
#[derive(Debug, Serialize)]
pub struct Output {
    user: String,
    permission: String,
    to: Vec<String>,
}

/// Access to models.
const TO_MODELS: [&str; 3] = ["read", "write", "admin"];
/// Access to offers.
const TO_OFFERS: [&str; 3] = ["read", "consume", "admin"];
/// Access to the controller.
const TO_CONTROLLER: [&str; 2] = ["login", "superuser"];

/// Whether this is the URL of an offer and not the name of a model: names of users have dots, those of models do not.
fn is_offer(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn check(args: &Args) -> Result<(), String> {
    super::check_name(&args.user)?;
    let offers = args.to.iter().filter(|name| is_offer(name)).count();
    if offers > 0 && offers < args.to.len() {
        return Err("`to` has to name models or URLs of offers, not both".to_owned());
    }
    for url in args.to.iter().filter(|_| offers > 0) {
        if OfferUrl::parse("to", url)?.controller.is_some() {
            return Err(format!("`to` names another controller: name it as `controller`, not in {url}"));
        }
    }
    let known: &[&str] = match (args.to.is_empty(), offers) {
        (true, _) => &TO_CONTROLLER,
        (false, 0) => &TO_MODELS,
        (false, _) => &TO_OFFERS,
    };
    if known.contains(&args.permission.as_str()) {
        return Ok(());
    }
    let what = match (args.to.is_empty(), offers) {
        (true, _) => "the controller, because `to` is empty",
        (false, 0) => "models",
        (false, _) => "offers",
    };
    Err(format!("`permission` has to be one of {} for {what}, not: {}", known.join(", "), args.permission))
}

impl<K: Change> Command for ChangeAccess<K> {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = K::COMMAND;
    const TOOLSET: &'static str = "access";
    const DESCRIPTION: &'static str = K::DESCRIPTION;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["user", "permission", "to"];

    fn validate(args: &Args) -> Result<(), String> {
        check(args)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let entity = |name: &String| {
            let kind = if is_offer(name) { EntityKind::Offer } else { EntityKind::Model };
            TargetEntity::unresolved(kind, name)
        };
        std::iter::once(target::other("user", &args.user)).chain(args.to.iter().map(entity)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let user = Tag::new("user", &args.user).to_string();
        let (action, access) = (K::COMMAND, args.permission.as_str());
        if args.to.is_empty() {
            to_controller(&connection, user, action, access).await?;
        } else if args.to.iter().any(|name| is_offer(name)) {
            to_offers(&connection, user, action, access, &args.to).await?;
        } else {
            to_models(&connection, &target, (user, action, access), &args.to).await?;
        }
        Ok(Output { user: args.user, permission: args.permission, to: args.to })
    }
}

async fn to_controller(connection: &Connection, user: String, action: &str, access: &str) -> Result<(), Failure> {
    let change = ModifyControllerAccessParams { user_tag: user, action: action.to_owned(), access: access.to_owned() };
    let params = ModifyControllerAccessRequest { changes: vec![change] };
    Ok(connection.call::<ModifyControllerAccess>(params).await?.into_result()?)
}

async fn to_offers(
    connection: &Connection,
    user_tag: String,
    action: &str,
    access: &str,
    urls: &[String],
) -> Result<(), Failure> {
    let own = connection.session().await?.user().to_owned();
    let change = |url: &String| ModifyOfferAccessParams {
        user_tag: user_tag.clone(),
        action: action.to_owned(),
        access: access.to_owned(),
        offer_url: if url.contains('/') { url.clone() } else { format!("{own}/{url}") },
    };
    let params = ModifyOfferAccessRequest { changes: urls.iter().map(change).collect() };
    Ok(connection.call::<ModifyOfferAccess>(params).await?.into_result()?)
}

async fn to_models(
    connection: &Connection,
    target: &ResolvedTarget,
    (user_tag, action, access): (String, &str, &str),
    models: &[String],
) -> Result<(), Failure> {
    let mut changes = Vec::new();
    for name in models {
        let model = target.controller()?.find_model(name).await?;
        changes.push(ModifyModelAccessParams {
            user_tag: user_tag.clone(),
            action: action.to_owned(),
            access: access.to_owned(),
            model_tag: Tag::new("model", &model.uuid).to_string(),
        });
    }
    let reply = connection.call::<ModifyModelAccess>(ModifyModelAccessRequest { changes }).await?;
    // what the user has already is no failure
    let failed = reply.results.into_iter().filter_map(|item| item.error);
    match failed.into_iter().find(|error| error.code != Code::AlreadyExists) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
