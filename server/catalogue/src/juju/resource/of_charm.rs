//! `juju charm-resources`: resources of a charm in the store.

use std::sync::Arc;

use juju_wire::facade::{
    application::origin::CharmOrigin,
    charms::{
        ListCharmResources,
        resolve::{CharmResourceResult, CharmURLAndOrigin, CharmURLAndOrigins},
    },
    resources::CharmResource,
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HEADING, Stored};
use crate::{Command, Concise, Failure, Filter, RISKS, ResolvedTarget, Scope, Table, juju::charmhub::parse_channel};

/// The tool `juju_charm_resources`.
pub struct CharmResources;

/// Which charm.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    charm: String,
    #[schemars(extend("default" = "stable"))]
    channel: Option<String>,
}

impl Command for CharmResources {
    type Args = Args;
    type Output = Vec<Stored>;

    const COMMAND: &'static str = "charm-resources";
    const ALIASES: &'static [&'static str] = &["list-charm-resources"];
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Lists resources of a charm in Charmhub; juju_resources those in use.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["charm"];
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        let name = args.charm.strip_prefix("ch:").unwrap_or(&args.charm);
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_/".contains(&byte);
        if name.is_empty() || name.starts_with(['-', '/']) || !name.bytes().all(fits) {
            return Err(format!("`charm` has to be the name of a charm in Charmhub, not: {}", args.charm));
        }
        parse_channel(args.channel.as_deref().unwrap_or(RISKS[0])).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let (track, risk) = parse_channel(args.channel.as_deref().unwrap_or(RISKS[0]))
            .map_err(|problem| Failure::refused(problem, "write it like `14/stable`"))?;
        let name = args.charm.strip_prefix("ch:").unwrap_or(&args.charm);
        let origin = CharmOrigin { source: "charm-hub".to_owned(), track, risk, ..CharmOrigin::default() };
        let charm = CharmURLAndOrigin { charm_url: format!("ch:{name}"), charm_origin: origin, ..Default::default() };
        let reply = connection.call::<ListCharmResources>(CharmURLAndOrigins { entities: vec![charm] }).await?;
        let resources = reply.results.into_iter().next().unwrap_or_default();
        let mut stored = resources.into_iter().map(resource).collect::<Result<Vec<_>, Failure>>()?;
        stored.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(stored)
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(&one.name, one));
        let rows = answer.iter().map(Stored::row).collect();
        Some(Concise::table(Table::new("resources", &HEADING, rows), "no resource, or none matches"))
    }
}

fn resource(wire: CharmResourceResult) -> Result<Stored, Failure> {
    let CharmResourceResult { error, name, kind, path, description, origin, revision, fingerprint, size } = wire;
    match error {
        Some(error) => Err(error.into()),
        None => Ok(Stored::of(CharmResource { name, kind, path, description, origin, revision, fingerprint, size })),
    }
}
