//! The models of a controller by name, kept from one look to the next.

use std::sync::{Arc, Mutex, PoisonError};

use juju_wire::tag::Tag;

use self::listing::{ListModels, Model, User};
use crate::{Connection, error::Error};

/// One model that the user can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its short name, `prod`.
    pub name: String,
    /// Who owns it, `admin`.
    pub owner: String,
    /// Its UUID.
    pub uuid: String,
    /// What it runs on.
    pub kind: ModelKind,
}

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Machines, `iaas`.
    Machines,
    /// Kubernetes, `caas`.
    Kubernetes,
}

impl ModelEntry {
    /// `admin/prod`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    fn is_meant_by(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((owner, name)) => self.name == name && self.owner == owner,
            None => self.name == name || self.uuid == name,
        }
    }
}

/// What was last heard about the models of one controller.
#[derive(Debug, Default)]
pub(crate) struct Directory(Mutex<Arc<[ModelEntry]>>);

impl Directory {
    /// The model that is meant by `name`: `admin/prod`, `prod` or a UUID. Asks the controller where it is not known.
    pub(crate) async fn find(&self, connection: &Connection, name: &str) -> Result<ModelEntry, Error> {
        if let Some(entry) = pick(&self.known(), name)? {
            return Ok(entry);
        }
        let entries = self.refresh(connection).await?;
        pick(&entries, name)?.ok_or_else(|| Error::ModelUnknown {
            controller: connection.controller_name().to_owned(),
            name: name.to_owned(),
            near: near(&entries, name),
        })
    }

    /// Asks the controller for all models.
    pub(crate) async fn refresh(&self, connection: &Connection) -> Result<Arc<[ModelEntry]>, Error> {
        let tag = connection.session().await?.user_tag().to_owned();
        let reply = connection.call::<ListModels>(User { tag }).await?;
        let entries: Arc<[ModelEntry]> =
            reply.models.unwrap_or_default().into_iter().map(|item| entry(item.model)).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&entries);
        Ok(entries)
    }

    /// Forgets what was heard, because something of it proved wrong.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    fn known(&self) -> Arc<[ModelEntry]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn pick(entries: &[ModelEntry], name: &str) -> Result<Option<ModelEntry>, Error> {
    let meant: Vec<_> = entries.iter().filter(|entry| entry.is_meant_by(name)).collect();
    match meant.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => Err(Error::ModelAmbiguous {
            name: name.to_owned(),
            models: several.iter().map(|entry| entry.full_name()).collect(),
        }),
    }
}

/// Up to five names that a mistyped `name` may have meant.
fn near(entries: &[ModelEntry], name: &str) -> Vec<String> {
    let wanted = name.rsplit('/').next().unwrap_or(name);
    let mut near: Vec<_> = entries
        .iter()
        .map(|entry| (distance(&entry.name, wanted), entry.full_name()))
        .filter(|(distance, full_name)| *distance <= wanted.len().max(3) / 2 || full_name.contains(wanted))
        .collect();
    near.sort();
    near.into_iter().take(5).map(|(_, full_name)| full_name).collect()
}

/// How many letters must be changed to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

fn entry(model: Model) -> ModelEntry {
    let owner = Tag::parse_id("user", &model.owner_tag).unwrap_or(model.owner_tag);
    let kind = if model.kind == "caas" { ModelKind::Kubernetes } else { ModelKind::Machines };
    ModelEntry { name: model.name, owner, uuid: model.uuid, kind }
}

/// The part of `ModelManager` that names are found with.
#[expect(unreachable_pub, reason = "types of a `Method` must be as public as the trait")]
mod listing {
    use serde::{Deserialize, Serialize};

    juju_wire::methods! { ModelManager {
        ListModels(read): User => UserModels,
    } }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct User {
        pub tag: String,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct UserModels {
        #[serde(rename = "user-models")]
        pub models: Option<Vec<UserModel>>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct UserModel {
        pub model: Model,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Model {
        pub name: String,
        pub uuid: String,
        #[serde(rename = "type", default)]
        pub kind: String,
        #[serde(rename = "owner-tag")]
        pub owner_tag: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(owner: &str, name: &str) -> ModelEntry {
        ModelEntry {
            name: name.into(),
            owner: owner.into(),
            uuid: format!("uuid-{owner}-{name}"),
            kind: ModelKind::Machines,
        }
    }

    #[test]
    fn a_model_is_found_by_full_name_short_name_and_uuid() {
        let entries = [model("admin", "prod"), model("admin", "staging"), model("bob", "staging")];
        for (name, found) in
            [("admin/prod", "uuid-admin-prod"), ("prod", "uuid-admin-prod"), ("uuid-bob-staging", "uuid-bob-staging")]
        {
            assert_eq!(pick(&entries, name).expect("one").expect("found").uuid, found);
        }
        assert_eq!(pick(&entries, "bob/prod").expect("none"), None);
        let error = pick(&entries, "staging").expect_err("two");
        assert_eq!(error.to_string(), r#"several models are named "staging": admin/staging, bob/staging"#);
    }

    #[test]
    fn mistyped_names_find_what_was_meant() {
        let entries = [model("admin", "prod"), model("admin", "staging"), model("bob", "production")];
        assert_eq!(near(&entries, "prd"), ["admin/prod"]);
        assert_eq!(near(&entries, "stagin"), ["admin/staging"]);
        assert_eq!(near(&entries, "other"), Vec::<String>::new());
    }
}
