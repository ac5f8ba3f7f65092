//! The summary of `juju status`: one line if all is well, otherwise the problems, then all applications.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::text::{cell, table};

const WELL: &[&str] = &["active", "idle", "executing", "unset", "unknown", "started", "running", "available", ""];

/// The text.
pub(super) fn text(answer: &Value) -> String {
    let mut text = format!(
        "{}:{} ({}, {}) {}\n",
        cell(answer, "model.controller"),
        cell(answer, "model.name"),
        cell(answer, "model.cloud"),
        cell(answer, "model.version"),
        [cell(answer, "model.model-status.current"), cell(answer, "model.model-status.message")].join(" ").trim_end()
    );
    let problems = problems(answer);
    let none = Map::new();
    let applications = answer["applications"].as_object().unwrap_or(&none);
    if problems.is_empty() {
        let units: usize = applications.values().map(|one| one["units"].as_object().map_or(0, Map::len)).sum();
        let machines = answer["machines"].as_object().map_or(0, Map::len);
        // writing to a string cannot fail
        let _ = writeln!(text, "all well: {} applications, {units} units, {machines} machines", applications.len());
    } else {
        text.push_str(&table(&["Problem", "Status", "Message"], &problems));
    }
    let row = |(name, one): (&String, &Value)| {
        let units = one["units"].as_object().map_or(0, Map::len);
        vec![
            name.clone(),
            cell(one, "version"),
            cell(one, "application-status.current"),
            if units == 0 { String::new() } else { units.to_string() },
            cell(one, "charm"),
            cell(one, "charm-channel"),
            cell(one, "charm-rev"),
            if one["exposed"] == true { "yes".to_owned() } else { String::new() },
        ]
    };
    let rows: Vec<_> = applications.iter().map(row).collect();
    if !rows.is_empty() {
        let heading = ["App", "Version", "Status", "Units", "Charm", "Channel", "Rev", "Exposed"];
        text = format!("{text}\n{}", table(&heading, &rows));
    }
    if let Some(relations) = answer["relations"].as_array() {
        let row = |one: &Value| ["provider", "requirer", "interface", "type"].map(|name| cell(one, name)).to_vec();
        let rows: Vec<_> = relations.iter().map(row).collect();
        text = format!("{text}\n{}", table(&["Provider", "Requirer", "Interface", "Type"], &rows));
    }
    text
}

/// Everything that is not well: model, machines, applications, units and subordinates.
fn problems(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut look = |name: &str, state: &Value| {
        let current = cell(state, "current");
        if !WELL.contains(&current.as_str()) || state.get("status-error").is_some() {
            rows.push(vec![name.to_owned(), current, cell(state, "message") + &cell(state, "status-error")]);
        }
    };
    for (name, one) in members(&answer["applications"]) {
        let own = &one["application-status"];
        // an application's status usually derives from a unit that is already reported
        let wire = members(&one["units"]).any(|(_, unit)| unit["workload-status"]["current"] == own["current"]);
        if !wire {
            look(name, own);
        }
        for (name, unit) in members(&one["units"]) {
            look(name, &unit["workload-status"]);
            look(&format!("{name} agent"), &unit["juju-status"]);
            for (name, unit) in members(&unit["subordinates"]) {
                look(name, &unit["workload-status"]);
                look(&format!("{name} agent"), &unit["juju-status"]);
            }
        }
    }
    for (name, one) in members(&answer["application-endpoints"]) {
        look(&format!("SaaS {name}"), &one["application-status"]);
    }
    for (id, one) in members(&answer["machines"]) {
        look(&format!("machine {id}"), &one["machine-status"]);
        look(&format!("machine {id} agent"), &one["juju-status"]);
    }
    rows.sort_by_key(|row| row[1] != "error");
    rows
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn summary_lists_problems_first_and_once() {
        let unit = |status: &str| json!({"workload-status": {"current": status, "message": "m"}, "juju-status": {"current": "idle"}});
        let model = json!({"name": "prod", "controller": "real", "cloud": "lxd", "version": "3.6.11"});
        let sick = json!({"model": model, "machines": {}, "applications": {"web": {"charm": "web",
            "application-status": {"current": "error"}, "units": {"web/0": unit("active"), "web/1": unit("blocked"), "web/2": unit("error")}}}});
        let text = text(&sick);
        let at = |word: &str| text.find(word).unwrap_or(usize::MAX);
        assert!(at("web/2") < at("web/1") && at("web/1") < at("Charm"), "{text}");
        assert!(!text.contains("web/0"), "{text}");
        let well =
            json!({"model": model, "machines": {}, "applications": {"web": {"units": {"web/0": unit("active")}}}});
        assert!(super::text(&well).contains("all well: 1 applications, 1 units"));
    }
}
