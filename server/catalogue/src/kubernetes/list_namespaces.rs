//! `list_namespaces`: namespaces with their phase, and the model of each.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{age, juju, object, well_known};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    place::{Place, TOOLSET},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `list_namespaces`.
pub(super) struct ListNamespaces;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    instance: String,
}

impl Command for ListNamespaces {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "list-namespaces";
    const TOOL_NAME: Option<&'static str> = Some("list_namespaces");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists namespaces with phase and Juju model.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, "").await?;
        let (mut shown, now) =
            (Shown::new(&["NAME", "STATUS", "AGE", "MODEL", "CONTROLLER"], "no namespaces"), Utc::now());
        let field = place.namespace.as_ref().map(|own| format!("metadata.name={own}")).unwrap_or_default();
        let selection = kubernetes::Selection { fields: &field, ..kubernetes::Selection::default() };
        let listing = place.session.list(&well_known::NAMESPACES, selection).await?;
        shown.note_cut(listing.is_cut);
        for one in &listing.items {
            let (name, phase, model) = (object::name(one), object::text(one, "/status/phase"), juju::model(one));
            let (model_name, controller) =
                model.as_ref().map_or(("", ""), |model| (&*model.model, &*model.controller_uuid));
            let cells =
                vec![name.to_owned(), phase.to_owned(), age::age(one, now), or_dash(model_name), or_dash(controller)];
            let data = json!({"name": name, "phase": phase, "created": object::text(one, "/metadata/creationTimestamp"), "juju": model});
            shown.row(cells, data);
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}
