//! Generated tests of the queue: random changes, receivers, limits and restarts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use observer::{
    Evidence, Finding, FindingChange, FindingChangeKind, FindingEntity, FindingSeverity, FindingState, FindingTrend,
    RecommendedCall,
};
use policy::Pattern;
use serde_json::{Map, Value, json};

use crate::{
    Delivery, DeliveryQueue, DeliveryStep, Receiver, ReceiverKind,
    message::{alerts, chat},
};

/// Seeds of each test; a failure names its seed.
const SEEDS: u64 = 200;

/// Pseudorandom numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn receiver(name: &str, min_severity: FindingSeverity, models: &[&str]) -> Receiver {
    Receiver {
        name: name.to_owned(),
        kind: ReceiverKind::Chat,
        url: String::new(),
        token: None,
        signing_key: None,
        client: client(),
        min_severity,
        models: models.iter().map(|text| Pattern::new(*text)).collect(),
    }
}

/// A client that sends nothing; the product's has the authorities of the configuration.
fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().use_preconfigured_tls(tls).build().expect("a client")
}

fn finding(id: &str, severity: FindingSeverity, state: FindingState) -> Finding {
    let entity = FindingEntity {
        controller: "eu".into(),
        model: "admin/shop".into(),
        kind: "unit".into(),
        name: "web/0".into(),
    };
    Finding {
        id: id.to_owned(),
        fingerprint: id.to_owned(),
        detector: "hook_retries".to_owned(),
        severity,
        title: "A hook fails.".to_owned(),
        entity,
        affected: Vec::new(),
        evidence: vec![Evidence {
            what: "failed runs".to_owned(),
            value: "3".to_owned(),
            expected: "0".to_owned(),
            since: None,
        }],
        consequence_of: None,
        cause: None,
        trend: FindingTrend::default(),
        first_seen: DateTime::UNIX_EPOCH,
        last_seen: DateTime::UNIX_EPOCH,
        recommended: None,
        state,
        change: 0,
    }
}

fn change(number: u64, finding: Finding) -> FindingChange {
    let change = match finding.state {
        FindingState::Open => FindingChangeKind::Opened,
        FindingState::Closed => FindingChangeKind::Closed,
    };
    FindingChange { number, time: DateTime::UNIX_EPOCH, change, finding: Arc::new(finding) }
}

/// The store of the tests: the documents by id.
#[derive(Default)]
struct Documents(BTreeMap<String, String>);

impl Documents {
    fn save(&mut self, queue: &mut DeliveryQueue) {
        for change in queue.unsaved() {
            match change.body {
                Some(body) => drop(self.0.insert(change.id, body)),
                None => drop(self.0.remove(&change.id)),
            }
        }
        queue.record_saved();
    }

    fn restart(&self, limit: usize) -> DeliveryQueue {
        let (queue, unreadable) = DeliveryQueue::from_documents(self.0.clone().into_iter().collect(), limit);
        assert!(unreadable.is_empty());
        queue
    }
}

#[test]
fn each_finding_is_announced_and_resolved_once_over_restarts_and_failures() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers::new(seed);
        let receivers = [
            receiver("all", FindingSeverity::Info, &[]),
            receiver("critical", FindingSeverity::Critical, &["eu:*"]),
            receiver("elsewhere", FindingSeverity::Info, &["us:*"]),
        ];
        let mut changes = Vec::new();
        for at in 0..20 {
            let severity = if numbers.below(2) == 0 { FindingSeverity::Warning } else { FindingSeverity::Critical };
            changes.push(finding(&format!("f{at}"), severity, FindingState::Open));
            if numbers.below(2) == 0 {
                changes.push(finding(&format!("f{at}"), FindingSeverity::Critical, FindingState::Open));
            }
            changes.push(finding(&format!("f{at}"), severity, FindingState::Closed));
        }
        let changes: Vec<_> = (1..).zip(changes).map(|(number, finding)| change(number, finding)).collect();
        let (mut documents, mut queue, mut next) =
            (Documents::default(), DeliveryQueue::from_documents(Vec::new(), 100).0, 0);
        let mut sent: BTreeMap<(String, DeliveryStepWord), u32> = BTreeMap::new();
        let mut idle = 0;
        while next < changes.len() || idle < 300 {
            match numbers.below(4) {
                0 if next < changes.len() => {
                    queue.apply(&changes[next], &receivers);
                    // a restart replays changes that are queued already
                    queue.apply(&changes[next.saturating_sub(1)], &receivers);
                    next += 1;
                    documents.save(&mut queue);
                }
                1 => queue = documents.restart(100),
                // a receiver that is away
                2 => {}
                _ => {
                    let name = &receivers[usize::try_from(numbers.below(3)).unwrap_or_default()].name;
                    for (id, step, _) in queue.due(name, 1 + usize::try_from(numbers.below(3)).unwrap_or_default()) {
                        *sent.entry((id.clone(), step.word())).or_default() += 1;
                        queue.record_sent(&id, step, Utc::now());
                        documents.save(&mut queue);
                    }
                    idle += usize::from(next == changes.len());
                }
            }
        }
        assert!(sent.values().all(|count| *count == 1), "seed {seed}: {sent:?}");
        let of = |name: &str| sent.keys().filter(|(id, _)| id.starts_with(name)).count();
        assert_eq!(of("all/"), 40, "seed {seed}");
        assert_eq!(of("elsewhere/"), 0, "seed {seed}");
        assert!(of("critical/") > 0 && of("critical/") % 2 == 0, "seed {seed}");
        assert_eq!(documents.0.len(), 1, "seed {seed}: only the position is left: {:?}", documents.0);
    }
}

type DeliveryStepWord = &'static str;

#[test]
fn ended_findings_are_dropped_first_above_the_limit() {
    let all = [receiver("all", FindingSeverity::Info, &[])];
    let mut queue = DeliveryQueue::from_documents(Vec::new(), 3).0;
    let open = |id: &str| finding(id, FindingSeverity::Warning, FindingState::Open);
    let states = [
        open("a"),
        open("b"),
        open("c"),
        finding("b", FindingSeverity::Warning, FindingState::Closed),
        open("d"),
        open("e"),
    ];
    for (number, state) in (1..).zip(states) {
        queue.apply(&change(number, state), &all);
    }
    let left: Vec<_> = queue.due("all", 9).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(left, ["all/c", "all/d", "all/e"], "the ended one, then the oldest");
    assert_eq!((queue.dropped("all"), queue.queued("all")), (2, 3));
}

#[test]
fn messages_have_the_proposed_call_and_no_secret() {
    let mut found = finding("f1", FindingSeverity::Critical, FindingState::Open);
    found.title = "Charm \u{202e}wrote password=Canary1-hunter2 <!channel> @here".to_owned();
    found.evidence[0].value = "postgresql://u:Canary1-hunter2@db/x".to_owned();
    let arguments: Map<String, Value> =
        [("units".to_owned(), json!(["web/0"])), ("password".to_owned(), json!("Canary1-hunter2"))]
            .into_iter()
            .collect();
    found.recommended =
        Some(RecommendedCall { tool: "juju_resolved".to_owned(), arguments, why: "It retries.".to_owned() });
    let delivery = Delivery { receiver: "x".to_owned(), finding: found, queued: 1, announced: None };
    let alert = alerts(&[(DeliveryStep::Announce, &delivery)], Duration::from_mins(5), Utc::now());
    let text = chat(DeliveryStep::Announce, &delivery);
    for message in [&alert, &text] {
        let message = message.to_string();
        assert!(!message.contains("hunter2") && !message.contains('\u{202e}'), "{message}");
        assert!(message.contains("juju_resolved") && message.contains("web/0"), "{message}");
    }
    assert!(!text.to_string().contains("<!channel>"), "{text}");
    let labels = &alert[0]["labels"];
    assert_eq!(labels["alertname"], "juju_hook_retries");
    assert_eq!(
        (&labels["juju_model"], &labels["juju_unit"], &labels["severity"]),
        (&json!("shop"), &json!("web/0"), &json!("critical"))
    );
    assert_eq!(
        alert[0]["annotations"]["proposed_call"],
        r#"juju_resolved {"units":["web/0"],"password":"(redacted)"}"#
    );
}
