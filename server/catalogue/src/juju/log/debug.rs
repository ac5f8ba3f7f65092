//! `juju debug-log`: the last lines of a model's log, or groups of similar ones.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use juju_wire::{
    debug_log::{LogQuery, LogRecord},
    tag::Tag,
};
use logs::{LogFilter, LogGroup, LogGroups, LogLevel, LogLine};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Concise, Failure, Filter, JujuAccess, ResolvedTarget, Scope, Table, entity, juju::model::wait::duration,
    target,
};

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
    include_label: Vec<String>,
    exclude_label: Vec<String>,
    /// at least, `WARNING`
    level: String,
    /// in the message
    contains: String,
    /// `30m` ago, or a time (RFC 3339)
    since: String,
    until: String,
    /// count similar lines, from `WARNING` on
    grouped: bool,
    #[schemars(extend("default" = 20))]
    lines: Option<u16>,
}

/// Lines of the log, the oldest first, or groups of them, the largest first.
#[derive(Debug, Serialize)]
pub struct Output {
    #[serde(flatten)]
    found: Found,
    /// What is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lines or groups.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Found {
    Lines(Vec<Line>),
    Groups(Vec<LogGroup>),
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

const DEFAULT_LINES: u16 = 20;
const MAX_LINES: u16 = 2_000;
/// Lines that are grouped; Juju 3.6 sends no more.
const MAX_GROUPED_LINES: u16 = 10_000;
const MAX_GROUPS: usize = 500;
/// Entities that a row names.
const MAX_NAMED: usize = 3;

impl Command for DebugLog {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "debug-log";
    const TOOLSET: &'static str = "debug";
    const DESCRIPTION: &'static str = "Shows the log of a model, or its errors grouped.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("lines|groups");
    // the arguments limit them
    const DEFAULT_ROWS: usize = usize::MAX;

    // `apiserver/httpcontext.go` of Juju 3.6 knows no model in the token of an HTTP request, so only superusers could read the log
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::RoleCredential
    }

    fn validate(args: &Args) -> Result<(), String> {
        args.filter(Utc::now())?;
        let most = if args.grouped { MAX_GROUPED_LINES } else { MAX_LINES };
        match args.lines {
            Some(0) => Err("`lines` has to be 1 or more".to_owned()),
            Some(lines) if lines > most => Err(format!("`lines` has to be {most} at most")),
            _ => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::or_all_applications(args.include.iter().map(|name| source(name)))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let filter = args.filter(Utc::now()).map_err(Failure::bad_argument)?;
        let default = if args.grouped { MAX_GROUPED_LINES } else { DEFAULT_LINES };
        let open = async |lines| {
            let (include_label, exclude_label) = (args.include_label.clone(), args.exclude_label.clone());
            let query = LogQuery { include_label, exclude_label, ..filter.past_query(lines) };
            connection.debug_log(&query).await
        };
        let excerpt = logs::read_excerpt(&filter, args.lines.unwrap_or(default), open).await?;
        let mut note = excerpt.is_cut.then(|| format!("only the last {} lines were searched", excerpt.searched));
        let found = if args.grouped {
            let mut groups = LogGroups::new(MAX_GROUPS);
            for record in excerpt.records {
                groups.add(&LogLine::from_record(record, Utc::now()));
            }
            let ungrouped = groups.ungrouped();
            note = note
                .or_else(|| (ungrouped > 0).then(|| format!("{ungrouped} lines are in no group: there are too many")));
            Found::Groups(groups.into_sorted())
        } else {
            Found::Lines(excerpt.records.into_iter().map(line).collect())
        };
        Ok(Output { found, note })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let table = match &mut answer.found {
            Found::Lines(lines) => {
                lines.retain(|line| filter.selects("", line));
                Table::log("lines", lines.iter().map(text_of_line))
            }
            Found::Groups(groups) => {
                groups.retain(|group| filter.selects("", group));
                let heading = ["COUNT", "LEVEL", "FIRST", "LAST", "ENTITIES", "MODULE", "PATTERN"];
                Table::new("groups", &heading, groups.iter().map(row_of_group).collect())
            }
        };
        match answer.note.take() {
            Some(note) => Some(Concise::with_head(vec![note]).and(table)),
            None => Some(Concise::table(table, "no such lines")),
        }
    }
}

impl Args {
    /// The lines that these arguments select.
    fn filter(&self, now: DateTime<Utc>) -> Result<LogFilter, String> {
        let unset = if self.grouped { LogLevel::Warning } else { LogLevel::Trace };
        let level = match self.level.as_str() {
            "" => unset,
            name => LogLevel::from_name(name).ok_or_else(|| {
                let levels = "TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL";
                format!("`level` has to be one of {levels}, not: {name}")
            })?,
        };
        let tags = |names: &[String]| names.iter().map(|name| tag(name)).collect();
        Ok(LogFilter {
            level,
            include_entity: tags(&self.include),
            exclude_entity: tags(&self.exclude),
            include_module: self.include_module.clone(),
            exclude_module: self.exclude_module.clone(),
            since: time_of("since", &self.since, now)?,
            until: time_of("until", &self.until, now)?,
            contains: self.contains.clone(),
        })
    }
}

/// The time that an argument means: that long ago, or a time; `None` for an empty text.
pub(crate) fn time_of(name: &str, text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let ago = || now.checked_sub_signed(TimeDelta::from_std(duration(text)?).ok()?);
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(ago);
    time.map(Some).ok_or_else(|| format!("`{name}` has to be like 30m, 2h or 2026-11-28T09:30:00Z, not: {text}"))
}

fn text_of_line(line: &Line) -> String {
    let Line { entity, timestamp, level, module, message, .. } = line;
    let clock = timestamp.split_once('T').map_or(timestamp.as_str(), |(_, clock)| clock.get(..8).unwrap_or(clock));
    format!("{entity}: {clock} {level} {module} {message}")
}

fn row_of_group(group: &LogGroup) -> Vec<String> {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut entities: Vec<&str> = group.entities.keys().map(String::as_str).take(MAX_NAMED).collect();
    let others = format!("+{}", group.entities.len().saturating_sub(MAX_NAMED));
    if group.entities.len() > MAX_NAMED {
        entities.push(&others);
    }
    vec![
        group.count.to_string(),
        group.level.to_string(),
        time(group.first),
        time(group.last),
        entities.join(","),
        group.module.clone(),
        group.pattern.clone(),
    ]
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
