//! `prometheus_alerts`: the active alerts with their rules, units and silences.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{JoinedAlert, join_alerts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, count};

/// The tool `prometheus_alerts`.
pub(crate) struct Alerts;

/// Which alerts.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// no pending ones
    firing: bool,
    instance: Option<String>,
}

/// The alerts, firing ones first.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    alerts: Vec<JoinedAlert>,
    /// What could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Command for Alerts {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "prometheus-alerts";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_alerts");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists active alerts with their rules and units.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("alerts");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let client = site.prometheus()?;
        let (mut alerts, groups) = futures::try_join!(client.alerts(site.limit()), client.rules(site.limit()))?;
        alerts.retain(|alert| !args.firing || alert.state == "firing");
        let (managed, note) = match site.alertmanager_beside() {
            Some(alertmanager) if !alerts.is_empty() => match alertmanager.alerts(site.limit()).await {
                Ok(managed) => (managed, None),
                Err(error) => (Vec::new(), Some(format!("silences are unknown: {error}"))),
            },
            _ => (Vec::new(), None),
        };
        Ok(Output { alerts: join_alerts(alerts, &groups, &managed), note })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.alerts.retain(|alert| filter.selects(&alert.name, alert));
        let alerts = &answer.alerts;
        let firing = alerts.iter().filter(|alert| alert.state == "firing").count();
        let mut head = match alerts.len() {
            0 => vec!["no active alerts".to_owned()],
            all => vec![format!("{}: {firing} firing, {} pending", count(all, "alert"), all - firing)],
        };
        head.extend(answer.note.take());
        let heading =
            ["ALERT", "STATE", "SEVERITY", "MODEL", "UNIT", "SINCE", "VALUE", "SILENCED BY", "RULE", "SUMMARY"];
        Some(Concise::with_head(head).and(Table::new("alerts", &heading, alerts.iter().map(row).collect())))
    }
}

fn row(alert: &JoinedAlert) -> Vec<String> {
    let since = alert.since.as_deref().unwrap_or_default();
    // without fractions of a second
    let since = since.split_once('.').map_or(since.to_owned(), |(seconds, _)| format!("{seconds}Z"));
    vec![
        alert.name.clone(),
        alert.state.clone(),
        alert.severity.clone(),
        alert.topology.model.clone(),
        alert.topology.entity().to_owned(),
        since,
        alert.value.parse().map_or_else(|_| alert.value.clone(), render::number),
        alert.silenced_by.join(","),
        alert.rule.as_ref().map(|rule| rule.query.clone()).unwrap_or_default(),
        alert.summary.clone(),
    ]
}
