//! The baseline that a bundle describes.

use std::fmt;

use serde_json::Value;

use crate::{Baseline, BaselineApplication, ModelFacts, charm_of, option_value, relation_text};

/// Why a bundle is no baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBundle(&'static str);

impl fmt::Display for InvalidBundle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for InvalidBundle {}

impl Baseline {
    /// The state that a bundle describes. What the bundle leaves to Juju (revision, constraints, the names of endpoints) is taken as it
    /// is in the model, and is not compared where the model has none of it.
    ///
    /// # Errors
    /// [`InvalidBundle`].
    pub fn from_bundle(facts: &ModelFacts<'_>, bundle: &Value, saved_by: &str) -> Result<Self, InvalidBundle> {
        let listed = bundle["applications"].as_object().or_else(|| bundle["services"].as_object());
        let listed = listed.ok_or(InvalidBundle("the bundle has no `applications`"))?;
        let applications = listed.iter().map(|(name, entry)| (name.as_str().into(), application(facts, name, entry)));
        let relations = match &bundle["relations"] {
            Value::Null => Vec::new(),
            Value::Array(relations) => relations.iter().filter_map(|ends| relation(facts, ends)).collect(),
            _ => return Err(InvalidBundle("`relations` of the bundle is no list")),
        };
        Ok(Self {
            controller: facts.model.controller.clone(),
            model_uuid: facts.model.uuid.clone(),
            saved_at: facts.now,
            saved_by: saved_by.into(),
            applications: applications.collect(),
            relations: Some(relations),
        })
    }
}

fn application(facts: &ModelFacts<'_>, name: &str, entry: &Value) -> BaselineApplication {
    let url = entry["charm"].as_str().unwrap_or_default();
    // a file has a name that Juju does not report
    let is_file = url.starts_with(['.', '/']);
    let (charm, revision) = charm_of(url);
    let units = entry["num_units"].as_u64().or_else(|| entry["scale"].as_u64()).filter(|units| *units > 0);
    let options = entry["options"]
        .as_object()
        .map(|options| options.iter().map(|(name, value)| (name.as_str().into(), option_value(name, value))).collect());
    BaselineApplication {
        charm: if is_file { Box::default() } else { charm.into() },
        revision: entry["revision"].as_i64().or(revision),
        units,
        exposed: Some(entry["expose"].as_bool().unwrap_or_else(|| entry["exposed-endpoints"].is_object())),
        constraints: entry["constraints"].as_str().map(|text| constraints(facts, name, text).into()),
        options: Some(options.unwrap_or_default()),
    }
}

/// Constraints as the observer compares them: sizes in MiB, and the architecture that Juju has added.
fn constraints(facts: &ModelFacts<'_>, name: &str, text: &str) -> String {
    let mut words: Vec<String> = text.split_whitespace().map(in_mebibytes).collect();
    if !words.iter().any(|word| word.starts_with("arch=")) {
        let found = facts.graph.applications.get(name).and_then(|found| found.constraints.clone());
        let found = crate::constraints_text(found.as_deref());
        words.extend(found.split_whitespace().find(|word| word.starts_with("arch=")).map(ToOwned::to_owned));
    }
    words.sort();
    words.join(" ")
}

/// `mem=4G` as `mem=4096M`.
fn in_mebibytes(word: &str) -> String {
    let Some((name @ ("mem" | "root-disk"), size)) = word.split_once('=') else { return word.to_owned() };
    let digits = size.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = size[digits.len()..].chars().next().map_or('M', |unit| unit.to_ascii_uppercase());
    let factor = match unit {
        'G' => 1_024.0,
        'T' => 1_048_576.0,
        'P' => 1_073_741_824.0,
        _ => 1.0,
    };
    digits.parse::<f64>().map_or_else(|_| word.to_owned(), |number| format!("{name}={:.0}M", number * factor))
}

/// A relation of a bundle, `[web, db:server]`, as a baseline has it; `None` for one that is no pair.
fn relation(facts: &ModelFacts<'_>, ends: &Value) -> Option<Box<str>> {
    let ends = ends.as_array()?;
    let [first, second] = &ends[..] else { return None };
    let wanted = [first.as_str()?, second.as_str()?];
    let fits = |end: &str, wanted: &str| end == wanted || end.split(':').next() == Some(wanted);
    let found = facts.graph.relations.values().filter_map(relation_text).find(|text| {
        let Some((one, other)) = text.split_once(' ') else { return false };
        (fits(one, wanted[0]) && fits(other, wanted[1])) || (fits(one, wanted[1]) && fits(other, wanted[0]))
    });
    let mut named = wanted.map(|end| if end.contains(':') { end.to_owned() } else { format!("{end}:*") });
    named.sort();
    Some(found.unwrap_or_else(|| named.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_constraints_are_compared_in_mebibytes() {
        for (word, expected) in [
            ("mem=4G", "mem=4096M"),
            ("mem=512", "mem=512M"),
            ("root-disk=1.5T", "root-disk=1572864M"),
            ("cores=2", "cores=2"),
        ] {
            assert_eq!(in_mebibytes(word), expected);
        }
    }
}
