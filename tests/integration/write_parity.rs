//! Every writing command sends the same requests as the real Juju client: facade, version, method and parameters, as a simulated
//! controller records them; and the real client then shows the same estate.

mod administration;
mod bundles;
mod controllers;
mod networks;
mod workloads;

use std::{collections::BTreeSet, time::Duration};

use juju_sim::Simulator;
use serde_json::{Value, json};
use tests::{SideBySide, side_by_side::simulator};

/// The estate in which most commands run.
const ESTATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/real/compare/estate.yaml");

/// A tool with its arguments, and the client's words for the same.
type Case = (&'static str, Value, &'static [&'static str]);

/// Members of requests that differ, by tool, with the reason. This list may only shrink: the test fails for a row without a difference.
const DIFFERENCES: [(&str, &str, &str); 11] = [
    ("add-model", "authorized-keys", "the client adds the keys of its user; a server has none"),
    ("consume", "macaroon", "the same macaroon in another form of JSON"),
    ("consume", "offer-uuid", "each simulated controller makes its own"),
    ("deploy", "macaroon", "the same macaroon in another form of JSON"),
    ("deploy", "names-image", "each simulated controller makes its own id of a pending resource"),
    ("deploy", "num-units", "the client sends its default, 1; left out it is 1, but for a subordinate"),
    ("deploy", "offer-uuid", "each simulated controller makes its own"),
    ("exec", "execution-group", "the client drops its own flag"),
    ("exec", "parallel", "the client drops its own flag"),
    ("refresh", "channel", "the client leaves the track out; the origin has it"),
    ("refresh", "endpoint-bindings", "the client repeats the bindings that the application has"),
];

/// Times between two looks at both estates, and how often the test looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
const MAX_LOOKS: usize = 40;

/// Members without a value mean the same as none.
fn normalised(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, normalised(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(normalised).collect(),
        other => other,
    }
}

fn recorded(simulator: &Simulator) -> Vec<Value> {
    let mut requests: Vec<_> = simulator.take_recorded_writes().into_iter().map(normalised).collect();
    for request in requests.iter_mut().filter_map(Value::as_object_mut) {
        // no parameters, and none
        request.retain(|name, value| name != "params" || *value != json!({}));
    }
    requests
}

/// A value without these members.
fn without(value: &Value, names: &[&str]) -> Value {
    match value {
        Value::Object(map) => {
            let others = map.iter().filter(|(name, _)| !names.contains(&name.as_str()));
            others.map(|(name, value)| (name.clone(), without(value, names))).collect()
        }
        Value::Array(items) => items.iter().map(|item| without(item, names)).collect(),
        other => other.clone(),
    }
}

/// A controller for `juju-mcp`, and one like it for the real client.
struct Twins {
    our_simulator: Simulator,
    their_simulator: Simulator,
    ours: SideBySide,
    theirs: SideBySide,
}

impl Twins {
    async fn start(scenario: &str) -> Self {
        let (our_simulator, their_simulator) = (simulator(scenario).await, simulator(scenario).await);
        let ours = SideBySide::on_simulator(&our_simulator).await;
        let theirs = SideBySide::on_simulator(&their_simulator).await;
        Self { our_simulator, their_simulator, ours, theirs }
    }

    /// Both run one case; the problems, and the members of the list of differences that differ.
    async fn compare(&self, (tool, arguments, words): &Case) -> (Vec<String>, BTreeSet<&'static str>) {
        // what the simulator refuses, it refuses of both
        let outcome = self.ours.juju_mcp(tool, arguments).await.map(drop);
        let expected = self.theirs.juju_cli_text(words).await.map(drop);
        let (sent, wanted) = (recorded(&self.our_simulator), recorded(&self.their_simulator));
        let rows: Vec<_> = DIFFERENCES.iter().filter(|(name, ..)| name == tool).map(|(_, member, _)| *member).collect();
        let reduced = |requests: &[Value], members: &[&str]| without(&json!(requests), members);
        let (mut found, mut used) = (Vec::new(), BTreeSet::new());
        if wanted.is_empty() {
            found.push(format!("juju {words:?} sends nothing: {expected:?}"));
        }
        if sent == wanted {
            return (found, used);
        }
        if reduced(&sent, &rows) == reduced(&wanted, &rows) {
            let differs = |member: &&&str| {
                let others: Vec<_> = rows.iter().copied().filter(|other| other != *member).collect();
                reduced(&sent, &others) != reduced(&wanted, &others)
            };
            used.extend(rows.iter().filter(differs));
        } else {
            let (sent, wanted) = (json!(sent), json!(wanted));
            found.push(format!(
                "{tool} {arguments}\n  sends   {sent}\n  instead {wanted}\n  {outcome:?}, and the client {expected:?}"
            ));
        }
        (found, used)
    }

    /// Where the real client shows another estate after our write than after its own.
    async fn estates_differ(&self, model: &str) -> Option<String> {
        let mut last = String::new();
        for _ in 0..MAX_LOOKS {
            let (ours, theirs) = tokio::join!(shown(&self.ours, model), shown(&self.theirs, model));
            if ours == theirs {
                return None;
            }
            // the agents of both work on, each in its own time
            last = difference(&ours, &theirs);
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Some(last)
    }

    async fn run(&self, cases: &[Case]) -> (Vec<String>, BTreeSet<(&'static str, &'static str)>) {
        let (mut found, mut used) = (Vec::new(), BTreeSet::new());
        for case in cases {
            let (problems, members) = self.compare(case).await;
            found.extend(problems);
            used.extend(members.into_iter().map(|member| (case.0, member)));
            if let Some(model) = case.1["model"].as_str() {
                let differs = self.estates_differ(model).await;
                found.extend(differs.map(|text| format!("after {} {}: {text}", case.0, case.1)));
            }
        }
        (found, used)
    }
}

/// The status and the bundle of a model, as the real client shows them, without times and what each controller makes itself.
async fn shown(pair: &SideBySide, model: &str) -> (Result<Value, String>, Result<String, String>) {
    let status = pair.juju_cli(&["status", "-m", model]).await;
    let status = status.map(|status| without(&status, &["since", "timestamp"]));
    (status, pair.juju_cli_text(&["export-bundle", "-m", model]).await)
}

type Shown = (Result<Value, String>, Result<String, String>);

/// What differs of two views of one estate.
fn difference(ours: &Shown, theirs: &Shown) -> String {
    if ours.1 != theirs.1 {
        return format!("the bundle is\n{:?}\n  instead of\n{:?}", ours.1, theirs.1);
    }
    let mut found = Vec::new();
    match (&ours.0, &theirs.0) {
        (Ok(ours), Ok(theirs)) => differing_members("", ours, theirs, &mut found),
        other => found.push(format!("{other:?}")),
    }
    format!("the status differs: {}", found.join("; "))
}

fn differing_members(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                differing_members(&format!("{path}.{name}"), &ours[name], &theirs[name], found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path} is {ours}, not {theirs}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn writes_send_the_requests_of_the_real_client_and_leave_the_same_estate() {
    let twins = Twins::start(ESTATE).await;
    let cases = [administration::cases(), bundles::cases(), workloads::cases(), administration::upgrades()].concat();
    let (mut found, used) = twins.run(&cases).await;
    let unused = DIFFERENCES.iter().filter(|(tool, member, _)| !used.contains(&(*tool, *member)));
    found.extend(unused.map(|(tool, member, _)| format!("{tool} {member} does not differ; take the row off the list")));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn writes_in_subnets_and_clusters_send_the_requests_of_the_real_client() {
    let twins = Twins::start("kubernetes").await;
    let (found, _) = twins.run(&networks::cases()).await;
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
