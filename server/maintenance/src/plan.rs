//! Plans: which upgrades to make in the next window, step by step, and how to go back.

use chrono::{DateTime, Utc};
use observer::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::MaintenanceWindow;

/// Name of the detector of upgrades.
const DETECTOR: &str = "pending_upgrades";
/// Minutes that one step takes, about.
const MINUTES_OF_A_CHECK: u32 = 1;
const MINUTES_OF_A_CHARM: u32 = 10;
const MINUTES_OF_AGENTS: u32 = 15;
/// How long a step waits until the application has settled.
const SETTLE_TIMEOUT: &str = "10m";
/// Bytes of the id of a plan.
const ID_BYTES: usize = 6;

/// Where a window is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowOrigin {
    /// The configuration.
    Configured,
    /// The quietest span of the week.
    Computed,
}

/// One step of a plan: a call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Name of the tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What it is for, one sentence.
    pub purpose: String,
    /// Minutes that it takes, about.
    pub minutes: u32,
}

/// Upgrades of one model for one window. Each call of it passes policy and approvals like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaintenancePlan {
    /// Its id; equal for the same upgrades.
    pub id: String,
    /// Name of the controller.
    pub controller: Box<str>,
    /// Full name of the model.
    pub model: Box<str>,
    /// When it was proposed.
    pub proposed: DateTime<Utc>,
    /// When to execute it.
    pub window: MaintenanceWindow,
    /// Where the window is from.
    pub origin: WindowOrigin,
    /// The findings that it resolves, by id.
    pub findings: Vec<String>,
    /// The calls in their order.
    pub steps: Vec<PlanStep>,
    /// The calls that go back, in their order; each undoes one step. Agents cannot go back.
    pub rollback: Vec<PlanStep>,
    /// Minutes of all steps, about.
    pub minutes: u32,
    /// Upgrades that do not fit into the window, by name of the application.
    pub postponed: Vec<String>,
}

/// Proposes a plan for the upgrades that are pending in one model; `None` if there are none, or none fits into the window.
#[must_use]
pub fn propose<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    window: MaintenanceWindow,
    origin: WindowOrigin,
    now: DateTime<Utc>,
) -> Option<MaintenancePlan> {
    let is_pending = |finding: &&Finding| finding.is_open() && finding.detector == DETECTOR;
    let mut pending: Vec<&Finding> = findings.into_iter().filter(is_pending).collect();
    // the agents first, because charms can need their version; then by name, so that the same upgrades have the same plan
    pending.sort_by(|one, other| one.entity.cmp(&other.entity));
    pending.sort_by_key(|finding| &*finding.entity.kind != "model");
    let entity = &pending.first()?.entity;
    let (controller, model) = (entity.controller.clone(), entity.model.clone());
    let name = format!("{controller}:{model}");
    let available = u32::try_from((window.end - window.start).num_minutes()).unwrap_or_default();
    let check = step(
        "juju_status",
        json!({"model": name}),
        "Everything is active before the first change.",
        MINUTES_OF_A_CHECK,
    );
    let mut plan = MaintenancePlan {
        id: String::new(),
        controller,
        model,
        proposed: now,
        window,
        origin,
        findings: Vec::new(),
        minutes: MINUTES_OF_A_CHECK,
        steps: vec![check],
        rollback: Vec::new(),
        postponed: Vec::new(),
    };
    let mut hash = Sha256::new();
    for finding in pending.into_iter().filter(|finding| finding.entity.model == plan.model) {
        let (steps, rollback) = steps_of(finding, &name);
        let minutes: u32 = steps.iter().map(|step| step.minutes).sum();
        if plan.minutes + minutes > available {
            plan.postponed.push(finding.entity.name.to_string());
            continue;
        }
        hash.update(finding.fingerprint.as_bytes());
        plan.minutes += minutes;
        plan.findings.push(finding.id.clone());
        plan.steps.extend(steps);
        // the last change is undone first
        plan.rollback.splice(0..0, rollback);
    }
    hash.update(name.as_bytes());
    plan.id = format!("plan-{}", hex::encode(&hash.finalize()[..ID_BYTES]));
    (!plan.findings.is_empty()).then_some(plan)
}

/// The steps of one upgrade, and those that undo it.
fn steps_of(finding: &Finding, model: &str) -> (Vec<PlanStep>, Vec<PlanStep>) {
    let name = &*finding.entity.name;
    let evidence = finding.evidence.first();
    let revision = |text: Option<&String>| text.and_then(|charm| charm.rsplit('-').next()?.parse::<u64>().ok());
    if &*finding.entity.kind == "model" {
        let call = finding.recommended.clone().map(|call| call.arguments).unwrap_or_default();
        let purpose = "It upgrades the agents of the model; they cannot be downgraded.";
        return (vec![step("juju_upgrade_model", Value::Object(call), purpose, MINUTES_OF_AGENTS)], Vec::new());
    }
    let refresh = |revision: Option<u64>, purpose: &str| {
        let mut arguments = json!({"model": model, "application": name});
        if let Some(revision) = revision {
            arguments["revision"] = json!(revision);
        }
        step("juju_refresh", arguments, purpose, MINUTES_OF_A_CHARM)
    };
    let settle = |purpose: &str| {
        let query = "status==\"active\"";
        let arguments =
            json!({"model": model, "kind": "application", "name": name, "query": query, "timeout": SETTLE_TIMEOUT});
        step("juju_wait_for", arguments, purpose, MINUTES_OF_A_CHECK)
    };
    let newer = revision(evidence.map(|evidence| &evidence.expected));
    let current = revision(evidence.map(|evidence| &evidence.value));
    let steps = vec![
        refresh(newer, &format!("It upgrades {name} to the newest revision of its channel.")),
        settle(&format!("{name} is active again; if not, go back.")),
    ];
    let rollback = match current {
        Some(current) => vec![refresh(Some(current), &format!("It returns {name} to the revision before."))],
        None => Vec::new(),
    };
    (steps, rollback)
}

fn step(tool: &str, arguments: Value, purpose: &str, minutes: u32) -> PlanStep {
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        _ => Map::new(),
    };
    PlanStep { tool: tool.to_owned(), arguments, purpose: purpose.to_owned(), minutes }
}

#[cfg(test)]
pub(crate) mod tests {
    use observer::{Evidence, FindingEntity, FindingSeverity, FindingState, FindingTrend};

    use super::*;
    use crate::WeeklySpan;

    pub(crate) fn finding(name: &str, current: &str, newer: &str) -> Finding {
        let kind = if name.is_empty() { "model" } else { "application" };
        Finding {
            id: format!("id-{name}"),
            fingerprint: format!("{name} {newer}"),
            detector: DETECTOR.to_owned(),
            severity: FindingSeverity::Info,
            title: "An upgrade is available.".to_owned(),
            entity: FindingEntity {
                controller: "eu".into(),
                model: "admin/shop".into(),
                kind: kind.into(),
                name: name.into(),
            },
            affected: Vec::new(),
            evidence: vec![Evidence {
                what: "charm".to_owned(),
                value: current.to_owned(),
                expected: newer.to_owned(),
                since: None,
            }],
            consequence_of: None,
            cause: None,
            trend: FindingTrend::default(),
            first_seen: DateTime::UNIX_EPOCH,
            last_seen: DateTime::UNIX_EPOCH,
            recommended: None,
            state: FindingState::Open,
            change: 1,
        }
    }

    fn plan(findings: &[Finding], span: &str) -> Option<MaintenancePlan> {
        let now: DateTime<Utc> = "2026-11-28T02:00:00Z".parse().expect("a time");
        let span: WeeklySpan = span.parse().expect("a span");
        propose(findings, span.next_after(now), WindowOrigin::Configured, now)
    }

    #[test]
    fn plan_has_steps_estimates_and_the_way_back() {
        let findings = [
            finding("web", "ch:web-17", "ch:web-19"),
            finding("db", "ch:amd64/jammy/postgresql-351", "ch:amd64/jammy/postgresql-363"),
            finding("", "3.6.10", "3.6.11"),
        ];
        let found = plan(&findings, "Sun 03:00-05:00").expect("a plan");
        let tools: Vec<_> =
            found.steps.iter().map(|step| (step.tool.as_str(), step.arguments.get("application"))).collect();
        let (db, web) = (json!("db"), json!("web"));
        assert_eq!(
            tools,
            [
                ("juju_status", None),
                ("juju_upgrade_model", None),
                ("juju_refresh", Some(&db)),
                ("juju_wait_for", None),
                ("juju_refresh", Some(&web)),
                ("juju_wait_for", None),
            ]
        );
        assert_eq!(found.steps[2].arguments["revision"], 363);
        let back: Vec<_> = found.rollback.iter().map(|step| &step.arguments["revision"]).collect();
        assert_eq!(back, [&json!(17), &json!(351)], "the last change first");
        assert_eq!(found.minutes, found.steps.iter().map(|step| step.minutes).sum::<u32>());
        assert_eq!(found.window.start.to_rfc3339(), "2026-11-29T03:00:00+00:00");
    }

    #[test]
    fn plan_of_the_same_upgrades_has_the_same_id() {
        let (web, db) = (finding("web", "ch:web-17", "ch:web-19"), finding("db", "ch:db-1", "ch:db-2"));
        let one = plan(&[web.clone(), db.clone()], "Sun 03:00-05:00").expect("a plan");
        let other = plan(&[db, web.clone()], "Mon 03:00-05:00").expect("a plan");
        assert_eq!(one.id, other.id);
        assert_ne!(plan(&[web], "Sun 03:00-05:00").expect("a plan").id, one.id);
    }

    #[test]
    fn calls_of_a_plan_fit_their_tools() {
        let tools = catalogue::Catalogue::builtin();
        let mut agents = finding("", "3.6.10", "3.6.11");
        agents.recommended = Some(observer::RecommendedCall {
            tool: "juju_upgrade_model".to_owned(),
            arguments: json!({"model": "eu:admin/shop", "agent_version": "3.6.11"})
                .as_object()
                .cloned()
                .unwrap_or_default(),
            why: "It upgrades.".to_owned(),
        });
        let found = plan(&[agents, finding("web", "ch:web-17", "ch:web-19")], "Sun 03:00-05:00").expect("a plan");
        for step in found.steps.iter().chain(&found.rollback) {
            let tool = tools.get(&step.tool).unwrap_or_else(|| panic!("{}", step.tool));
            assert!(tool.plan(step.arguments.clone()).is_ok(), "{step:?}");
        }
    }

    #[test]
    fn upgrades_beyond_the_window_are_postponed() {
        let findings = [finding("a", "ch:a-1", "ch:a-2"), finding("b", "ch:b-1", "ch:b-2")];
        let found = plan(&findings, "Sun 03:00-03:15").expect("a plan");
        assert_eq!((found.findings.len(), found.postponed.as_slice()), (1, ["b".to_owned()].as_slice()));
        assert_eq!(plan(&findings, "Sun 03:00-03:05"), None);
    }
}
