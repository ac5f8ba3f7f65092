//! The state of a model as comparable lines: of the estate's graph, and of what `juju status` reads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use estate::{ModelGraph, StatusNode};
use juju_wire::{
    Life,
    facade::client::{
        application::UnitStatus, entity_status::DetailedStatus, machine::MachineStatus, status::FullStatusResult,
    },
};

/// One line for each fact that both report.
type Lines = BTreeSet<String>;

/// The facts of the graph.
pub(super) fn lines_of_graph(graph: &ModelGraph) -> Lines {
    let mut lines = Lines::new();
    for (name, application) in &graph.applications {
        lines.insert(format!("application {name}: {} exposed {}", application.charm, application.exposed));
        lines.insert(format!("application {name}: life {}", life(application.life)));
    }
    for (name, unit) in &graph.units {
        lines.insert(unit_place(name, &unit.machine, &unit.principal));
        lines.insert(format!("unit {name} workload: {}", node_status(&unit.workload)));
        lines.insert(format!("unit {name} agent: {}", node_status(&unit.agent)));
    }
    for (id, machine) in &graph.machines {
        lines.insert(format!("machine {id} agent: {}", node_status(&machine.agent)));
        lines.insert(format!("machine {id} instance: {}", node_status(&machine.instance)));
    }
    lines.extend(graph.relations.iter().map(|(id, relation)| format!("relation {id}: {}", relation.key)));
    lines.extend(graph.offers.iter().map(|(name, offer)| format!("offer {name} of {}", offer.application)));
    let remotes = graph.remote_applications.iter();
    lines.extend(remotes.map(|(name, remote)| format!("remote application {name}: {}", remote.offer_url)));
    lines
}

/// The same facts of a status.
pub(super) fn lines_of_status(status: &FullStatusResult) -> Lines {
    let mut lines = Lines::new();
    for (name, application) in &status.applications {
        lines.insert(format!("application {name}: {} exposed {}", application.charm, application.exposed));
        lines.insert(format!("application {name}: life {}", life(application.life)));
        units(&application.units, "", &mut lines);
    }
    machines(&status.machines, &mut lines);
    lines.extend(status.relations.iter().map(|relation| format!("relation {}: {}", relation.id, relation.key)));
    lines.extend(status.offers.iter().map(|(name, offer)| format!("offer {name} of {}", offer.application_name)));
    let remotes = status.remote_applications.iter();
    lines.extend(remotes.map(|(name, remote)| format!("remote application {name}: {}", remote.offer_url)));
    lines
}

/// The facts that only one of the two reports; empty if they are the same.
pub(super) fn difference(graph: &ModelGraph, status: &FullStatusResult) -> String {
    let (graph, status) = (lines_of_graph(graph), lines_of_status(status));
    let only_graph = graph.difference(&status).map(|line| format!("only the estate: {line}"));
    let only_status = status.difference(&graph).map(|line| format!("only the status: {line}"));
    only_graph.chain(only_status).collect::<Vec<_>>().join("\n")
}

fn units(found: &BTreeMap<String, UnitStatus>, principal: &str, lines: &mut Lines) {
    for (name, unit) in found {
        lines.insert(unit_place(name, &unit.machine, principal));
        lines.insert(format!("unit {name} workload: {}", wire_status(&unit.workload_status)));
        lines.insert(format!("unit {name} agent: {}", wire_status(&unit.agent_status)));
        units(&unit.subordinates, name, lines);
    }
}

/// A status has no machine of a subordinate; it is that of its principal.
fn unit_place(name: &str, machine: &str, principal: &str) -> String {
    match principal {
        "" => format!("unit {name} on `{machine}`"),
        principal => format!("unit {name} beside `{principal}`"),
    }
}

fn machines(found: &BTreeMap<String, MachineStatus>, lines: &mut Lines) {
    for (id, machine) in found {
        lines.insert(format!("machine {id} agent: {}", wire_status(&machine.agent_status)));
        lines.insert(format!("machine {id} instance: {}", wire_status(&machine.instance_status)));
        machines(&machine.containers, lines);
    }
}

fn life(life: Life) -> &'static str {
    // alive is left out in a status
    if life.is_ending() { life.as_str() } else { "alive" }
}

fn node_status(status: &StatusNode) -> String {
    format!("{} `{}` {:?}", status.current, status.message, status.since)
}

fn wire_status(status: &DetailedStatus) -> String {
    let since = status.since.as_deref().and_then(|since| DateTime::parse_from_rfc3339(since).ok());
    let since: Option<DateTime<Utc>> = since.map(|since| since.to_utc());
    format!("{} `{}` {since:?}", status.status, status.info)
}
