//! `diagnose_cluster`: issues of a cluster with severity, evidence and recommendation, and a score.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{SCORE_FORMULA, Snapshot, Thresholds, diagnose, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `diagnose_cluster`.
pub(super) struct DiagnoseCluster;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    instance: String,
}

impl Command for DiagnoseCluster {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "diagnose-cluster";
    const TOOL_NAME: Option<&'static str> = Some("diagnose_cluster");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Diagnoses a cluster: score 0-100, issues with evidence and advice.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let snapshot = read(&place).await?;
        let diagnosis = diagnose(&snapshot, &Thresholds::default(), Utc::now());
        let mut shown = Shown::new(
            &["SEVERITY", "ISSUE", "NAMESPACE", "OBJECT", "UNITS", "EVIDENCE", "RECOMMENDATION"],
            "no issues",
        );
        shown
            .line(format!("score {} of 100; {} issues", diagnosis.score, diagnosis.issues.len()))
            .line(format!("score: {SCORE_FORMULA}"));
        shown.fact("score", diagnosis.score).fact("formula", SCORE_FORMULA);
        shown.fact("scope", place.namespace.clone().unwrap_or_else(|| "cluster".to_owned()));
        for issue in &diagnosis.issues {
            let cells = vec![
                issue.severity.as_str().to_owned(),
                issue.kind.to_owned(),
                or_dash(&issue.namespace),
                issue.object.clone(),
                or_dash(&issue.units.join(",")),
                issue.evidence.join("; "),
                issue.recommendation.clone(),
            ];
            shown.row(cells, json!(issue));
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

/// Everything that a diagnosis looks at and the call may see.
async fn read(place: &Place) -> Result<Snapshot, Failure> {
    let session = &place.session;
    let mut snapshot = Snapshot::default();
    if place.namespace.is_none() {
        snapshot.nodes = session.list(&well_known::NODES, place.all()).await?.items;
        snapshot.node_metrics = session.list_optional(&well_known::NODE_METRICS, place.all()).await?;
    }
    snapshot.pods = session.list(&well_known::PODS, place.all()).await?.items;
    for kind in [well_known::DEPLOYMENTS, well_known::STATEFUL_SETS, well_known::DAEMON_SETS] {
        snapshot.workloads.extend(session.list(&kind, place.all()).await?.items);
    }
    snapshot.jobs = session.list(&well_known::JOBS, place.all()).await?.items;
    snapshot.claims = session.list(&well_known::CLAIMS, place.all()).await?.items;
    snapshot.events = session.list(&well_known::EVENTS, place.all()).await?.items;
    Ok(snapshot)
}
