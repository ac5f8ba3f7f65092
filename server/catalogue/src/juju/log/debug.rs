//! `juju debug-log`: the last lines of a model's log.

use std::sync::Arc;

use futures::StreamExt;
use juju_wire::{
    debug_log::{LogQuery, LogRecord},
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Concise, Failure, Filter, JujuAccess, ResolvedTarget, Scope, Table, entity, target};

/// The tool `juju_debug_log`.
pub struct DebugLog;

/// Which lines.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// `web/0`, `web`, `0`
    include: Vec<String>,
    exclude: Vec<String>,
    include_module: Vec<String>,
    exclude_module: Vec<String>,
    /// at least, `WARNING`
    level: String,
    #[schemars(extend("default" = 20))]
    lines: Option<u16>,
}

/// Lines of the log, the oldest first.
#[derive(Debug, Serialize)]
pub struct Output {
    lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Serialize)]
pub struct Line {
    entity: String,
    timestamp: String,
    level: String,
    module: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    location: String,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
}

const LEVELS: &[&str] = &["", "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const DEFAULT_LINES: u16 = 20;
const MOST_LINES: u16 = 2_000;

impl Command for DebugLog {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "debug-log";
    const TOOLSET: &'static str = "debug";
    const DESCRIPTION: &'static str = "Shows the log of a model.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("lines");
    // the arguments limit them
    const DEFAULT_ROWS: usize = usize::MAX;

    // `apiserver/httpcontext.go` of Juju 3.6 knows no model in the token of an HTTP request, so only superusers could read the log
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::RoleCredential
    }

    fn validate(args: &Args) -> Result<(), String> {
        if !LEVELS.contains(&args.level.to_uppercase().as_str()) {
            return Err(format!("`level` has to be one of {}, not: {}", LEVELS[1..].join(", "), args.level));
        }
        match args.lines {
            Some(0) => Err("`lines` has to be 1 or more".to_owned()),
            Some(lines) if lines > MOST_LINES => Err(format!("`lines` has to be {MOST_LINES} at most")),
            _ => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::or_all_applications(args.include.iter().map(|name| source(name)))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let tags = |names: Vec<String>| names.iter().map(|name| tag(name)).collect();
        let query = LogQuery {
            include_entity: tags(args.include),
            exclude_entity: tags(args.exclude),
            include_module: args.include_module,
            exclude_module: args.exclude_module,
            level: args.level.to_uppercase(),
            backlog: u32::from(args.lines.unwrap_or(DEFAULT_LINES)),
            no_tail: true,
            ..LogQuery::default()
        };
        let mut records = connection.debug_log(&query).await?;
        let mut lines = Vec::new();
        while let Some(record) = records.next().await {
            lines.push(line(record?));
        }
        Ok(Output { lines })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.lines.retain(|line| filter.selects("", line));
        let line = |one: &Line| {
            let time = one
                .timestamp
                .split_once('T')
                .map_or(one.timestamp.as_str(), |(_, clock)| clock.get(..8).unwrap_or(clock));
            let Line { entity, level, module, message, .. } = one;
            format!("{entity}: {time} {level} {module} {message}")
        };
        Some(Concise::table(Table::log("lines", answer.lines.iter().map(line)), "no such lines"))
    }
}

fn line(wire: LogRecord) -> Line {
    Line {
        entity: wire.entity,
        timestamp: wire.timestamp,
        level: wire.severity,
        module: wire.module,
        location: wire.location,
        message: wire.message,
        labels: wire.labels,
    }
}

/// The entity that a name means, as [`tag`] reads it.
fn source(name: &str) -> TargetEntity {
    if name.contains('*') {
        return TargetEntity::unresolved(EntityKind::Application, name);
    }
    let tag = tag(name);
    match tag.split_once('-') {
        Some(("machine", id)) => target::machine(id),
        // all units of an application
        Some(("unit", rest)) if rest.ends_with("-*") => target::application(rest.trim_end_matches("-*")),
        Some(("unit", _)) if name.contains('/') => target::unit(name),
        _ => TargetEntity::Known(tag),
    }
}

/// Whether a text is the tag of a machine, a unit or a controller, or a pattern of tags. The name of an application never is: it has no word of
/// digits alone.
fn is_tag(name: &str) -> bool {
    let number = |id: &str| id.rsplit('-').next().is_some_and(entity::is_machine);
    let kind = name.split_once('-').map(|(kind, id)| (kind, number(id)));
    name.contains('*') || matches!(kind, Some(("machine" | "unit" | "controller", true)))
}

/// The tag for a machine id, a unit or an application; a tag is returned unchanged.
fn tag(name: &str) -> String {
    let numbers = name.split('/').next().is_some_and(|first| first.parse::<u32>().is_ok());
    match () {
        () if numbers => Tag::new("machine", name).to_string(),
        () if name.contains('/') => Tag::new("unit", name).to_string(),
        // a tag as the client takes one; `model-registry` and `unit-tests` are applications
        () if is_tag(name) => name.to_owned(),
        () => format!("unit-{name}-*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_as_entities() {
        for (name, meant) in [
            ("0", "machine-0"),
            ("0/lxd/1", "machine-0-lxd-1"),
            ("web/0", "unit-web-0"),
            ("web", "unit-web-*"),
            ("unit-web-0", "unit-web-0"),
            ("machine-0", "machine-0"),
            ("controller-0", "controller-0"),
            ("unit-web-*", "unit-web-*"),
            ("model-registry", "unit-model-registry-*"),
            ("application-server", "unit-application-server-*"),
            ("controller-ui", "unit-controller-ui-*"),
            ("unit-tests", "unit-unit-tests-*"),
            ("machine-learning", "unit-machine-learning-*"),
        ] {
            assert_eq!(tag(name), meant);
        }
    }
}
