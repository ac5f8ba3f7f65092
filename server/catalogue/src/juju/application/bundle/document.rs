//! A bundle as a document: its applications, machines, relations and offers, merged from a base and overlays, and checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::placement::{Host, Placement};
use crate::{entity, juju::setup};

/// A bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(in crate::juju::application) struct Bundle {
    /// `kubernetes`, or empty for machines.
    #[serde(rename = "bundle")]
    pub(super) kind: String,
    pub(super) default_base: Option<String>,
    pub(super) series: Option<String>,
    pub(super) saas: BTreeMap<String, Saas>,
    pub(super) applications: BTreeMap<String, Application>,
    pub(super) machines: BTreeMap<String, Option<Machine>>,
    pub(super) relations: Vec<[String; 2]>,
}

/// An offer of another model that the bundle uses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Saas {
    pub(super) url: String,
}

/// An application of a bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Application {
    #[serde(deserialize_with = "text")]
    pub(super) charm: String,
    #[serde(deserialize_with = "text")]
    pub(super) channel: String,
    pub(super) revision: Option<i64>,
    pub(super) base: Option<String>,
    pub(super) series: Option<String>,
    pub(super) resources: BTreeMap<String, Value>,
    pub(super) num_units: usize,
    #[serde(deserialize_with = "texts")]
    pub(super) to: Vec<String>,
    pub(super) expose: bool,
    #[serde(rename = "exposed-endpoints")]
    pub(super) exposed_endpoints: BTreeMap<String, Exposed>,
    pub(super) options: BTreeMap<String, Value>,
    pub(super) annotations: BTreeMap<String, Value>,
    #[serde(deserialize_with = "text")]
    pub(super) constraints: String,
    pub(super) storage: BTreeMap<String, Value>,
    pub(super) devices: BTreeMap<String, Value>,
    pub(super) bindings: BTreeMap<String, Value>,
    pub(super) trust: bool,
    pub(super) offers: BTreeMap<String, Offer>,
}

/// Who may reach an endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Exposed {
    pub(super) expose_to_spaces: Vec<String>,
    pub(super) expose_to_cidrs: Vec<String>,
}

/// An offer of an application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Offer {
    pub(super) endpoints: Vec<String>,
    /// Access by user.
    pub(super) acl: BTreeMap<String, String>,
}

/// A machine of a bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Machine {
    #[serde(deserialize_with = "text")]
    pub(super) constraints: String,
    pub(super) base: Option<String>,
    pub(super) annotations: BTreeMap<String, Value>,
}

/// A text that YAML may take for a number.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => String::new(),
        value => entity::text(&value),
    })
}

/// One such text or several.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(entity::text).collect(),
        value => vec![entity::text(&value)],
    })
}

impl Application {
    /// Whether it wants credentials of the cloud.
    pub(super) fn wants_trust(&self) -> bool {
        self.trust || setup::trust_option(&self.options) == Some(true)
    }

    pub(super) fn is_exposed(&self) -> bool {
        self.expose || !self.exposed_endpoints.is_empty()
    }

    /// Its base, else that of the bundle.
    pub(super) fn base<'a>(&'a self, bundle: &'a Bundle) -> Option<&'a str> {
        self.base.as_deref().or(bundle.default_base.as_deref())
    }
}

impl Bundle {
    /// Reads a bundle with its own overlays and further ones, and checks it.
    ///
    /// # Errors
    /// One sentence.
    pub(in crate::juju::application) fn read(text: &str, overlays: &[String]) -> Result<Self, String> {
        let mut documents = documents(text)?.into_iter();
        let mut whole = documents.next().filter(Value::is_object).ok_or("the bundle is empty")?;
        let overlays = overlays.iter().map(|text| documents_of_overlay(text)).collect::<Result<Vec<_>, _>>()?;
        documents.chain(overlays.into_iter().flatten()).for_each(|overlay| merge(&mut whole, overlay));
        split_relations(&mut whole)?;
        let bundle: Self =
            serde_json::from_value(whole).map_err(|cause| format!("the bundle cannot be read: {cause}"))?;
        bundle.check()?;
        Ok(bundle)
    }

    /// Whether it is for a cluster.
    pub(super) fn is_kubernetes(&self) -> bool {
        self.kind == "kubernetes"
    }

    /// Names of its applications.
    pub(in crate::juju::application) fn names(&self) -> impl Iterator<Item = &str> {
        self.applications.keys().map(String::as_str)
    }

    /// Units that its applications have together.
    pub(in crate::juju::application) fn units(&self) -> usize {
        self.applications.values().map(|application| application.num_units).sum()
    }

    /// Whether one of its applications wants credentials of the cloud.
    pub(in crate::juju::application) fn wants_trust(&self) -> bool {
        self.applications.values().any(Application::wants_trust)
    }

    /// Whether one of its resources is an image or a file, and no revision of the store.
    pub(in crate::juju::application) fn brings_resources(&self) -> bool {
        let mut resources = self.applications.values().flat_map(|application| application.resources.values());
        resources.any(|value| value.as_u64().is_none() && entity::text(value).parse::<u64>().is_err())
    }

    /// Names of the applications that want credentials of the cloud.
    pub(super) fn names_that_want_trust(&self) -> Vec<&str> {
        let wanting = self.applications.iter().filter(|(_, application)| application.wants_trust());
        wanting.map(|(name, _)| name.as_str()).collect()
    }

    /// Networks and spaces that its applications are opened to; empty texts are the public internet.
    pub(in crate::juju::application) fn exposures(&self) -> Vec<(Vec<String>, Vec<String>)> {
        let exposed = self.applications.values().filter(|application| application.is_exposed());
        exposed
            .flat_map(|application| {
                let all = application.exposed_endpoints.is_empty().then(Default::default);
                let named = application.exposed_endpoints.values();
                all.into_iter().chain(named.map(|one| (one.expose_to_cidrs.clone(), one.expose_to_spaces.clone())))
            })
            .collect()
    }

    /// URLs of the offers of other models that it uses.
    pub(in crate::juju::application) fn consumed(&self) -> impl Iterator<Item = &str> {
        self.saas.values().map(|saas| saas.url.as_str())
    }

    fn check(&self) -> Result<(), String> {
        if self.applications.is_empty() {
            return Err("the bundle has no applications".to_owned());
        }
        if !["", "kubernetes"].contains(&self.kind.as_str()) {
            return Err(format!("`bundle` has to be `kubernetes` or absent, not: {}", self.kind));
        }
        if let Some(series) = &self.series {
            return Err(format!(
                "a bundle with the series `{series}` is not read: name `default-base`, such as ubuntu@22.04"
            ));
        }
        self.applications.iter().try_for_each(|(name, application)| self.check_application(name, application))?;
        for sides in &self.relations {
            for side in sides {
                let name = side.split(':').next().unwrap_or_default();
                if !self.applications.contains_key(name) && !self.saas.contains_key(name) {
                    return Err(format!(
                        "the relation `{} {}` names `{name}`, which the bundle lacks",
                        sides[0], sides[1]
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_application(&self, name: &str, application: &Application) -> Result<(), String> {
        let problem = |text: &str| Err(format!("the application `{name}` of the bundle {text}"));
        if application.charm.is_empty() {
            return problem("has no charm");
        }
        if application.charm.starts_with(['.', '/', '~']) || application.charm.starts_with("local:") {
            return problem("has a charm of a file: deploy it first, then the bundle without it");
        }
        if application.series.is_some() {
            return problem("has a series: name its base, such as ubuntu@22.04");
        }
        if application.revision.is_some() && application.channel.is_empty() {
            return problem("has a revision and needs a channel too, because later refreshes follow it");
        }
        if self.saas.contains_key(name) {
            return problem("has the name of an offer that it consumes");
        }
        if self.is_kubernetes() {
            return Ok(());
        }
        if application.to.len() > application.num_units {
            return problem("has more places in `to` than units");
        }
        for text in &application.to {
            let place = Placement::parse(text)?;
            let known = match &place.host {
                Host::New => true,
                Host::Machine(id) => self.machines.contains_key(id),
                Host::Application(other) | Host::Unit(other, _) => self.applications.contains_key(other),
            };
            if !known {
                return problem(&format!("is placed at `{text}`, which the bundle lacks"));
            }
        }
        Ok(())
    }
}

/// The documents of a text with the older names of members replaced, and all names as texts.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    let read: Vec<serde_yaml::Value> =
        content::read_yaml_documents(text).map_err(|cause| format!("the bundle is no YAML: {cause}"))?;
    let mut documents: Vec<_> = read.into_iter().map(with_text_names).filter(|document| !document.is_null()).collect();
    for document in &mut documents {
        if let Some(services) = document.as_object_mut().and_then(|members| members.remove("services")) {
            document["applications"] = services;
        }
        let applications = document.get_mut("applications").and_then(Value::as_object_mut);
        for application in applications.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            if let Some(scale) = application.remove("scale") {
                application.insert("num_units".to_owned(), scale);
            }
        }
    }
    Ok(documents)
}

/// The same value as JSON; names that YAML takes for numbers, such as those of machines, are texts.
fn with_text_names(value: serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Mapping(members) => {
            let named = members.into_iter().map(|(name, value)| {
                let name = entity::text(&with_text_names(name));
                (name, with_text_names(value))
            });
            Value::Object(named.collect())
        }
        serde_yaml::Value::Sequence(items) => items.into_iter().map(with_text_names).collect(),
        serde_yaml::Value::Tagged(tagged) => with_text_names(tagged.value),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

fn documents_of_overlay(text: &str) -> Result<Vec<Value>, String> {
    let documents = documents(text)?;
    match documents.iter().find(|document| !document.is_object()) {
        Some(_) => Err("an overlay has to have members such as `applications`".to_owned()),
        None => Ok(documents),
    }
}

/// Merges an overlay into a bundle: applications and offers member by member, machines as a whole, relations at the end.
fn merge(base: &mut Value, overlay: Value) {
    let (Some(base), Value::Object(overlay)) = (base.as_object_mut(), overlay) else { return };
    for (name, value) in overlay {
        match (name.as_str(), value) {
            ("applications" | "saas", Value::Object(entries)) => entries.into_iter().for_each(|(entry, value)| {
                if is_empty(&value) {
                    remove(base, &name, &entry);
                    return;
                }
                let all = base.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                match all.get_mut(&entry) {
                    Some(found) => merge_members(found, value),
                    None => all[&entry] = value,
                }
            }),
            ("relations", Value::Array(more)) => {
                let all = base.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(all) = all.as_array_mut() {
                    all.extend(more);
                }
            }
            (_, Value::Null) => {}
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// Removes an application or offer with its relations.
fn remove(base: &mut Map<String, Value>, kind: &str, entry: &str) {
    if let Some(all) = base.get_mut(kind).and_then(Value::as_object_mut) {
        all.remove(entry);
    }
    let is_of = |side: &str| side.split(':').next() == Some(entry);
    if let Some(relations) = base.get_mut("relations").and_then(Value::as_array_mut) {
        relations.retain(|relation| !texts_of(relation).iter().any(|side| is_of(side)));
    }
}

/// Merges the members of one entry: a map member by member, where an empty one removes; everything else replaces.
fn merge_members(base: &mut Value, overlay: Value) {
    let (Some(base), Value::Object(overlay)) = (base.as_object_mut(), overlay) else { return };
    for (name, value) in overlay {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let found = base.entry(name).or_insert_with(|| Value::Object(Map::new()));
                for (member, value) in members {
                    match found.as_object_mut() {
                        Some(all) if is_empty(&value) => drop(all.remove(&member)),
                        Some(all) => drop(all.insert(member, value)),
                        None => {}
                    }
                }
            }
            value if is_empty(&value) => drop(base.remove(&name)),
            value => drop(base.insert(name, value)),
        }
    }
}

/// The texts in a value, at any depth.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}

/// Replaces a relation of one endpoint with several by one for each.
fn split_relations(whole: &mut Value) -> Result<(), String> {
    let Some(relations) = whole.get_mut("relations").filter(|value| !value.is_null()) else { return Ok(()) };
    let mut split = Vec::new();
    for relation in relations.as_array().into_iter().flatten() {
        let sides = relation.as_array().map(Vec::as_slice).unwrap_or_default();
        let [one, other] = sides else {
            return Err(format!("a relation has to be of two endpoints, not: {relation}"));
        };
        for left in texts_of(one) {
            split.extend(texts_of(other).into_iter().map(|right| serde_json::json!([left, right])));
        }
    }
    *relations = Value::Array(split);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "
default-base: ubuntu@22.04
saas:
  store: {url: admin/prod.db}
services:
  web: {charm: web, scale: 2, to: [0, 'lxd:1'], options: {title: Shop, workers: 4}, annotations: {x: 1}}
  db: {charm: db, num_units: 1, channel: 8.0, to: web/0}
  cache: {charm: cache}
machines: {0: {constraints: mem=4G}, 1: }
relations:
- ['web:db', ['db:server', store]]
- ['web:cache', cache]
--- # overlay.yaml
applications:
  db: {offers: {sql: {endpoints: [server], acl: {bob: read}}}}
";

    #[test]
    fn overlays_merge_members_and_remove_what_is_empty() {
        let overlay = "applications:\n  cache:\n  web: {num_units: 3, options: {workers: 8, title: , debug: true}}\n  more: {charm: more}\n\
            relations:\n- [more, web]\n";
        let bundle = Bundle::read(BASE, &[overlay.to_owned()]).expect("a bundle");
        let web = &bundle.applications["web"];
        assert_eq!((web.num_units, &web.to), (3, &vec!["0".to_owned(), "lxd:1".to_owned()]));
        assert_eq!(serde_json::json!(web.options), serde_json::json!({"workers": 8, "debug": true}));
        assert_eq!(bundle.names().collect::<Vec<_>>(), ["db", "more", "web"]);
        let relations: Vec<_> = bundle.relations.iter().map(|sides| sides.join(" ")).collect();
        assert_eq!(relations, ["web:db db:server", "web:db store", "more web"]);
        assert_eq!((bundle.applications["db"].channel.as_str(), bundle.applications["db"].offers.len()), ("8.0", 1));
        assert!(bundle.machines["1"].is_none());
    }

    #[test]
    fn trust_is_wanted_by_member_and_by_option_of_any_form() {
        for (member, wants) in [
            ("trust: true", true),
            ("options: {trust: true}", true),
            ("options: {trust: 'True'}", true),
            ("options: {trust: false}", false),
            ("options: {}", false),
        ] {
            let bundle = Bundle::read(&format!("applications:\n  web:\n    charm: web\n    {member}\n"), &[]);
            assert_eq!(bundle.expect(member).wants_trust(), wants, "{member}");
        }
    }

    #[test]
    fn bundle_that_names_what_it_lacks_is_refused() {
        for (text, part) in [
            ("", "empty"),
            ("applications: {}", "no applications"),
            ("applications: {web: {}}", "`web` of the bundle has no charm"),
            ("applications: {web: {charm: ./web}}", "a charm of a file"),
            ("applications: {web: {charm: web, num_units: 1, to: [3]}}", "placed at `3`"),
            ("applications: {web: {charm: web, num_units: 1, to: [a, b]}}", "more places"),
            ("applications: {web: {charm: web, revision: 3}}", "needs a channel"),
            ("applications: {web: {charm: web}}\nrelations: [[web, db]]", "names `db`"),
            ("applications: {web: {charm: web}}\nrelations: [[web]]", "two endpoints"),
            ("series: jammy\napplications: {web: {charm: web}}", "default-base"),
            ("applications: [", "no YAML"),
        ] {
            let problem = Bundle::read(text, &[]).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
