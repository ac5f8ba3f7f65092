//! `juju find`: charms and bundles in Charmhub.

use std::sync::Arc;

use charmhub::{Found, Query};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, bases, publisher, sorted};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `juju_find`.
pub struct Find;

/// Kinds of packages.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Charms.
    Charm,
    /// Bundles.
    Bundle,
}

/// What to look for.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// words
    query: Option<String>,
    category: Option<String>,
    channel: Option<String>,
    publisher: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
}

/// A charm or bundle as the client prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    name: String,
    publisher: String,
    summary: String,
    version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    architectures: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    os: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supports: Vec<Base>,
    store_url: String,
}

impl Command for Find {
    type Args = Args;
    type Output = Vec<Output>;

    const COMMAND: &'static str = "find";
    const TOOLSET: &'static str = "charmhub";
    const DESCRIPTION: &'static str = "Finds charms and bundles in Charmhub.";
    const SCOPE: Scope = Scope::Client;
    const ANSWERS_UNTRUSTED: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["query"];
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let kind = match args.kind {
            None => "",
            Some(Kind::Charm) => "charm",
            Some(Kind::Bundle) => "bundle",
        };
        let query = Query {
            text: args.query.unwrap_or_default(),
            category: args.category.unwrap_or_default(),
            channel: args.channel.unwrap_or_default(),
            publisher: args.publisher.unwrap_or_default(),
            kind: kind.to_owned(),
        };
        let found = target.externals().charmhub()?.find(&query).await?;
        Ok(found.into_iter().map(output).collect())
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(&one.name, one));
        let row = |one: &Output| {
            let supports: Vec<_> = one.supports.iter().map(Base::text).collect();
            vec![
                one.name.clone(),
                one.kind.clone(),
                one.version.clone(),
                one.publisher.clone(),
                supports.join(","),
                one.summary.clone(),
            ]
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Name", "Type", "Version", "Publisher", "Supports", "Summary"];
        Some(Concise::table(Table::new("packages", &heading, rows), "no charm or bundle matches"))
    }
}

fn output(found: Found) -> Output {
    let revision = found.default_release.revision;
    Output {
        publisher: publisher(&found.entity),
        kind: found.kind,
        id: found.id,
        name: found.name,
        summary: found.entity.summary,
        version: revision.version,
        architectures: sorted(revision.bases.iter().map(|base| &base.architecture)),
        os: sorted(revision.bases.iter().map(|base| &base.name)),
        supports: bases(&revision.bases),
        store_url: found.entity.store_url,
    }
}
