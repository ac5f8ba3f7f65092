//! Which applications of a model are related, also to those of other models: as data, and as a Mermaid diagram.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{LiveEstate, ModelIdentity, ModelView, RelationNode, document::worst_unit};

/// Applications and relations of a topology; a larger model has the rest left out.
const MAX_APPLICATIONS: usize = 300;
const MAX_RELATIONS: usize = 1_000;

/// An application that another one refers to by an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedApplication {
    /// Its model.
    #[serde(flatten)]
    pub model: Arc<ModelIdentity>,
    /// Its name there.
    pub application: Box<str>,
}

/// An application of one model that is consumed in another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrossModelLink {
    /// The model that consumes it.
    pub consumer: Arc<ModelIdentity>,
    /// Its name in that model.
    pub remote_application: Arc<str>,
    /// The URL of the offer.
    pub offer_url: Box<str>,
    /// The application, if its model is watched.
    pub offered: Option<OfferedApplication>,
}

impl LiveEstate {
    /// The application behind the URL of an offer, `admin/prod.db` or `other:admin/prod.db`, as a model of `controller` consumes it;
    /// `None` if its model is not watched.
    #[must_use]
    pub fn offered_application(&self, controller: &str, offer_url: &str) -> Option<OfferedApplication> {
        let (controller, path) = offer_url.split_once(':').unwrap_or((controller, offer_url));
        let (model, offer) = path.rsplit_once('.')?;
        let model = self.models_of(Some(controller)).into_iter().find(|known| &*known.identity().model == model)?;
        let watch = model.handle();
        let application = watch.read(|view| Some(view.graph.offers.get(offer)?.application.clone()))?;
        Some(OfferedApplication { model: Arc::clone(watch.identity()), application })
    }

    /// All uses of an offer that the watched models have, also across controllers.
    #[must_use]
    pub fn cross_model_links(&self) -> Vec<CrossModelLink> {
        let mut links = Vec::new();
        for model in self.models_of(None) {
            let watch = model.handle();
            let remote: Vec<_> = watch.read(|view| {
                let remote = view.graph.remote_applications.iter();
                remote.map(|(name, one)| (Arc::clone(name), one.offer_url.clone())).collect()
            });
            links.extend(remote.into_iter().map(|(remote_application, offer_url)| CrossModelLink {
                consumer: Arc::clone(watch.identity()),
                offered: self.offered_application(&watch.identity().controller, &offer_url),
                remote_application,
                offer_url,
            }));
        }
        links
    }
}

/// Finds the application behind the URL of an offer; `None` where it is not known, or not for the reader.
pub type FindOffered<'a> = dyn Fn(&str) -> Option<OfferedApplication> + 'a;

impl ModelView<'_> {
    /// Applications, those of other models, and the relations between them.
    #[must_use]
    pub fn topology(&self, find: &FindOffered<'_>) -> Value {
        let graph = self.graph;
        let applications = graph.applications.iter().take(MAX_APPLICATIONS).map(|(name, one)| {
            let entry = json!({
                "charm": one.charm,
                "status": self.application_status(name),
                "units": graph.units_of(name).count(),
                "subordinate": one.subordinate,
                "exposed": one.exposed,
            });
            (name.to_string(), entry)
        });
        let remote = graph.remote_applications.iter().map(|(name, one)| {
            let entry =
                json!({"offer_url": one.offer_url, "status": one.status.current, "offered": find(&one.offer_url)});
            (name.to_string(), entry)
        });
        let offers = graph.offers.iter().map(|(name, one)| {
            (name.to_string(), json!({"application": one.application, "connections": one.connections}))
        });
        let relations: BTreeMap<i64, &RelationNode> =
            graph.relations.iter().take(MAX_RELATIONS).map(|(id, one)| (*id, one)).collect();
        let mut document = json!({
            "applications": applications.collect::<serde_json::Map<_, _>>(),
            "remote_applications": remote.collect::<serde_json::Map<_, _>>(),
            "offers": offers.collect::<serde_json::Map<_, _>>(),
            "relations": relations,
        });
        let left_out = [
            graph.applications.len().saturating_sub(MAX_APPLICATIONS),
            graph.relations.len().saturating_sub(MAX_RELATIONS),
        ];
        if left_out != [0, 0] {
            document["left_out"] = json!({"applications": left_out[0], "relations": left_out[1]});
        }
        self.with_time(document)
    }

    /// The same as a Mermaid flowchart: requirers point to providers.
    #[must_use]
    pub fn diagram(&self) -> String {
        let graph = self.graph;
        let mut text = "flowchart LR\n".to_owned();
        let mut ids: BTreeMap<&str, String> = BTreeMap::new();
        for (name, _) in graph.applications.iter().take(MAX_APPLICATIONS) {
            let (id, status) = (format!("a{}", ids.len()), self.application_status(name));
            let units = graph.units_of(name).count();
            let label = format!("{}<br/>{units} x {}", label(name), label(&status));
            // writing to a text cannot fail
            let _ = writeln!(text, "  {id}[\"{label}\"]:::{}", class(&status));
            ids.insert(name, id);
        }
        for (name, one) in graph.remote_applications.iter().take(MAX_APPLICATIONS) {
            let id = format!("r{}", ids.len());
            let label = format!("{}<br/>{}", label(name), label(&one.offer_url));
            let _ = writeln!(text, "  {id}([\"{label}\"]):::{}", class(&one.status.current));
            ids.insert(name, id);
        }
        for relation in graph.relations.values().take(MAX_RELATIONS) {
            // a peer relation has one end, and is no line between two
            let [first, second] = &relation.endpoints[..] else { continue };
            let (from, to) = if &*first.role == "provider" { (second, first) } else { (first, second) };
            let (Some(start), Some(end)) = (ids.get(&*from.application), ids.get(&*to.application)) else { continue };
            let names = format!("{} - {}", label(&from.name), label(&to.name));
            let _ = writeln!(text, "  {start} -->|\"{names}\"| {end}");
        }
        text.push_str("  classDef bad fill:#f8d7da,stroke:#a61b29\n  classDef busy fill:#fff3cd,stroke:#997404\n");
        text.push_str("  classDef good fill:#d1e7dd,stroke:#146c43\n");
        text
    }

    /// The status of an application, which follows from its units where its charm sets none.
    fn application_status(&self, name: &str) -> String {
        let own = self.graph.applications.get(name).map(|one| &*one.status.current).filter(|own| *own != "unset");
        let of_units =
            || worst_unit(self.graph.units_of(name).map(|(_, unit)| unit)).map(|unit| &*unit.workload.current);
        own.or_else(of_units).unwrap_or("unknown").to_owned()
    }
}

/// The class of a status in a diagram.
fn class(status: &str) -> &'static str {
    match status {
        "error" | "blocked" | "lost" | "down" | "terminated" => "bad",
        "active" => "good",
        _ => "busy",
    }
}

/// A text of the estate as part of a label: only what no syntax of Mermaid has.
fn label(text: &str) -> String {
    text.chars().map(|one| if one.is_alphanumeric() || "-_./: @".contains(one) { one } else { '?' }).take(80).collect()
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::{EventId, ModelGraph};

    fn graph() -> ModelGraph {
        let deltas = json!([
            ["application", "change", {"name": "web", "charm-url": "ch:web-1", "status": {"current": "unset"}}],
            ["application", "change", {"name": "db", "charm-url": "ch:db-1", "status": {"current": "active"}}],
            ["unit", "change", {"name": "web/0", "application": "web",
                "workload-status": {"current": "bl\"]; click"}, "agent-status": {"current": "idle"}}],
            ["remoteApplication", "change", {"name": "mail", "offer-url": "admin/other.mail", "status": {"current": "active"}}],
            ["relation", "change", {"id": 1, "key": "web:db db:server", "endpoints": [
                {"application-name": "db", "relation": {"name": "server", "role": "provider", "interface": "sql"}},
                {"application-name": "web", "relation": {"name": "db", "role": "requirer", "interface": "sql"}}]}],
            ["relation", "change", {"id": 2, "key": "web:mail mail:smtp", "endpoints": [
                {"application-name": "web", "relation": {"name": "mail", "role": "requirer", "interface": "smtp"}},
                {"application-name": "mail", "relation": {"name": "smtp", "role": "provider", "interface": "smtp"}}]}]
        ]);
        ModelGraph::from_snapshot(&serde_json::from_value::<Vec<_>>(deltas).expect("deltas"))
    }

    #[test]
    fn topology_has_all_ends_and_its_diagram_no_text_with_syntax() {
        let identity = ModelIdentity { controller: "c".into(), model: "admin/m".into(), uuid: "u".into() };
        let (graph, last_event) = (graph(), EventId { log: "log".into(), number: 3 });
        let view = ModelView { identity: &identity, graph: &graph, as_of: Utc::now(), last_event };
        let topology = view.topology(&|url| {
            assert_eq!(url, "admin/other.mail");
            None
        });
        assert_eq!(topology["applications"]["web"]["units"], 1);
        assert_eq!(topology["relations"]["1"]["endpoints"][0]["application"], "db");
        assert_eq!(topology["remote_applications"]["mail"]["offer_url"], "admin/other.mail");
        let lines: Vec<_> = view.diagram().lines().map(str::to_owned).collect();
        assert_eq!(
            lines[..6],
            [
                "flowchart LR",
                "  a0[\"db<br/>0 x active\"]:::good",
                "  a1[\"web<br/>1 x bl??? click\"]:::busy",
                "  r2([\"mail<br/>admin/other.mail\"]):::good",
                "  a1 -->|\"db - server\"| a0",
                "  a1 -->|\"mail - smtp\"| r2",
            ]
        );
    }
}
