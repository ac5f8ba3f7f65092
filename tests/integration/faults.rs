//! The labelled faults in `tests/faults`: the class of the cause and the root, by the observer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
    sync::Arc,
};

use chrono::TimeDelta;
use juju_sim::{AgentTiming, Change, Settings, Simulator};
use observer::{CauseClass, Finding, FindingEntity, Measurement, MeasurementKind, ObserverSettings};
use serde::Deserialize;
use tests::ObservedEstate;

/// Classes in the order of the matrix.
const CLASSES: [CauseClass; 3] = [CauseClass::Charm, CauseClass::Configuration, CauseClass::Infrastructure];

/// A fault with its label; `tests/faults/README.md` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    name: String,
    class: CauseClass,
    root: String,
    chain: Vec<String>,
    scenario: String,
    minutes: u32,
    #[serde(default)]
    baseline: bool,
    changes: Vec<Change>,
    #[serde(default)]
    measurements: Vec<Series>,
}

/// Measured values that grow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    #[serde(default)]
    model: Option<String>,
    entity: String,
    kind: MeasurementKind,
    from: f64,
    per_minute: f64,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("faults")
}

/// The faults of a half, by the prefix of their files.
fn faults(prefix: &str) -> Vec<Fault> {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .expect("the folder of faults")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fault");
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    files.into_iter().map(read).collect()
}

/// What the observer answers.
struct Answer {
    class: Option<CauseClass>,
    /// Whether the first finding is the root of the label.
    names_root: bool,
    /// Entities of the chain that do not lead to the root.
    lost: Vec<String>,
    text: String,
}

async fn play(fault: &Fault) -> Answer {
    let file = folder().join("estates").join(&fault.scenario);
    let scenario = if file.exists() { file.display().to_string() } else { fault.scenario.clone() };
    let timing = AgentTiming::default();
    let settings = Settings { scenario, units: None, listen: ([127, 0, 0, 1], 0).into(), timing };
    let simulator = Arc::new(Simulator::start(settings).await.expect("a simulator"));
    let mut estate = ObservedEstate::start(simulator, None, ObserverSettings::default()).await;
    if fault.baseline {
        let models: BTreeSet<&str> =
            fault.changes.iter().map(|change| change.model.as_deref().unwrap_or("shop")).collect();
        for model in models {
            estate.save_baseline(model).await;
        }
    }
    let start = estate.now;
    for minute in 0..=fault.minutes {
        estate.now = start + TimeDelta::minutes(minute.into());
        let due: Vec<Change> = fault.changes.iter().filter(|change| change.minute == minute).cloned().collect();
        estate.change(&due).await;
        for (model, measurements) in measured(fault, minute, start) {
            estate.measure(&model, measurements).await;
        }
        estate.look().await;
    }
    answer(fault, &estate)
}

fn measured(fault: &Fault, minute: u32, start: chrono::DateTime<chrono::Utc>) -> BTreeMap<String, Vec<Measurement>> {
    let mut by_model: BTreeMap<String, Vec<Measurement>> = BTreeMap::new();
    for series in &fault.measurements {
        let point = |minute: u32| {
            let value = series.from + series.per_minute * f64::from(minute);
            (start + TimeDelta::minutes(minute.into()), value.clamp(0.0, 100.0))
        };
        let entity_kind = if series.entity.contains('/') { "unit" } else { "machine" };
        let measurement = Measurement {
            entity_kind: entity_kind.into(),
            entity: series.entity.as_str().into(),
            kind: series.kind,
            detail: Box::default(),
            points: (0..=minute).map(point).collect(),
        };
        let model = series.model.clone().unwrap_or_else(|| "shop".to_owned());
        by_model.entry(model).or_default().push(measurement);
    }
    by_model
}

fn answer(fault: &Fault, estate: &ObservedEstate) -> Answer {
    let open = estate.open();
    let failures: Vec<&Arc<Finding>> =
        open.iter().filter(|finding| finding.severity > observer::FindingSeverity::Info).collect();
    let root = failures.first();
    let names_root = root.is_some_and(|finding| is(&finding.entity, &fault.root));
    let by_id: BTreeMap<&str, &Arc<Finding>> = open.iter().map(|finding| (&*finding.id, finding)).collect();
    let leads = |finding: &Arc<Finding>| {
        let mut current = finding;
        for _ in 0..open.len() {
            match current.consequence_of.as_deref().and_then(|id| by_id.get(id)) {
                Some(next) => current = next,
                None => break,
            }
        }
        is(&current.entity, &fault.root)
    };
    let is_lost = |entity: &&String| {
        let own: Vec<_> = failures.iter().filter(|finding| is(&finding.entity, entity)).collect();
        own.is_empty() || !own.into_iter().all(|finding| leads(finding))
    };
    let lost = fault.chain.iter().filter(is_lost).cloned().collect();
    let mut text = String::new();
    for finding in &open {
        let cause = finding.cause.as_ref();
        let _ = writeln!(
            text,
            "    {} {} {} <- {:?} {:?} {:?}",
            finding.detector,
            finding.entity.name,
            finding.title,
            finding.consequence_of.as_deref().and_then(|id| by_id.get(id)).map(|parent| parent.entity.name.clone()),
            cause.map(|cause| (cause.class.word(), cause.confidence)),
            cause.map(|cause| &cause.reasons),
        );
    }
    Answer { class: root.and_then(|finding| Some(finding.cause.as_ref()?.class)), names_root, lost, text }
}

/// Whether an entity is that of a label, `unit web/0`; `application web` is also right for its units and the other way.
fn is(entity: &FindingEntity, label: &str) -> bool {
    let (kind, name) = label.split_once(' ').unwrap_or((label, ""));
    let application = |kind: &str, name: &str| match kind {
        "application" => Some(name.to_owned()),
        "unit" => name.split_once('/').map(|(application, _)| application.to_owned()),
        _ => None,
    };
    let same = *entity.kind == *kind && *entity.name == *name;
    let is_application = kind == "application" || &*entity.kind == "application";
    same || (is_application
        && application(kind, name).is_some()
        && application(kind, name) == application(&entity.kind, &entity.name))
}

/// The least that has to be right of a half; it only rises.
struct Least {
    classes: usize,
    /// Faults with the root named first, to which the whole chain leads.
    roots: usize,
}

/// Plays the faults of a half, prints the confusion matrix, and checks it.
async fn check(prefix: &str, least: Least) {
    let faults = faults(prefix);
    assert!(!faults.is_empty() || prefix == "b-", "no faults in tests/faults");
    let mut matrix: BTreeMap<(CauseClass, Option<CauseClass>), usize> = BTreeMap::new();
    let (mut problems, mut right, mut named) = (String::new(), 0, 0);
    for fault in &faults {
        let answer = Box::pin(play(fault)).await;
        *matrix.entry((fault.class, answer.class)).or_default() += 1;
        right += usize::from(answer.class == Some(fault.class));
        named += usize::from(answer.names_root && answer.lost.is_empty());
        let is_wrong = answer.class != Some(fault.class);
        if is_wrong || !answer.names_root || !answer.lost.is_empty() {
            let _ = writeln!(
                problems,
                "  {}: class {:?} instead of {:?}; root {}; does not lead to it: {:?}\n{}",
                fault.name,
                answer.class,
                fault.class,
                if answer.names_root { "right" } else { "wrong" },
                answer.lost,
                answer.text
            );
        }
    }
    println!("\ncause classes of {} faults ({prefix}*.yaml), rows are right, columns are answers:", faults.len());
    println!("{:<16}{:>14}{:>14}{:>14}{:>8}", "", "charm", "configuration", "infrastructure", "none");
    for class in CLASSES {
        let count = |answer: Option<CauseClass>| matrix.get(&(class, answer)).copied().unwrap_or_default();
        let [charm, configuration, infrastructure] = CLASSES.map(|answer| count(Some(answer)));
        println!("{:<16}{charm:>14}{configuration:>14}{infrastructure:>14}{:>8}", class.word(), count(None));
    }
    println!("right: {right} of {}\n{problems}", faults.len());
    println!("roots and chains right: {named} of {}", faults.len());
    assert!(right >= least.classes, "too many classes are wrong:\n{problems}");
    assert!(named >= least.roots, "roots are wrong:\n{problems}");
}

#[tokio::test]
async fn faults_of_the_first_half_are_classified_and_their_roots_named() {
    Box::pin(check("a-", Least { classes: 18, roots: 18 })).await;
}

#[tokio::test]
async fn faults_of_the_second_half_are_classified_and_their_roots_named() {
    Box::pin(check("b-", Least { classes: 12, roots: 12 })).await;
}
