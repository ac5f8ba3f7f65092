//! `prometheus_rules`: rules that alert or record.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Rule, RuleGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_rules`.
pub(crate) struct Rules;

/// Kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Rules that alert.
    Alerting,
    /// Rules that record series.
    Recording,
}

/// Which rules.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    instance: Option<String>,
}

/// A rule with its group.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    group: String,
    #[serde(flatten)]
    rule: Rule,
}

impl Command for Rules {
    type Args = Args;
    type Output = Vec<Row>;

    const COMMAND: &'static str = "prometheus-rules";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_rules");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists the rules that alert or record.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Row>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let groups = site.prometheus()?.rules(site.limit()).await?;
        let is_wanted = |rule: &Rule| match args.kind {
            None => true,
            Some(Kind::Alerting) => rule.kind == "alerting",
            Some(Kind::Recording) => rule.kind == "recording",
        };
        let rows = |group: RuleGroup| {
            let name = group.name;
            group.rules.into_iter().map(move |rule| Row { group: name.clone(), rule })
        };
        Ok(groups.into_iter().flat_map(rows).filter(|row| is_wanted(&row.rule)).collect())
    }

    fn concise(answer: &mut Vec<Row>, filter: &Filter) -> Option<Concise> {
        answer.retain(|row| filter.selects(&row.rule.name, row));
        let rows = answer.iter().map(cells).collect();
        let heading = ["RULE", "GROUP", "STATE", "FOR", "QUERY", "ERROR"];
        Some(Concise::table(Table::new("rules", &heading, rows), "no rules"))
    }
}

fn cells(row: &Row) -> Vec<String> {
    let rule = &row.rule;
    let state = if rule.kind == "recording" { "records" } else { rule.state.as_str() };
    let lasting = if rule.duration > 0.0 { format!("{} s", render::number(rule.duration)) } else { String::new() };
    vec![rule.name.clone(), row.group.clone(), state.to_owned(), lasting, rule.query.clone(), rule.last_error.clone()]
}
