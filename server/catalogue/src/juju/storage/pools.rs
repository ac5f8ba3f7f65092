//! `juju storage-pools`: pools that storage can be made from.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::storage::{
    ListPools,
    pool::{StoragePool, StoragePoolFilter, StoragePoolFilters},
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::bulk_single, text};

/// The tool `juju_storage_pools`.
pub struct StoragePools;

/// Which pools.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    name: Vec<String>,
    provider: Vec<String>,
}

/// A pool.
#[derive(Debug, Serialize)]
pub struct Pool {
    provider: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attrs: BTreeMap<String, Value>,
}

impl Command for StoragePools {
    type Args = Args;
    type Output = BTreeMap<String, Pool>;

    const COMMAND: &'static str = "storage-pools";
    const ALIASES: &'static [&'static str] = &["list-storage-pools"];
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Lists storage pools with provider and attributes.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let filter = StoragePoolFilter { names: args.name, providers: args.provider };
        let reply = connection.call::<ListPools>(StoragePoolFilters { filters: vec![filter] }).await?;
        let pools = bulk_single(reply.results, |item| item.error.take())?.storage_pools;
        let mask = target.option_mask(Vec::new());
        let pool = |StoragePool { name, provider, attrs }| {
            let mut attrs = attrs.unwrap_or_default();
            if let Some(mask) = &mask {
                for (name, value) in &mut attrs {
                    mask.mask(name, value);
                }
            }
            (name, Pool { provider, attrs })
        };
        Ok(pools.into_iter().map(pool).collect())
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, pool| filter.selects(name, pool));
        let row = |(name, pool): (&String, &Pool)| {
            let attrs = pool.attrs.iter().map(|(name, value)| format!("{name}={}", text::cell(value)));
            vec![name.clone(), pool.provider.clone(), attrs.collect::<Vec<_>>().join(" ")]
        };
        let rows = answer.iter().map(row).collect();
        Some(Concise::table(Table::new("pools", &["Pool", "Provider", "Attributes"], rows), "nothing matches"))
    }
}
