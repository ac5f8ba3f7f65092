//! `alertmanager_expire_silence`: ends a silence.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    silences::matchers_text,
    site::{Site, TOOLSET},
};
use crate::{Command, Failure, ResolvedTarget, Scope, target};

/// The tool `alertmanager_expire_silence`.
pub(crate) struct ExpireSilence;

/// Which silence.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    id: String,
    instance: Option<String>,
}

/// The silence that has ended.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    id: String,
    matchers: String,
}

impl Command for ExpireSilence {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "alertmanager-expire-silence";
    const TOOL_NAME: Option<&'static str> = Some("alertmanager_expire_silence");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Ends a silence of alerts.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("silence", &args.id)]
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let site = Site::new(target, args.instance.as_deref())?;
        let found = site.alertmanager()?.silence(&args.id, site.limit()).await?;
        let silence = found.ok_or_else(|| no_silence(&args.id))?;
        Ok(Some(
            json!({"matchers": matchers_text(&silence.matchers), "ends_at": silence.ends_at, "comment": silence.comment}),
        ))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let client = site.alertmanager()?;
        let silence = client.silence(&args.id, site.limit()).await?.ok_or_else(|| no_silence(&args.id))?;
        client.expire_silence(&silence).await?;
        Ok(Output { id: silence.id, matchers: matchers_text(&silence.matchers) })
    }
}

fn no_silence(id: &str) -> Failure {
    Failure::refused(format!("there is no silence `{id}`"), "see alertmanager_silences")
}
