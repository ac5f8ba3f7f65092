//! The summary of `juju status`: what is wrong in everything that is selected, then the applications.

use std::collections::BTreeMap;

use super::shape::{Application, Machine, State, Status, Unit};
use crate::{Concise, Filter, Table, text::count};

/// States that need no attention.
const WELL: &[&str] = &["active", "idle", "executing", "unset", "unknown", "started", "running", "available", ""];

/// The answer for a reader. The problems and their number are those of the whole selection, whatever part of it a page shows.
pub(super) fn concise(answer: &mut Status, filter: &Filter) -> Concise {
    let is_part = answer.selected || !filter.selects_all();
    answer.applications.retain(|name, one| filter.selects(name, one));
    if !filter.selects_all() {
        answer.machines.retain(|id, one| filter.selects(id, one));
        answer.application_endpoints.retain(|name, one| filter.selects(name, one));
        answer.broken_relations.retain(|(key, state)| filter.selects(key, state));
    }
    let problems = Problems::of(answer);
    let relations = answer.relations.iter().flatten().map(|one| {
        let cells = [&one.provider, &one.requirer, &one.interface, &one.kind, &one.status];
        cells.map(String::clone).to_vec()
    });
    let heading = ["App", "Version", "Status", "Units", "Charm", "Channel", "Rev", "Exposed"];
    let applications = answer.applications.iter().map(|(name, one)| row(name, one)).collect();
    Concise::with_head(vec![model_line(answer), problems.line(answer, is_part)])
        .and(Table::new("problems", &["Problem", "Status", "Message"], problems.rows))
        .and(Table::new("applications", &heading, applications))
        .and(Table::new("relations", &["Provider", "Requirer", "Interface", "Type", "Status"], relations.collect()))
}

/// The model in one line.
fn model_line(answer: &Status) -> String {
    let model = &answer.model;
    let State { current, message, status_error, .. } = &model.model_status;
    let line = format!(
        "{}:{} ({}, {}) {current} {message}{status_error}",
        model.controller, model.name, model.cloud, model.version
    );
    line.trim_end().to_owned()
}

fn row(name: &str, one: &Application) -> Vec<String> {
    let units = one.units.len();
    vec![
        name.to_owned(),
        one.version.clone(),
        one.application_status.current.clone(),
        if units == 0 { String::new() } else { units.to_string() },
        one.charm.clone(),
        one.charm_channel.clone(),
        one.charm_rev.to_string(),
        if one.exposed { "yes".to_owned() } else { String::new() },
    ]
}

/// Everything that is not well: name, status and message, errors first.
#[derive(Default)]
struct Problems {
    rows: Vec<Vec<String>>,
}

impl Problems {
    /// The problems of model, machines, applications, units, subordinates, relations and storage.
    fn of(answer: &Status) -> Self {
        let mut found = Self::default();
        found.look("model", &answer.model.model_status);
        for (name, one) in &answer.applications {
            found.application(name, one);
        }
        for (name, one) in &answer.application_endpoints {
            found.look(&format!("SaaS {name}"), &one.application_status);
            found.life(&format!("SaaS {name}"), &one.life);
        }
        found.machines(&answer.machines);
        for (key, state) in &answer.broken_relations {
            found.look(&format!("relation {key}"), state);
        }
        if let Some(problem) = &answer.storage_not_shown {
            found.add("storage", "unknown", problem);
        }
        for (name, message) in answer.storage.errors() {
            found.add(&name, "error", &message);
        }
        found.rows.sort_by_key(|row| row[1] != "error");
        found
    }

    fn add(&mut self, name: &str, status: &str, message: &str) {
        self.rows.push([name, status, message].map(str::to_owned).to_vec());
    }

    fn look(&mut self, name: &str, state: &State) {
        if !state.status_error.is_empty() {
            self.add(name, "unknown", &state.status_error);
        } else if !WELL.contains(&state.current.as_str()) {
            self.add(name, &state.current, &state.message);
        }
    }

    fn life(&mut self, name: &str, life: &str) {
        if matches!(life, "dying" | "dead") {
            self.add(name, life, "it is being removed");
        }
    }

    fn application(&mut self, name: &str, one: &Application) {
        self.life(name, &one.life);
        // an application's status usually derives from a unit that is already reported
        let own = &one.application_status;
        if !one.units.values().any(|unit| unit.workload_status.current == own.current) {
            self.look(name, own);
        }
        self.units(&one.units);
    }

    fn units(&mut self, units: &BTreeMap<String, Unit>) {
        for (name, unit) in units {
            self.life(name, unit.life);
            self.look(name, &unit.workload_status);
            self.look(&format!("{name} agent"), &unit.juju_status);
            self.units(&unit.subordinates);
        }
    }

    fn machines(&mut self, machines: &BTreeMap<String, Machine>) {
        for (id, one) in machines {
            self.life(&format!("machine {id}"), &one.juju_status.life);
            self.look(&format!("machine {id}"), &one.machine_status);
            self.look(&format!("machine {id} agent"), &one.juju_status);
            self.machines(&one.containers);
        }
    }

    /// What was looked at and how much of it is not well, in one line.
    fn line(&self, answer: &Status, is_part: bool) -> String {
        let units: usize = answer.applications.values().map(|one| one.units.len()).sum();
        let counts = [(answer.applications.len(), "application"), (units, "unit"), (answer.machines.len(), "machine")];
        let counts = counts.map(|(number, noun)| count(number, noun)).join(", ");
        let nothing = answer.applications.is_empty() && answer.machines.is_empty() && self.rows.is_empty();
        match self.rows.len() {
            _ if nothing && is_part => "nothing matches".to_owned(),
            _ if nothing => "the model is empty".to_owned(),
            0 => format!("all well: {counts}"),
            1 => format!("1 problem in {counts}"),
            count => format!("{count} problems ({}) in {counts}", self.by_status()),
        }
    }

    /// How many have which status, the most frequent first.
    fn by_status(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.rows.iter().for_each(|row| *counts.entry(row[1].as_str()).or_default() += 1);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(status, count)| (*status != "error", std::cmp::Reverse(*count)));
        counts.iter().map(|(status, count)| format!("{count} {status}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(current: &str) -> State {
        State { current: current.to_owned(), message: "m".to_owned(), ..State::default() }
    }

    fn unit(status: &str) -> Unit {
        Unit { workload_status: state(status), juju_status: state("idle"), ..Unit::default() }
    }

    /// A model with one application with units of these statuses.
    fn model(status: &str, units: &[&str]) -> Status {
        let units = units.iter().enumerate().map(|(n, status)| (format!("web/{n}"), unit(status))).collect();
        let web = Application { application_status: state(status), units, ..Application::default() };
        Status { applications: BTreeMap::from([("web".to_owned(), web)]), ..Status::default() }
    }

    fn text(mut answer: Status, filter: &str, limit: usize) -> String {
        concise(&mut answer, &Filter::new(filter)).select(&[], limit).print().text
    }

    #[test]
    fn summary_lists_problems_first_and_once() {
        let text = text(model("error", &["active", "blocked", "error"]), "", 25);
        let at = |word: &str| text.find(word).unwrap_or(usize::MAX);
        assert!(at("web/2") < at("web/1") && at("web/1") < at("Charm"), "{text}");
        assert!(!text.contains("web/0") && text.contains("2 problems (1 error, 1 blocked) in 1 application"), "{text}");
    }

    #[test]
    fn summary_covers_the_whole_selection_on_every_page() {
        let mut answer = model("active", &["active", "error"]);
        for n in 0..100 {
            answer.applications.insert(
                format!("app{n}"),
                Application { application_status: state("active"), ..Application::default() },
            );
        }
        let text = text(answer, "", 1);
        assert!(
            text.contains("1 problem in 101 applications, 2 units, 0 machines") && text.contains("web/1"),
            "{text}"
        );
    }

    #[test]
    fn summary_of_nothing_is_not_all_well() {
        let selected = |status: Status| Status { selected: true, ..status };
        assert!(text(selected(Status::default()), "", 25).contains("nothing matches"));
        assert!(text(model("active", &["active"]), "nosuch", 25).contains("nothing matches"));
        assert!(text(Status::default(), "", 25).contains("the model is empty"));
        assert!(text(model("active", &["active"]), "WEB", 25).contains("all well: 1 application, 1 unit, 0 machines"));
    }

    #[test]
    fn summary_reports_what_is_dying_or_cannot_be_read() {
        let mut dying = model("active", &["active"]);
        dying.applications.get_mut("web").expect("web").life = "dying".to_owned();
        assert!(text(dying, "", 25).contains("web      dying   it is being removed"));
        let mut unit_dying = model("active", &["active"]);
        unit_dying.applications.get_mut("web").and_then(|web| web.units.get_mut("web/0")).expect("web/0").life =
            "dying";
        assert!(text(unit_dying, "", 25).contains("web/0    dying"));
        let host = Machine {
            containers: BTreeMap::from([(
                "0/lxd/0".to_owned(),
                Machine { juju_status: state("down"), ..Machine::default() },
            )]),
            ..Machine::default()
        };
        let nested = Status { machines: BTreeMap::from([("0".to_owned(), host)]), ..model("active", &["active"]) };
        assert!(text(nested, "", 25).contains("machine 0/lxd/0 agent  down"));
        let unread = State { status_error: "no status".to_owned(), ..State::default() };
        let broken = Status {
            broken_relations: vec![("web:db db:web".to_owned(), state("suspended"))],
            ..model("active", &["active"])
        };
        assert!(text(broken, "", 25).contains("relation web:db db:web  suspended"));
        let mut lost = model("active", &["active"]);
        lost.model.model_status = unread;
        assert!(text(lost, "", 25).contains("model    unknown  no status"));
    }
}
